import { sql, type Trx } from '@millrace/db'
import type { Authz } from '../authz/index.ts'
import type { UserPrincipal } from '../principals.ts'
import { missingProject, projectRef } from '../projects/index.ts'

/**
 * A project that the caller may change; it is not removed until the transaction is over.
 *
 * @throws HttpError 404 PROJECT_MISSING
 */
export async function holdWritableProject(trx: Trx, authz: Authz, caller: UserPrincipal, id: string): Promise<void> {
  const held = await trx.execute(sql`select from common.project where id = ${id} for key share`)
  if (held === 0 || !(await authz.can(trx, caller, 'write', projectRef(id)))) throw missingProject(id)
}
