import type { Queryable } from '@millrace/db'
import { type Authenticate, bearerToken, isSameToken } from '@millrace/http'
import type { ServerPrincipal } from './server-context.ts'
import { findWorkerToken } from './worker-tokens/index.ts'

/** The one token that may do everything. */
export function administrator(adminToken: string): Authenticate<ServerPrincipal> {
  return (request) => {
    const token = bearerToken(request)
    if (token === null || !isSameToken(token, adminToken)) return null
    return { kind: 'user', id: 'admin', name: 'admin' }
  }
}

/** Asked at every request, so that a token that was revoked is refused at once. */
export function workerTokens(db: Queryable): Authenticate<ServerPrincipal> {
  return async (request) => {
    const token = bearerToken(request)
    if (token === null) return null
    const row = await findWorkerToken(db, token)
    return row === undefined
      ? null
      : { kind: 'worker', id: `${row.id}`, name: `worker token ${row.name}`, queues: row.queues }
  }
}
