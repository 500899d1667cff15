import type { Logger, PlatformSettings } from '@millrace/core'
import { type Db, transaction } from '@millrace/db'
import type { HttpError } from '@millrace/http'
import { ClientError, ResponseBodyError, refreshTokenGrant } from 'openid-client'
import type { UserPrincipal } from '../principals.ts'
import { decryptAtRest } from '../secrets/index.ts'
import { confirmationOf, issuedClaims } from './issued-tokens.ts'
import type { KnownUsers } from './known-users.ts'
import type { Oidc } from './oidc.ts'
import { issuerUnavailable, refusedToken } from './refusal.ts'
import {
  administratorId,
  confirmSession,
  endSessions,
  findSession,
  lockSession,
  noteSessionSeen,
  postponeRenewal,
  type SessionRow,
  sessionIs,
} from './session-store.ts'
import type { Claims } from './user-claims.ts'

export interface SessionOptions {
  readonly db: Db
  readonly oidc: Oidc | null
  readonly settings: PlatformSettings
  readonly users: KnownUsers
  readonly log: Logger
}

/**
 * Who a browser with this cookie is, or why it is nobody. Asks the issuer again before its word runs out.
 *
 * @param isAsking False where nobody asks for anything: then an idle session stays one.
 */
export type FindSessionUser = (session: string, isAsking: boolean) => Promise<UserPrincipal | HttpError>

export function sessionUsers(options: SessionOptions): FindSessionUser {
  const { db, settings, log } = options
  const renewals = new Map<string, Promise<void>>()
  // Of many requests at once, one renews in this process, and the lock sees to the other processes.
  const renewOnce = async (session: string) => {
    const renewal = renewals.get(session) ?? renew(options, session).finally(() => renewals.delete(session))
    renewals.set(session, renewal)
    await renewal
  }
  // One after the other: each holds a connection of the database for as long as the issuer takes.
  const waiting = new Set<string>()
  const renewWaiting = async () => {
    for (const session of waiting) {
      await renewOnce(session).catch((error) => log.warn({ err: error }, 'a session could not be renewed'))
      waiting.delete(session)
    }
  }
  const find = () => ({ idleMinutes: settings.sessionIdleMinutes })
  return async (session, isAsking) => {
    let row = await findSession(db, session, find())
    if (row?.is_due && isAsking) {
      await renewOnce(session)
      row = await findSession(db, session, find())
    } else if (row?.is_due && !waiting.has(session)) {
      // Nobody waits for it: what comes of it is seen at the next look.
      waiting.add(session)
      if (waiting.size === 1) void renewWaiting()
    }
    if (row === undefined) return refusedToken('The session has ended. Sign in again.')
    if (!row.is_confirmed) return issuerUnavailable(undefined)
    if (isAsking && !row.was_seen) await noteSessionSeen(db, session)
    return principalOf(row)
  }
}

async function renew({ db, oidc, settings, users, log }: SessionOptions, session: string): Promise<void> {
  const ended = await transaction(db, async (trx) => {
    const row = await lockSession(trx, session)
    if (!row?.is_due || row.user_id === null || row.refresh_token === null || oidc === null) return null
    try {
      const refreshToken = await decryptAtRest(settings, `user:${row.user_id}`, row.refresh_token)
      const tokens = await refreshTokenGrant(await oidc.configuration(), refreshToken)
      const user = await issuedClaims(tokens, { oidc, settings })
      if (user?.id !== row.user_id) return 'the issuer answered with another user'
      const confirmation = await confirmationOf(tokens, user, { settings, log })
      // An issuer that keeps refresh tokens does not hand them out again.
      const kept =
        tokens.refresh_token === undefined ? { ...confirmation, ...again(row, tokens.expiresIn()) } : confirmation
      await confirmSession(trx, session, kept)
      return { user }
    } catch (error) {
      if (isFinal(error)) return 'the issuer ended it'
      log.warn({ err: error }, 'a session could not be renewed')
      await postponeRenewal(trx, session)
      return null
    }
  })
  if (typeof ended === 'string') {
    log.info({ reason: ended }, 'a session ended')
    await endSessions(db, sessionIs(session), { actor: 'sign-in:issuer' })
  } else if (ended !== null) await users.note(ended.user)
}

function again(row: SessionRow, seconds: number | undefined) {
  return { refreshToken: row.refresh_token, seconds: seconds ?? 300 }
}

/** The issuer looked at the token and does not take it; everything else may pass. */
function isFinal(error: unknown): boolean {
  if (error instanceof ResponseBodyError) return error.error === 'invalid_grant' || error.error === 'invalid_token'
  return error instanceof ClientError && error.code === 'OAUTH_JWT_CLAIM_COMPARISON_FAILED'
}

function principalOf(row: SessionRow): UserPrincipal {
  if (row.user_id === null) return { ...administratorClaims, scopes: null, via: 'administrator' }
  const { user_id: id, email, first_name: firstName, last_name: lastName } = row
  const name = [firstName, lastName].filter((part) => part !== null).join(' ')
  return {
    ...{ kind: 'user', id, name: name || email || id, isAdmin: row.is_admin, email, firstName, lastName },
    ...{ scopes: null, via: 'session' },
  }
}

/** Who has the one token that may do everything, and is no user. */
export const administratorClaims: Claims = {
  ...{ kind: 'user', id: administratorId, name: 'admin', isAdmin: true, email: null, firstName: null, lastName: null },
}
