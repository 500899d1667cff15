import { type Queryable, sql } from '@millrace/db'
import { hashToken } from '@millrace/http'
import type { TokenScope } from './personal-token-store.ts'

/** A sign-in that a command began, and a person confirms in a browser. */
export interface CliSignIn {
  /** Of the machine, as its command says. */
  readonly name: string
  readonly scopes: TokenScope[]
  /** Who allowed it; null as long as nobody has. */
  readonly user_id: string | null
  readonly is_denied: boolean
}

export const cliSignInMinutes = 10

const columns = sql`name, scopes, user_id, is_denied`

export async function insertCliSignIn(
  db: Queryable,
  given: {
    readonly deviceCode: string
    readonly userCode: string
    readonly name: string
    readonly scopes: readonly TokenScope[]
  },
): Promise<void> {
  await db.execute(sql`delete from authentication.cli_sign_in where expires_at < now()`)
  await db.execute(sql`
    insert into authentication.cli_sign_in (device_sha256, code_sha256, name, scopes, expires_at)
    values (${hashToken(given.deviceCode)}, ${hashToken(given.userCode)}, ${given.name}, ${given.scopes},
      now() + make_interval(mins => ${cliSignInMinutes}))`)
}

/** One that nobody has decided on. Found by the hash of the code, so that the time taken says nothing about codes. */
export async function findCliSignIn(db: Queryable, userCode: string): Promise<CliSignIn | undefined> {
  return await db.maybe<CliSignIn>(sql`
    select ${columns} from authentication.cli_sign_in
    where code_sha256 = ${hashToken(userCode)} and user_id is null and not is_denied and expires_at > now()`)
}

/** False when it was decided on already, or is over. The audit log has who denied one; one that is allowed stands there as its token. */
export async function decideCliSignIn(
  db: Queryable,
  userCode: string,
  {
    userId,
    isAllowed,
    requestId,
  }: { readonly userId: string; readonly isAllowed: boolean; readonly requestId: string },
): Promise<boolean> {
  const { count } = await db.one<{ count: number }>(sql`
    with decided as (
      update authentication.cli_sign_in set user_id = ${isAllowed ? userId : null}, is_denied = ${!isAllowed}
      where code_sha256 = ${hashToken(userCode)} and user_id is null and not is_denied and expires_at > now()
      returning name, scopes
    ), noted as (
      insert into audit.event (actor, request_id, entity, entity_id, action, before, scopes)
      select ${userId}, ${requestId}, 'cli_sign_in', name, 'delete', to_jsonb(decided), '{}' from decided where ${!isAllowed}
    )
    select count(*) from decided`)
  return count > 0
}

/** What the command with this code waits for. */
export async function findByDeviceCode(db: Queryable, deviceCode: string): Promise<CliSignIn | undefined> {
  return await db.maybe<CliSignIn>(sql`
    select ${columns} from authentication.cli_sign_in
    where device_sha256 = ${hashToken(deviceCode)} and expires_at > now()`)
}

/** One that was decided on, once. */
export async function takeCliSignIn(db: Queryable, deviceCode: string): Promise<CliSignIn | undefined> {
  return await db.maybe<CliSignIn>(sql`
    delete from authentication.cli_sign_in
    where device_sha256 = ${hashToken(deviceCode)} and (user_id is not null or is_denied) and expires_at > now()
    returning ${columns}`)
}
