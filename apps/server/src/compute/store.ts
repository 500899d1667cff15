import { type Queryable, type Sql, sql, type Trx } from '@millrace/db'
import { readPage } from '../read-page.ts'
import type { NewClass, Pool, PoolSettings, ResourceClass } from './pool.ts'
import { databaseQuotas } from './quota-store.ts'

interface PoolRow extends PoolSettings {
  readonly id: number
  readonly quota_id: string | null
  readonly classes: readonly ResourceClass[]
}

const classColumns = sql`
  c.id, c.name, c.cpu, c.memory, c.gpu, c.max_storage, c.default_storage, c."default", c.quota_enforced, c.tolerations,
  c.node_affinities`

const classOrder = sql`c.gpu, c.cpu, c.memory, c.max_storage, c.name, c.id`

const pools = sql`
  select p.id, p.name, p.public, p."default", p.quota_id, p.remote, p.idle_threshold, p.hibernation_threshold,
    p.hibernation_warning_period, p.platform, p.cpu_limit_factor,
    (
      select coalesce(json_agg(one.*), '[]')
      from (select ${classColumns} from compute.class c where c.pool_id = p.id order by ${classOrder}) as one
    ) as classes
  from compute.pool p`

/** Pools by id; `where` says which, as a condition on `p`. */
export async function listPools(
  db: Queryable,
  where: Sql,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<{ readonly rows: readonly Pool[]; readonly total: number }> {
  const { rows, total } = await readPage<PoolRow>(db, {
    rows: sql`${pools} where ${where} order by p.id limit ${limit} offset ${offset}`,
    total: sql`(select count(*) from compute.pool p where ${where})`,
  })
  return { rows: await withQuotas(db, rows), total }
}

export async function findPool(db: Queryable, id: number, where: Sql = sql`true`): Promise<Pool | undefined> {
  const [pool] = await withQuotas(db, await db.query<PoolRow>(sql`${pools} where p.id = ${id} and ${where}`))
  return pool
}

/** Keeps the pool, and with it its classes and quota, from other changes until the end of the transaction. */
export async function lockPool(trx: Trx, id: number): Promise<Pool | undefined> {
  const isThere = await trx.execute(sql`select from compute.pool where id = ${id} for update`)
  return isThere === 0 ? undefined : await findPool(trx, id)
}

export async function defaultPoolId(db: Queryable): Promise<number | undefined> {
  return (await db.maybe<{ id: number }>(sql`select id from compute.pool where "default"`))?.id
}

/** The id; undefined when it were a second default pool. */
export async function insertPool(
  trx: Trx,
  pool: PoolSettings & { readonly quotaId: string | null },
): Promise<number | undefined> {
  const row = await trx.maybe<{ id: number }>(sql`
    insert into compute.pool (
      name, public, "default", quota_id, remote, idle_threshold, hibernation_threshold, hibernation_warning_period, platform,
      cpu_limit_factor
    ) values (
      ${pool.name}, ${pool.public}, ${pool.default}, ${pool.quotaId}, ${pool.remote}, ${pool.idle_threshold},
      ${pool.hibernation_threshold}, ${pool.hibernation_warning_period}, ${pool.platform}, ${pool.cpu_limit_factor}
    )
    on conflict ("default") where "default" do nothing
    returning id`)
  return row?.id
}

export async function updatePool(trx: Trx, id: number, pool: PoolSettings & { readonly quotaId: string | null }) {
  await trx.execute(sql`
    update compute.pool set
      name = ${pool.name}, public = ${pool.public}, quota_id = ${pool.quotaId}, remote = ${pool.remote},
      idle_threshold = ${pool.idle_threshold}, hibernation_threshold = ${pool.hibernation_threshold},
      hibernation_warning_period = ${pool.hibernation_warning_period}, platform = ${pool.platform},
      cpu_limit_factor = ${pool.cpu_limit_factor}
    where id = ${id}`)
}

export async function deletePool(trx: Trx, id: number): Promise<void> {
  await trx.execute(sql`delete from compute.pool where id = ${id}`)
}

export async function insertClass(trx: Trx, poolId: number, one: NewClass): Promise<number> {
  const { id } = await trx.one<{ id: number }>(sql`
    insert into compute.class (
      pool_id, name, cpu, memory, gpu, max_storage, default_storage, "default", quota_enforced, tolerations, node_affinities
    ) values (
      ${poolId}, ${one.name}, ${one.cpu}, ${one.memory}, ${one.gpu}, ${one.max_storage}, ${one.default_storage}, ${one.default},
      ${one.quota_enforced}, ${[...one.tolerations]}, ${sql.json(one.node_affinities)}
    )
    returning id`)
  return id
}

export async function updateClass(trx: Trx, one: ResourceClass): Promise<void> {
  await trx.execute(sql`
    update compute.class set
      name = ${one.name}, cpu = ${one.cpu}, memory = ${one.memory}, gpu = ${one.gpu}, max_storage = ${one.max_storage},
      default_storage = ${one.default_storage}, quota_enforced = ${one.quota_enforced}, tolerations = ${[...one.tolerations]},
      node_affinities = ${sql.json(one.node_affinities)}
    where id = ${one.id}`)
}

export async function deleteClass(trx: Trx, id: number): Promise<void> {
  await trx.execute(sql`delete from compute.class where id = ${id}`)
}

/** `keep`: it stays until the end of the transaction. */
export async function findClass(
  db: Queryable,
  id: number,
  { keep = false }: { readonly keep?: boolean } = {},
): Promise<(ResourceClass & { readonly pool_id: number }) | undefined> {
  return await db.maybe(
    sql`select c.pool_id, ${classColumns} from compute.class c where c.id = ${id} ${keep ? sql`for key share` : sql``}`,
  )
}

async function withQuotas(db: Queryable, rows: readonly PoolRow[]): Promise<readonly Pool[]> {
  const quotas = await databaseQuotas.find(
    db,
    rows.flatMap(({ quota_id }) => quota_id ?? []),
  )
  return rows.map(({ quota_id, ...pool }) => ({ ...pool, quota: quotas.get(quota_id ?? '') ?? null }))
}
