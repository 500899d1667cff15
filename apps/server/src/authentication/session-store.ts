import { type Queryable, type Sql, sql, type Trx } from '@millrace/db'
import { hashToken } from '@millrace/http'
import { newId } from '../ids.ts'

export interface SessionRow {
  readonly user_id: string | null
  readonly email: string | null
  readonly first_name: string | null
  readonly last_name: string | null
  readonly is_admin: boolean
  readonly refresh_token: string | null
  readonly is_due: boolean
  readonly is_confirmed: boolean
  readonly was_seen: boolean
}

/** Who has the one token that may do everything, and is no user. */
export const administratorId = 'admin'

/** How long a session goes on that the issuer cannot be asked about. */
const grace = sql`interval '1 hour'`

const columns = sql`
  s.user_id, u.email, u.first_name, u.last_name, s.is_admin, s.refresh_token,
  coalesce(s.renew_at <= now(), false) as is_due,
  coalesce(s.confirmed_until + ${grace} > now(), true) as is_confirmed,
  s.seen_at > now() - interval '1 minute' as was_seen`

/** A session that is good still: neither idle for too long nor over. */
export async function findSession(
  db: Queryable,
  session: string,
  { idleMinutes }: { readonly idleMinutes: number },
): Promise<SessionRow | undefined> {
  return await db.maybe<SessionRow>(sql`
    select ${columns} from authentication.session s left join users."user" u on u.id = s.user_id
    where s.sha256 = ${hashToken(session)} and s.expires_at > now()
      and s.seen_at > now() - make_interval(mins => ${idleMinutes})`)
}

/** The same, held until the end of the transaction, so that two do not renew it. */
export async function lockSession(trx: Trx, session: string): Promise<SessionRow | undefined> {
  return await trx.maybe<SessionRow>(sql`
    select ${columns} from authentication.session s left join users."user" u on u.id = s.user_id
    where s.sha256 = ${hashToken(session)} for update of s`)
}

export interface Confirmation {
  readonly isAdmin: boolean
  /** Encrypted. */
  readonly refreshToken: string | null
  /** How long the issuer's word is good for; null: for as long as the session. */
  readonly seconds: number | null
}

/** Before the word of the issuer runs out, but not all the time where it is short. */
const renewAt = (seconds: number | null) =>
  seconds === null ? sql`null` : sql`now() + make_interval(secs => ${Math.max(seconds - 60, seconds / 2)})`
const confirmedUntil = (seconds: number | null) =>
  seconds === null ? sql`null` : sql`now() + make_interval(secs => ${seconds})`

/** Who signed in, and how. */
export interface NewSession extends Confirmation {
  /** Null: the administrator. */
  readonly userId: string | null
  readonly hours: number
  readonly userAgent: string | null
  readonly address: string | null
  /** Address of the issuer that said who it is; null: a link that is good once. */
  readonly issuer: string | null
  readonly requestId: string
}

/** In the audit log as a sign-in, under the name of who it is. */
export async function insertSession(db: Queryable, session: string, given: NewSession): Promise<void> {
  const { userId, isAdmin, refreshToken, seconds, hours, userAgent, address, issuer, requestId } = given
  await db.execute(sql`delete from authentication.session where expires_at < now()`)
  const method = issuer === null ? { method: 'link' } : { method: 'issuer', issuer }
  await db.execute(sql`
    with made as (
      insert into authentication.session (
        id, sha256, user_id, is_admin, refresh_token, renew_at, confirmed_until, expires_at, user_agent, address
      ) values (
        ${newId()}, ${hashToken(session)}, ${userId}, ${isAdmin}, ${refreshToken}, ${renewAt(seconds)}, ${confirmedUntil(seconds)},
        now() + make_interval(hours => ${hours}), ${userAgent}, ${address}
      ) returning id, user_id, is_admin, user_agent, address, created_at, expires_at
    )
    insert into audit.event (actor, request_id, entity, entity_id, action, after, scopes)
    select coalesce(user_id, ${administratorId}), ${requestId}, 'session', id, 'insert',
      to_jsonb(made) || ${JSON.stringify(method)}::jsonb, '{}'
    from made`)
}

export async function confirmSession(trx: Trx, session: string, given: Confirmation): Promise<void> {
  const { isAdmin, refreshToken, seconds } = given
  await trx.execute(sql`
    update authentication.session set is_admin = ${isAdmin}, refresh_token = ${refreshToken},
      renew_at = ${renewAt(seconds)}, confirmed_until = ${confirmedUntil(seconds)}
    where sha256 = ${hashToken(session)}`)
}

/** The issuer is not asked again for a while. */
export async function postponeRenewal(trx: Trx, session: string): Promise<void> {
  await trx.execute(sql`
    update authentication.session set renew_at = now() + interval '30 seconds' where sha256 = ${hashToken(session)}`)
}

export async function noteSessionSeen(db: Queryable, session: string): Promise<void> {
  await db.execute(sql`update authentication.session set seen_at = now() where sha256 = ${hashToken(session)}`)
}

/** The one of a cookie. */
export function sessionIs(session: string): Sql {
  return sql`sha256 = ${hashToken(session)}`
}

/**
 * Ends sessions: what their browsers ask from then on is refused. The audit log has each under the given actor, else that of
 * the change that is under way, else its owner. Returns how many there were.
 */
export async function endSessions(
  db: Queryable,
  where: Sql,
  { actor = null, requestId = null }: { readonly actor?: string | null; readonly requestId?: string | null } = {},
): Promise<number> {
  return await db.execute(sql`
    with ended as (
      delete from authentication.session where ${where} returning id, user_id, user_agent, address, created_at, seen_at
    )
    insert into audit.event (actor, request_id, entity, entity_id, action, before, scopes)
    select coalesce(${actor}, nullif(current_setting('millrace.actor', true), ''), user_id, ${administratorId}),
      coalesce(${requestId}, nullif(current_setting('millrace.request_id', true), '')), 'session', id, 'delete', to_jsonb(ended), '{}'
    from ended`)
}
