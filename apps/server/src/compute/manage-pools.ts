import { randomUUID } from 'node:crypto'
import type { z } from '@hono/zod-openapi'
import { sql, type Trx } from '@millrace/db'
import { invalid, notFound } from '@millrace/http'
import { type Authz, type ObjectRef, publicViewers } from '../authz/index.ts'
import { checkPool } from './check-pool.ts'
import type { NewClass, Pool, ResourceClass } from './pool.ts'
import { type ChangedPool, type GivenQuota, newClass, newSettings } from './pool-changes.ts'
import { databaseQuotas } from './quota-store.ts'
import type { newPoolSchema } from './schemas.ts'
import {
  deleteClass,
  deletePool,
  findClass,
  findPool,
  insertClass,
  insertPool,
  lockPool,
  updateClass,
  updatePool,
} from './store.ts'

export function poolRef(id: number): ObjectRef {
  return { type: 'resource_pool', id: `${id}` }
}

/** @throws HttpError 422 POOL_INVALID, DEFAULT_POOL_EXISTS, QUOTA_TAKEN. */
export async function createPool(trx: Trx, authz: Authz, body: z.output<typeof newPoolSchema>): Promise<Pool> {
  const settings = newSettings(body)
  const classes = body.classes.map(newClass)
  const quota = body.quota ?? null
  checkPool({ ...settings, quota, classes })
  const quotaId = quota === null ? null : await createQuota(trx, quota)
  const id = await insertPool(trx, { ...settings, quotaId })
  if (id === undefined) {
    throw invalid(
      'DEFAULT_POOL_EXISTS',
      'There is a default pool already, and there can be only one. Change that one instead.',
    )
  }
  for (const one of classes) await insertClass(trx, id, one)
  if (settings.public) await authz.relate(trx, { add: publicViewers(poolRef(id)) })
  return await getPool(trx, id)
}

/** @throws HttpError 404 POOL_MISSING, 422 POOL_INVALID, and what the change says. */
export async function changePool(trx: Trx, authz: Authz, id: number, how: (pool: Pool) => ChangedPool) {
  const pool = await getLockedPool(trx, id)
  const changed = how(pool)
  checkPool(changed)
  const quotaId = await saveQuota(trx, pool, changed.quota)
  await updatePool(trx, id, { ...changed, quotaId })
  for (const one of changed.classes) await updateClass(trx, one)
  if (changed.public !== pool.public) {
    await authz.relate(trx, { [changed.public ? 'add' : 'remove']: publicViewers(poolRef(id)) })
  }
  return await getPool(trx, id)
}

/** Also where there is none. @throws HttpError 422 DEFAULT_POOL_STAYS. */
export async function removePool(trx: Trx, authz: Authz, id: number): Promise<void> {
  const pool = await lockPool(trx, id)
  if (pool === undefined) return
  if (pool.default) throw invalid('DEFAULT_POOL_STAYS', 'The default pool cannot be removed. Change it instead.')
  await deletePool(trx, id)
  if (pool.quota !== null) await databaseQuotas.remove(trx, pool.quota.id)
  await authz.forget(trx, poolRef(id))
}

/** @throws HttpError 404 POOL_MISSING, 422 POOL_INVALID. */
export async function addClass(trx: Trx, id: number, one: NewClass): Promise<ResourceClass> {
  const pool = await getLockedPool(trx, id)
  checkPool({ ...pool, classes: [...pool.classes, one] })
  return await getClass(trx, id, await insertClass(trx, id, one))
}

/** @throws HttpError 404 POOL_MISSING, RESOURCE_CLASS_MISSING, 422 POOL_INVALID, and what the change says. */
export async function changeClass(
  trx: Trx,
  { poolId, classId }: { readonly poolId: number; readonly classId: number },
  how: (one: ResourceClass) => ResourceClass,
): Promise<ResourceClass> {
  const pool = await getLockedPool(trx, poolId)
  const before = pool.classes.find(({ id }) => id === classId)
  if (before === undefined) throw classMissing(poolId, classId)
  const changed = how(before)
  checkPool({ ...pool, classes: pool.classes.map((one) => (one.id === classId ? changed : one)) })
  await updateClass(trx, changed)
  return await getClass(trx, poolId, classId)
}

/** Also where there is none. @throws HttpError 422 DEFAULT_CLASS_STAYS. */
export async function removeClass(trx: Trx, poolId: number, classId: number): Promise<void> {
  const pool = await lockPool(trx, poolId)
  const one = pool?.classes.find(({ id }) => id === classId)
  if (one === undefined) return
  if (one.default) {
    throw invalid(
      'DEFAULT_CLASS_STAYS',
      `Class "${one.name}" is the default of its pool and cannot be removed. Change it instead.`,
    )
  }
  await deleteClass(trx, classId)
}

/** @throws HttpError 404 POOL_MISSING. */
export async function getLockedPool(trx: Trx, id: number): Promise<Pool> {
  const pool = await lockPool(trx, id)
  if (pool === undefined) throw poolMissing(id)
  return pool
}

export function poolMissing(id: number) {
  return notFound('POOL_MISSING', `There is no resource pool ${id}, or you may not see it.`)
}

export function classMissing(poolId: number, classId: number) {
  return notFound(
    'RESOURCE_CLASS_MISSING',
    `There is no class ${classId} in resource pool ${poolId}, or you may not see it.`,
  )
}

async function getPool(trx: Trx, id: number): Promise<Pool> {
  const pool = await findPool(trx, id)
  if (pool === undefined) throw poolMissing(id)
  return pool
}

async function getClass(trx: Trx, poolId: number, classId: number): Promise<ResourceClass> {
  const found = await findClass(trx, classId)
  if (found === undefined) throw classMissing(poolId, classId)
  const { pool_id: _, ...one } = found
  return one
}

async function createQuota(trx: Trx, { id = randomUUID(), cpu, memory, gpu }: GivenQuota) {
  // Of two pools that are made with the same id at once, the second one finds the first.
  await trx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`quota ${id}`}, 0))`)
  if ((await databaseQuotas.find(trx, [id])).size > 0) {
    throw invalid('QUOTA_TAKEN', `The quota "${id}" belongs to another pool. Leave the id out, and a new one is made.`)
  }
  await databaseQuotas.put(trx, { id, cpu, memory, gpu })
  return id
}

async function saveQuota(trx: Trx, pool: Pool, quota: GivenQuota | null): Promise<string | null> {
  if (quota === null) {
    if (pool.quota !== null) await databaseQuotas.remove(trx, pool.quota.id)
    return null
  }
  if (pool.quota === null) return await createQuota(trx, quota)
  const { id } = pool.quota
  if (quota.id !== undefined && quota.id !== id) {
    throw invalid('QUOTA_ID_FIXED', `The quota of the pool is "${id}", and its id cannot be changed.`)
  }
  await databaseQuotas.put(trx, { ...quota, id })
  return id
}
