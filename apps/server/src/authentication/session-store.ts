import { type Queryable, sql, type Trx } from '@millrace/db'
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

export async function insertSession(
  db: Queryable,
  session: string,
  given: Confirmation & {
    readonly userId: string | null
    readonly hours: number
    readonly userAgent: string | null
    readonly address: string | null
  },
): Promise<void> {
  const { userId, isAdmin, refreshToken, seconds, hours, userAgent, address } = given
  await db.execute(sql`delete from authentication.session where expires_at < now()`)
  await db.execute(sql`
    insert into authentication.session (
      id, sha256, user_id, is_admin, refresh_token, renew_at, confirmed_until, expires_at, user_agent, address
    ) values (
      ${newId()}, ${hashToken(session)}, ${userId}, ${isAdmin}, ${refreshToken}, ${renewAt(seconds)}, ${confirmedUntil(seconds)},
      now() + make_interval(hours => ${hours}), ${userAgent}, ${address}
    )`)
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

export async function deleteSession(db: Queryable, session: string): Promise<void> {
  await db.execute(sql`delete from authentication.session where sha256 = ${hashToken(session)}`)
}
