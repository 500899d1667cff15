import { type Queryable, sql } from '@millrace/db'

export interface PoolRow {
  readonly name: string
  readonly slots: number
  readonly description: string | null
  readonly used: number
  readonly waiting: number
}

const pools = sql`
  select p.name, p.slots, p.description,
    (
      select coalesce(sum(t.pool_slots), 0)::integer from engine.task_run t where t.pool = p.name and t.state = 'running'
    ) as used,
    (
      select count(*) from engine.task_run t where t.pool = p.name and t.state = 'ready' and t.run_at <= now()
    ) as waiting
  from engine.pool p`

export async function listPools(
  db: Queryable,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<{ readonly rows: readonly PoolRow[]; readonly total: number }> {
  const rows = await db.query<PoolRow>(sql`${pools} order by p.name limit ${limit} offset ${offset}`)
  const { total } = await db.one<{ total: number }>(sql`select count(*) as total from engine.pool`)
  return { rows, total }
}

export async function readPool(db: Queryable, name: string): Promise<PoolRow | undefined> {
  return await db.maybe<PoolRow>(sql`${pools} where p.name = ${name}`)
}

/** Returns whether it is a new one. */
export async function putPool(
  db: Queryable,
  pool: { readonly name: string; readonly slots: number; readonly description: string | null },
): Promise<boolean> {
  const { is_new } = await db.one<{ is_new: boolean }>(sql`
    insert into engine.pool (name, slots, description) values (${pool.name}, ${pool.slots}, ${pool.description})
    on conflict (name) do update set slots = excluded.slots, description = excluded.description
    returning xmax = 0 as is_new`)
  return is_new
}

/** Only where nothing uses it or waits for it. */
export async function deletePool(db: Queryable, name: string): Promise<boolean> {
  const deleted = await db.execute(sql`
    delete from engine.pool p where name = ${name} and not exists (
      select 1 from engine.task_run t where t.pool = p.name and t.state in ('ready', 'running')
    )`)
  return deleted > 0
}
