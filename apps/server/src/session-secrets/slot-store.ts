import { type Queryable, sql } from '@millrace/db'
import { newId } from '../ids.ts'

/** A file that sessions of a project expect, into which each user puts a secret of their own. */
export interface Slot {
  readonly id: string
  readonly projectId: string
  readonly name: string
  readonly description: string | null
  readonly filename: string
  readonly createdBy: string
  readonly creationDate: Date
  readonly updatedAt: Date
}

export type SlotContent = Pick<Slot, 'name' | 'description' | 'filename'>

const fields = sql`
  s.id, s.project_id as "projectId", s.name, s.description, s.filename, s.created_by as "createdBy",
  s.creation_date as "creationDate", s.updated_at as "updatedAt"`

export async function findSlot(db: Queryable, id: string): Promise<Slot | null> {
  return (await db.maybe<Slot>(sql`select ${fields} from secrets.session_secret_slot s where s.id = ${id}`)) ?? null
}

export async function lockSlot(trx: Queryable, id: string): Promise<Slot | null> {
  const row = await trx.maybe<Slot>(
    sql`select ${fields} from secrets.session_secret_slot s where s.id = ${id} for update`,
  )
  return row ?? null
}

export async function listSlots(db: Queryable, projectId: string): Promise<Slot[]> {
  return await db.query<Slot>(sql`
    select ${fields} from secrets.session_secret_slot s where s.project_id = ${projectId} order by s.id desc`)
}

export async function insertSlot(
  trx: Queryable,
  slot: SlotContent & Pick<Slot, 'projectId' | 'createdBy'>,
): Promise<Slot> {
  const { projectId, name, description, filename, createdBy } = slot
  return await trx.one<Slot>(sql`
    insert into secrets.session_secret_slot as s (id, project_id, name, description, filename, created_by)
    values (${newId()}, ${projectId}, ${name}, ${description}, ${filename}, ${createdBy})
    returning ${fields}`)
}

export async function saveSlot(
  trx: Queryable,
  id: string,
  { name, description, filename }: SlotContent,
): Promise<Slot> {
  return await trx.one<Slot>(sql`
    update secrets.session_secret_slot s set name = ${name}, description = ${description}, filename = ${filename}
    where s.id = ${id}
    returning ${fields}`)
}

export async function deleteSlot(trx: Queryable, id: string): Promise<void> {
  await trx.execute(sql`delete from secrets.session_secret_slot where id = ${id}`)
}
