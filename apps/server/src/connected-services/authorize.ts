import { createHash } from 'node:crypto'
import { forbidden, notFound } from '@millrace/http'
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client'
import { change } from '../change.ts'
import type { UserPrincipal } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { findUser } from '../users/index.ts'
import { type AuthorizationRequest, beginConnection, connect, takeRequest } from './connection-store.ts'
import { kindFacts } from './kinds.ts'
import { oauthClient } from './oauth-client.ts'
import { findProvider, isSameService, type ProviderRow } from './provider-store.ts'
import { reasonOf, sealToken, unavailable } from './tokens.ts'

type Context = Pick<ServerContext, 'db' | 'settings' | 'log'>

export interface Callback {
  readonly state?: string | undefined
  readonly code?: string | undefined
  readonly iss?: string | undefined
  readonly error?: string | undefined
  readonly error_description?: string | undefined
  readonly error_uri?: string | undefined
}

/**
 * The address of the provider where the user agrees. The connection is pending from now on.
 *
 * @throws HttpError 404 PROVIDER_MISSING, 403 NOT_A_USER, 500 PROVIDER_UNAVAILABLE.
 */
export async function authorize(
  context: Context,
  principal: UserPrincipal,
  providerId: string,
  request: { readonly requestId: string; readonly callbackUrl: string; readonly nextUrl: string | null },
): Promise<URL> {
  const { db } = context
  const provider = await findProvider(db, providerId)
  if (provider === undefined) throw providerMissing(providerId)
  if ((await findUser(db, principal.id)) === undefined) {
    throw forbidden('NOT_A_USER', 'Services are connected by people. Sign in as one instead of by this token.')
  }
  const state = randomState()
  const verifier = provider.use_pkce ? randomPKCECodeVerifier() : null
  const client = await clientOf(context, provider)
  const url = buildAuthorizationUrl(client, {
    ...kindFacts[provider.kind].authorizationParameters,
    redirect_uri: request.callbackUrl,
    response_type: 'code',
    scope: provider.scope,
    state,
    ...(verifier === null
      ? {}
      : { code_challenge: await calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' }),
  })
  await change(db, { id: principal.id, requestId: request.requestId }, async (trx) => {
    if ((await findProvider(trx, providerId, { lock: 'key share' })) === undefined) throw providerMissing(providerId)
    await beginConnection(trx, {
      stateHash: hashOf(state),
      user_id: principal.id,
      provider_id: providerId,
      code_verifier: verifier,
      callback_url: request.callbackUrl,
      next_url: request.nextUrl,
    })
  })
  return url
}

/**
 * Ends what `authorize` began, for the user who began it: somebody else's browser must not bring its account into a user's
 * connection. Answers where to go then; null: nowhere.
 *
 * @throws HttpError 403 OAUTH_STATE_UNKNOWN, OAUTH_REFUSED, OAUTH_FAILED.
 */
export async function finish(
  context: Context,
  caller: { readonly id: string; readonly kind: string },
  callback: Callback,
  requestId: string,
): Promise<string | null> {
  const { state } = callback
  const taken =
    state === undefined || caller.kind !== 'user'
      ? undefined
      : await takeRequest(context.db, { stateHash: hashOf(state), userId: caller.id })
  if (taken === undefined) {
    throw forbidden(
      'OAUTH_STATE_UNKNOWN',
      'Nobody who is signed in here waits for this answer: it was used already, it is older than an hour, or another user began. Connect the service again.',
    )
  }
  if (callback.error !== undefined) return refused(taken, callback)
  await exchange(context, taken, callback, requestId)
  return taken.next_url
}

/** The page that waits is told what the provider says. */
function refused({ next_url, provider_id }: AuthorizationRequest, callback: Callback): string {
  if (next_url === null) {
    throw forbidden('OAUTH_REFUSED', `"${provider_id}" did not agree. Connect it again, and allow what it asks for.`)
  }
  const [address = '', fragment] = next_url.split('#', 2)
  const [path = '', search = ''] = address.split('?', 2)
  const query = new URLSearchParams(search)
  for (const name of ['error', 'error_description', 'error_uri'] as const) {
    const value = callback[name]
    if (value !== undefined) query.set(name, value)
  }
  return `${path}?${query}${fragment === undefined ? '' : `#${fragment}`}`
}

async function exchange(context: Context, request: AuthorizationRequest, callback: Callback, requestId: string) {
  const { db, settings, log } = context
  const { connection_id, provider_id, user_id, callback_url, code_verifier } = request
  try {
    const provider = await findProvider(db, provider_id)
    if (provider === undefined) throw providerMissing(provider_id)
    const current = new URL(callback_url)
    if (callback.code !== undefined) current.searchParams.set('code', callback.code)
    // What others than OpenID Connect issuers call themselves there is not known beforehand.
    if (callback.iss !== undefined && provider.kind === 'generic_oidc') current.searchParams.set('iss', callback.iss)
    const answer = await authorizationCodeGrant(await oauthClient(settings, provider), current, {
      ...(code_verifier === null ? {} : { pkceCodeVerifier: code_verifier }),
    })
    const { token: _, ...sealed } = await sealToken(settings, user_id, answer)
    await change(db, { id: user_id, requestId }, async (trx) => {
      const present = await findProvider(trx, provider_id, { lock: 'key share' })
      // What another service gave is not for this one.
      const isSame = present !== undefined && isSameService(present, provider)
      if (!isSame || !(await connect(trx, connection_id, sealed))) throw providerMissing(provider_id)
    })
  } catch (error) {
    log.warn({ provider: provider_id, user: user_id, reason: reasonOf(error) }, 'a service was not connected')
    throw forbidden(
      'OAUTH_FAILED',
      `"${provider_id}" gave no token. Connect it again; if it stays, tell an administrator.`,
    )
  }
}

async function clientOf({ settings, log }: Context, provider: ProviderRow) {
  try {
    return await oauthClient(settings, provider)
  } catch (error) {
    log.warn({ provider: provider.id, reason: reasonOf(error) }, 'a service that users connect cannot be used')
    throw unavailable(provider.id, error)
  }
}

export function providerMissing(id: string) {
  return notFound('PROVIDER_MISSING', `There is no provider "${id}".`)
}

function hashOf(state: string): Buffer {
  return createHash('sha256').update(state).digest()
}
