import { sql, type Trx } from '@millrace/db'
import type { Authz, Relation } from './authz.ts'
import { platformRef, userRef } from './refs.ts'

/** Makes exactly these users administrators of the platform; answers who became one and who no longer is, in the order of ids. */
export async function syncAdmins(
  trx: Trx,
  authz: Authz,
  ids: readonly string[],
): Promise<{ readonly added: readonly string[]; readonly removed: readonly string[] }> {
  await trx.execute(sql`select pg_advisory_xact_lock(hashtextextended('platform admins', 0))`)
  const { type, id } = platformRef
  const rows = await trx.query<{ id: string }>(sql`
    select subject_id as id from authz.relation
    where object_type = ${type} and object_id = ${id} and relation = 'admin' and subject_type = 'user'`)
  const before = new Set(rows.map((row) => row.id))
  const after = new Set(ids)
  const added = [...after].filter((id) => !before.has(id)).sort()
  const removed = [...before].filter((id) => !after.has(id)).sort()
  const relation = (user: string): Relation => ({ object: platformRef, relation: 'admin', subject: userRef(user) })
  await authz.relate(trx, { add: added.map(relation), remove: removed.map(relation) })
  return { added, removed }
}
