import { z } from '@hono/zod-openapi'
import { isMillraceError } from '@millrace/core'
import { outboundFetch } from '../outbound.ts'
import type { ServerContext } from '../server-context.ts'
import type { ConnectionRow } from './connection-store.ts'
import { type Account, baseOf, githubApi, kindFacts } from './kinds.ts'
import { serverMetadata } from './oauth-client.ts'
import { findProvider, type ProviderRow } from './provider-store.ts'
import { freshToken, reconnect, unavailable } from './tokens.ts'

type Context = Pick<ServerContext, 'db' | 'settings' | 'log'>

const installations = z.object({
  total_count: z.int(),
  installations: z.array(
    z.object({
      id: z.int(),
      account: z.object({ login: z.string(), html_url: z.string() }),
      repository_selection: z.enum(['all', 'selected']),
      suspended_at: z.string().nullish(),
    }),
  ),
})

/**
 * Whose account a connection is for.
 *
 * @throws HttpError 401 RECONNECT_NEEDED, 500 PROVIDER_UNAVAILABLE.
 */
export async function accountOf(context: Context, connection: ConnectionRow): Promise<Account> {
  const provider = await providerOf(context, connection)
  const facts = kindFacts[provider.kind]
  const base = baseOf(provider)
  const place = facts.account?.(base) ?? { url: await userinfoOf(context, provider), method: 'GET' as const }
  const account = facts.readAccount(await ask(context, connection, provider, place), base)
  if (account === null) throw unavailable(provider.id, undefined)
  return account
}

/** Where a GitHub App is installed; of all others: nowhere. */
export async function installationsOf(
  context: Context,
  connection: ConnectionRow,
  { page, per_page }: { readonly page: number; readonly per_page: number },
) {
  const provider = await providerOf(context, connection)
  if (provider.kind !== 'github' || provider.app_slug === '') return { rows: [], total: 0 }
  const url = `${githubApi(baseOf(provider))}/user/installations?page=${page}&per_page=${per_page}`
  const answer = installations.safeParse(await ask(context, connection, provider, { url, method: 'GET' }))
  if (!answer.success) throw unavailable(provider.id, answer.error)
  const rows = answer.data.installations.map(({ id, account, repository_selection, suspended_at }) => ({
    id,
    account_login: account.login,
    account_web_url: account.html_url,
    repository_selection,
    ...(suspended_at ? { suspended_at } : {}),
  }))
  return { rows, total: answer.data.total_count }
}

async function userinfoOf({ settings }: Context, provider: ProviderRow): Promise<string> {
  const { userinfo_endpoint } = await serverMetadata(settings, provider).catch((error) => {
    throw unavailable(provider.id, error)
  })
  if (userinfo_endpoint === undefined) throw unavailable(provider.id, undefined)
  return userinfo_endpoint
}

async function ask(
  context: Context,
  connection: ConnectionRow,
  provider: ProviderRow,
  { url, method }: { readonly url: string; readonly method: string },
): Promise<unknown> {
  const { access_token } = await freshToken(context, connection)
  const { headers } = kindFacts[provider.kind]
  try {
    const send = outboundFetch(context.settings, { maxBytes: 1024 * 1024 })
    const answer = await send(url, { method, headers: { ...headers, authorization: `Bearer ${access_token}` } })
    if (answer.status === 401) throw reconnect(provider.id)
    if (answer.ok) return await answer.json()
    throw unavailable(provider.id, undefined)
  } catch (error) {
    throw isMillraceError(error) && error.code === 'RECONNECT_NEEDED' ? error : unavailable(provider.id, error)
  }
}

async function providerOf({ db }: Context, { provider_id }: ConnectionRow): Promise<ProviderRow> {
  const provider = await findProvider(db, provider_id)
  if (provider === undefined) throw reconnect(provider_id)
  return provider
}
