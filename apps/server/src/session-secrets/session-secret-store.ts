import { type Queryable, sql } from '@millrace/db'
import { unexpired } from '../secrets/index.ts'

/** The secret that a user has put into a slot. */
export interface SessionSecret {
  readonly slotId: string
  readonly name: string
  readonly description: string | null
  readonly filename: string
  readonly secretId: string
}

export interface OfUser {
  readonly projectId: string
  readonly userId: string
}

export async function listSessionSecrets(db: Queryable, { projectId, userId }: OfUser): Promise<SessionSecret[]> {
  return await db.query<SessionSecret>(sql`
    select l.id as "slotId", l.name, l.description, l.filename, s.id as "secretId"
    from secrets.session_secret x
    join secrets.session_secret_slot l on l.id = x.slot_id
    join secrets.user_secret s on s.id = x.secret_id
    where l.project_id = ${projectId} and x.user_id = ${userId} and ${unexpired}
    order by l.id desc`)
}

export async function linkSecret(
  trx: Queryable,
  { slotId, userId, secretId }: { readonly slotId: string; readonly userId: string; readonly secretId: string },
): Promise<void> {
  await trx.execute(sql`
    insert into secrets.session_secret (slot_id, user_id, secret_id) values (${slotId}, ${userId}, ${secretId})
    on conflict (slot_id, user_id) do update set secret_id = excluded.secret_id`)
}

export async function unlinkSecret(
  trx: Queryable,
  { slotId, userId }: { readonly slotId: string; readonly userId: string },
): Promise<void> {
  await trx.execute(sql`delete from secrets.session_secret where slot_id = ${slotId} and user_id = ${userId}`)
}

export async function unlinkAll(trx: Queryable, { projectId, userId }: OfUser): Promise<void> {
  await trx.execute(sql`
    delete from secrets.session_secret x using secrets.session_secret_slot l
    where l.id = x.slot_id and l.project_id = ${projectId} and x.user_id = ${userId}`)
}
