import type { PlatformSettings } from '@millrace/core'
import type { Db, Queryable } from '@millrace/db'
import { type Authenticate, bearerToken, HttpError, isSameToken, type Principal } from '@millrace/http'
import { parse } from 'hono/utils/cookie'
import { newId } from '../ids.ts'
import { lookUpTogether } from '../look-up-together.ts'
import type { AnonymousPrincipal, UserPrincipal, WorkerPrincipal } from '../principals.ts'
import { findUser } from '../users/index.ts'
import { findWorkerToken } from '../worker-tokens/index.ts'
import { readCookie } from './cookies.ts'
import type { InternalTokens } from './internal-tokens.ts'
import type { KnownUsers } from './known-users.ts'
import type { Oidc } from './oidc.ts'
import { findTokenOwners } from './personal-token-store.ts'
import { refusedToken } from './refusal.ts'
import { administratorClaims } from './sessions.ts'
import { userFromClaims } from './user-claims.ts'

/** The one token that may do everything. */
export function administrator(adminToken: string): Authenticate<UserPrincipal> {
  return (request) => {
    const token = bearerToken(request)
    if (token === null || !isSameToken(token, adminToken)) return null
    return { ...administratorClaims, scopes: null, via: 'administrator' }
  }
}

/** Asked at every request, so that a token that was revoked is refused at once. */
export function workerTokens(db: Queryable): Authenticate<WorkerPrincipal> {
  return async (request) => {
    const token = bearerToken(request)
    if (!token?.startsWith('millrace_worker_')) return null
    const row = await findWorkerToken(db, token)
    return row === undefined
      ? null
      : { kind: 'worker', id: `${row.id}`, name: `worker token ${row.name}`, queues: row.queues }
  }
}

/** Prometheus. */
export function metricsReader(metricsToken: string): Authenticate<Principal> {
  return (request) => {
    const token = bearerToken(request)
    if (token === null || !isSameToken(token, metricsToken)) return null
    return { kind: 'metrics', id: 'metrics', name: 'metrics' }
  }
}

/** The user that a bearer token in JSON describes: `{"id", "is_admin", "first_name", "last_name", "email"}`. Proves nothing. */
export function dummyUsers(users: KnownUsers): Authenticate<UserPrincipal> {
  return async (request) => {
    const token = /^bearer +(\{.*\})$/i.exec(request.headers.get('authorization') ?? '')?.[1]
    const claims = token === undefined ? null : readObject(token)
    if (claims === null || typeof claims.id !== 'string' || claims.id === '') return null
    const text = (name: string) => (typeof claims[name] === 'string' ? claims[name] : null)
    const [firstName, lastName] = [text('first_name'), text('last_name')]
    const name = text('full_name') ?? ([firstName, lastName].filter(Boolean).join(' ') || claims.id)
    const { id, is_admin } = claims
    const user = {
      kind: 'user' as const,
      id,
      name,
      isAdmin: is_admin === true,
      email: text('email'),
      firstName,
      lastName,
    }
    await users.noteProfile(user)
    return { ...user, scopes: null, via: 'dummy' }
  }
}

function readObject(json: string): Record<string, unknown> | null {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}

/** Tokens of people: of the issuer, of the server itself, and those that they made. */
export function bearer({
  db,
  oidc,
  internalTokens,
  users,
  settings,
}: {
  readonly db: Db
  readonly oidc: Oidc | null
  readonly internalTokens: InternalTokens
  readonly users: KnownUsers
  readonly settings: PlatformSettings
}): Authenticate<Principal> {
  const ownerOf = lookUpTogether((tokens: readonly string[]) => findTokenOwners(db, tokens))
  const find = async (token: string): Promise<UserPrincipal> => {
    if (token.startsWith('millrace_pat_')) {
      const owner = await ownerOf(token)
      if (owner === undefined)
        throw refusedToken('The token is not known: it has expired or was revoked. Make another one.')
      const { user_id: id, email, first_name: firstName, last_name: lastName, scopes } = owner
      const name = [firstName, lastName].filter(Boolean).join(' ') || email || id
      const isAdmin = owner.is_admin && scopes.includes('admin')
      return { kind: 'user', id, name, isAdmin, email, firstName, lastName, scopes, via: 'token' }
    }
    const isJwt = token.split('.').length === 3
    if (isJwt && internalTokens.isOurs(token)) {
      const { user, scope } = await internalTokens.verify(token, 'Bearer')
      if ((await findUser(db, user.id)) === undefined) throw refusedToken('The user of this token was removed.')
      return { ...user, scopes: scope.split(' '), via: 'internal' }
    }
    if (!isJwt || oidc === null)
      throw refusedToken('The token is not known: it has expired, was revoked, or is misspelt.')
    const user = userFromClaims(await oidc.verify(token), settings)
    if (user === null) throw refusedToken('The token names neither an e-mail nor the client that it was made for.')
    await users.note(user)
    return { ...user, scopes: null, via: 'oidc' }
  }
  return async (request) => {
    const token = bearerToken(request)
    if (token === null) return null
    try {
      return await find(token)
    } catch (error) {
      if (!(error instanceof HttpError)) throw error
      return nobody(request, error)
    }
  }
}

/** Whom nobody else knew: a browser that signed in, or a request without a good token. */
export function anonymous({
  sessions,
  settings,
}: {
  readonly sessions: (session: string) => Promise<UserPrincipal | HttpError>
  readonly settings: PlatformSettings
}): Authenticate<Principal> {
  return async (request) => {
    if (request.headers.has('authorization')) {
      return nobody(request, refusedToken('The header Authorization holds no token. Send it as "Bearer TOKEN".'))
    }
    const session = readCookie(request, 'session', settings)
    if (session === null) return nobody(request)
    const found = await sessions(session)
    return found instanceof HttpError ? nobody(request, found) : found
  }
}

const names = ['Renku-Auth-Anon-Id', 'Millrace-Auth-Anon-Id']

/** The id that the caller goes by without signing in, by a header or a cookie; else a new one. */
function nobody(request: Request, refusal?: HttpError): AnonymousPrincipal {
  const cookies = parse(request.headers.get('cookie') ?? '')
  const given = [...names.map((name) => request.headers.get(name)), ...names.map((name) => cookies[name])]
  const id = given.find((one) => typeof one === 'string' && /^[\w-]{1,100}$/.test(one)) ?? `anon-${newId()}`
  return { kind: 'anonymous', id, name: 'anonymous', isAdmin: false, ...(refusal && { refusal }) }
}
