import { isMillraceError, type PlatformSettings } from '@millrace/core'
import { type Queryable, transaction } from '@millrace/db'
import { HttpError } from '@millrace/http'
import { ResponseBodyError, refreshTokenGrant, type TokenEndpointResponse } from 'openid-client'
import { decryptAtRest, encryptAtRest } from '../secrets/index.ts'
import type { ServerContext } from '../server-context.ts'
import {
  type ConnectionRow,
  findConnectionTo,
  lockConnection,
  readToken,
  saveToken,
  type TokenRow,
} from './connection-store.ts'
import { oauthClient } from './oauth-client.ts'
import { findProvider } from './provider-store.ts'

/** Of a token that ends sooner another one is fetched. */
const marginMs = 60_000

export interface Token {
  readonly access_token: string
  readonly refresh_token?: string
  readonly token_type: string
  readonly scope?: string
  readonly id_token?: string
  /** Seconds since 1970; left out when the provider named no end. */
  readonly expires_at?: number
}

type Context = Pick<ServerContext, 'db' | 'settings' | 'log'>

/**
 * The access token of a user for a provider; null when the user did not connect it.
 *
 * @throws HttpError as `freshToken`.
 */
export async function tokenFor(
  context: Context,
  userId: string,
  providerId: string,
): Promise<{ readonly connectionId: string; readonly accessToken: string } | null> {
  const connection = await findConnectionTo(context.db, userId, providerId)
  if (connection === undefined || connection.status !== 'connected') return null
  return { connectionId: connection.id, accessToken: (await freshToken(context, connection)).access_token }
}

/**
 * A token that is good for another minute at least; one that is not is refreshed, by one caller at a time.
 *
 * @throws HttpError 401 RECONNECT_NEEDED, 500 PROVIDER_UNAVAILABLE.
 */
export async function freshToken(context: Context, connection: ConnectionRow): Promise<Token> {
  const { db, settings } = context
  const current = await readFresh(db, settings, connection)
  if (current !== null) return current
  try {
    return await refresh(context, connection)
  } catch (error) {
    // Another server may have refreshed it and kept what came of it.
    const other = await readFresh(db, settings, connection)
    if (other !== null) return other
    throw error
  }
}

/** As it is kept, encrypted under the user. */
export async function sealToken(
  settings: PlatformSettings,
  userId: string,
  answer: TokenEndpointResponse,
  before?: Token,
): Promise<TokenRow & { readonly token: Token }> {
  const { access_token, scope = before?.scope, id_token = before?.id_token, expires_in } = answer
  const refreshToken = answer.refresh_token ?? before?.refresh_token
  const expiresAt = expires_in === undefined ? null : new Date(Date.now() + expires_in * 1000)
  const token = {
    access_token,
    // The library writes it small, and users put it before the token as it is.
    token_type: answer.token_type === 'bearer' ? 'Bearer' : answer.token_type,
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    ...(scope === undefined ? {} : { scope }),
    ...(id_token === undefined ? {} : { id_token }),
    ...(expiresAt === null ? {} : { expires_at: Math.floor(expiresAt.getTime() / 1000) }),
  }
  const ciphertext = await encryptAtRest(settings, `user:${userId}`, JSON.stringify(token))
  return { token, ciphertext, expires_at: expiresAt }
}

async function readFresh(
  db: Queryable,
  settings: PlatformSettings,
  { id, user_id }: ConnectionRow,
): Promise<Token | null> {
  const row = await readToken(db, id)
  return row === undefined || endsWithin(row, marginMs) ? null : await openToken(settings, user_id, row)
}

/** Whether another token can be had with this one, as far as that is known before it is tried; of what cannot be read none can. */
export async function canRefresh(settings: PlatformSettings, userId: string, ciphertext: string): Promise<boolean> {
  try {
    return (await openToken(settings, userId, { ciphertext })).refresh_token !== undefined
  } catch {
    return false
  }
}

async function openToken(
  settings: PlatformSettings,
  userId: string,
  { ciphertext }: Pick<TokenRow, 'ciphertext'>,
): Promise<Token> {
  return JSON.parse(await decryptAtRest(settings, `user:${userId}`, ciphertext))
}

async function refresh({ db, settings, log }: Context, connection: ConnectionRow): Promise<Token> {
  const { id, user_id, provider_id } = connection
  const provider = await findProvider(db, provider_id)
  if (provider === undefined) throw reconnect(provider_id)
  return await transaction(db, async (trx) => {
    await lockConnection(trx, id)
    const row = await readToken(trx, id)
    if (row === undefined) throw reconnect(provider_id)
    const before = await openToken(settings, user_id, row)
    // Whoever had the lock before has refreshed it.
    if (!endsWithin(row, marginMs)) return before
    const isGoodStill = !endsWithin(row, 0)
    if (before.refresh_token === undefined) {
      if (isGoodStill) return before
      throw reconnect(provider_id)
    }
    try {
      const answer = await refreshTokenGrant(await oauthClient(settings, provider), before.refresh_token)
      const { token, ...sealed } = await sealToken(settings, user_id, answer, before)
      await saveToken(trx, id, sealed)
      return token
    } catch (error) {
      if (isMillraceError(error) && error.code.startsWith('DATABASE_')) throw error
      log.warn({ provider: provider_id, user: user_id, reason: reasonOf(error) }, 'a token was not refreshed')
      if (isGoodStill) return before
      throw isRefusal(error) ? reconnect(provider_id) : unavailable(provider_id, error)
    }
  })
}

export function reconnect(providerId: string): HttpError {
  return new HttpError(
    401,
    'RECONNECT_NEEDED',
    `"${providerId}" takes your token no longer. Connect it again: open /api/data/oauth2/providers/${encodeURIComponent(providerId)}/authorize.`,
  )
}

export function unavailable(providerId: string, cause: unknown): HttpError {
  return new HttpError(
    500,
    'PROVIDER_UNAVAILABLE',
    `"${providerId}" did not answer as it should. Try again later, or ask an administrator to check how it is configured.`,
    { number: 1514, cause },
  )
}

/** For the log; what providers say in full may hold what should not stand there. */
export function reasonOf(error: unknown): string {
  if (error instanceof ResponseBodyError) return error.error
  return isMillraceError(error) ? error.code : ((error as { code?: string }).code ?? (error as Error).name)
}

/** Some providers refuse with a status that says that all is well, and without a token. */
function isRefusal(error: unknown): boolean {
  return error instanceof ResponseBodyError || (error as { readonly code?: unknown }).code === 'OAUTH_INVALID_RESPONSE'
}

function endsWithin({ expires_at }: TokenRow, ms: number): boolean {
  return expires_at !== null && expires_at.getTime() - Date.now() < ms
}
