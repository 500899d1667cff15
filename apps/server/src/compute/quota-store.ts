import { type Queryable, sql, type Trx } from '@millrace/db'
import type { Quota } from './pool.ts'

/** Where quotas are enforced, and so kept. A pool knows the id of its quota only. */
export interface QuotaStore {
  /** Those of the ids that there are. */
  find(db: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, Quota>>
  /** Makes the quota, or changes it to this. */
  put(trx: Trx, quota: Quota): Promise<void>
  /** Also where there is none. */
  remove(trx: Trx, id: string): Promise<void>
}

export const databaseQuotas: QuotaStore = {
  async find(db, ids) {
    if (ids.length === 0) return new Map()
    const rows = await db.query<Quota>(sql`select id, cpu, memory, gpu from compute.quota where id = any(${[...ids]})`)
    return new Map(rows.map((row) => [row.id, row]))
  },
  async put(trx, { id, cpu, memory, gpu }) {
    await trx.execute(sql`
      insert into compute.quota (id, cpu, memory, gpu) values (${id}, ${cpu}, ${memory}, ${gpu})
      on conflict (id) do update set cpu = excluded.cpu, memory = excluded.memory, gpu = excluded.gpu`)
  },
  async remove(trx, id) {
    await trx.execute(sql`delete from compute.quota where id = ${id}`)
  },
}
