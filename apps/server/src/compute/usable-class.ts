import type { Queryable } from '@millrace/db'
import { forbidden, notFound } from '@millrace/http'
import type { Caller } from '../authz/index.ts'
import type { ServerContext } from '../server-context.ts'
import { poolRef } from './manage-pools.ts'
import type { ResourceClass } from './pool.ts'
import { findClass } from './store.ts'

/**
 * A resource class that the caller may use; in a transaction it stays until the end.
 *
 * @throws HttpError 404 RESOURCE_CLASS_MISSING, 403 RESOURCE_CLASS_REFUSED.
 */
export async function usableClass(
  db: Queryable,
  { authz }: Pick<ServerContext, 'authz'>,
  caller: Caller,
  classId: number,
): Promise<ResourceClass & { readonly pool_id: number }> {
  const one = await findClass(db, classId, { keep: true })
  if (one === undefined) throw notFound('RESOURCE_CLASS_MISSING', `There is no resource class ${classId}.`)
  if (await authz.can(db, caller, 'read', poolRef(one.pool_id))) return one
  throw forbidden(
    'RESOURCE_CLASS_REFUSED',
    `You may not use resource class ${classId}. Choose one of the resource pools that you can see, or ask an administrator for access to its pool.`,
  )
}
