import type { Queryable } from '@millrace/db'
import { type Authenticate, bearerToken, isSameToken, type Principal } from '@millrace/http'
import { newId } from './ids.ts'
import type { AnonymousPrincipal, UserPrincipal, WorkerPrincipal } from './server-context.ts'
import { findWorkerToken } from './worker-tokens/index.ts'

/** The one token that may do everything. */
export function administrator(adminToken: string): Authenticate<UserPrincipal> {
  return (request) => {
    const token = bearerToken(request)
    if (token === null || !isSameToken(token, adminToken)) return null
    const nobody = { email: null, firstName: null, lastName: null, scopes: null }
    return { kind: 'user', id: 'admin', name: 'admin', isAdmin: true, via: 'administrator', ...nobody }
  }
}

/** Asked at every request, so that a token that was revoked is refused at once. */
export function workerTokens(db: Queryable): Authenticate<WorkerPrincipal> {
  return async (request) => {
    const token = bearerToken(request)
    if (token === null) return null
    const row = await findWorkerToken(db, token)
    return row === undefined
      ? null
      : { kind: 'worker', id: `${row.id}`, name: `worker token ${row.name}`, queues: row.queues }
  }
}

/** The user that a bearer token in JSON describes: `{"id", "is_admin", "first_name", "last_name", "email"}`. Proves nothing. */
export function dummyUsers(_db: Queryable): Authenticate<UserPrincipal> {
  return (request) => {
    const token = /^bearer +(\{.*\})$/i.exec(request.headers.get('authorization') ?? '')?.[1]
    if (token === undefined) return null
    const { id, is_admin = false, first_name = null, last_name = null, email = null } = JSON.parse(token)
    if (typeof id !== 'string') return null
    const name = [first_name, last_name].filter(Boolean).join(' ') || id
    return {
      ...{ kind: 'user', id, name, isAdmin: is_admin, email, firstName: first_name, lastName: last_name },
      ...{ scopes: null, via: 'dummy' },
    }
  }
}

/** Whom nobody else knew: a request without a token, or with one that is no longer good for anything. */
export function anonymous(): Authenticate<Principal> {
  return (request): AnonymousPrincipal => {
    const given = request.headers.get('renku-auth-anon-id')
    const id = given !== null && /^[\w-]{1,100}$/.test(given) ? given : `anon-${newId()}`
    return { kind: 'anonymous', id, name: 'anonymous', isAdmin: false }
  }
}
