import { type Queryable, type Sql, sql } from '@millrace/db'
import type { Authz, Caller } from '../authz/index.ts'
import type { ServerContext } from '../server-context.ts'
import { poolMissing } from './manage-pools.ts'
import type { Pool } from './pool.ts'
import { findPool } from './store.ts'

/** A condition on `compute.pool p`: pools that the caller may use. */
export function visiblePools(authz: Authz, caller: Caller): Sql {
  return authz.visible(caller, 'read', 'resource_pool', { id: sql`p.id::text`, public_viewer: sql`p.public` })
}

/** @throws HttpError 404 POOL_MISSING also for a pool that the caller may not use. */
export async function visiblePool(
  db: Queryable,
  { authz }: Pick<ServerContext, 'authz'>,
  caller: Caller,
  id: number,
): Promise<Pool> {
  const pool = await findPool(db, id, visiblePools(authz, caller))
  if (pool === undefined) throw poolMissing(id)
  return pool
}
