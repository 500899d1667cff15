import { sql, type Trx } from '@millrace/db'
import { userRef } from '../authz/index.ts'
import { emitEvent } from '../events/index.ts'
import { namespaceRef } from '../namespaces/index.ts'
import type { ServerContext } from '../server-context.ts'
import { removeNamespace } from './remove-namespace.ts'

/** A user with the own namespace and all that is in it, secrets, and roles everywhere. Somebody who is gone already is fine. */
export async function removeUser(trx: Trx, context: ServerContext, id: string): Promise<void> {
  const namespace = await trx.maybe<{ id: string }>(sql`
    select n.id from users."user" u join common.namespace n on n.user_id = u.id where u.id = ${id} for update`)
  if (namespace === undefined) return
  await removeNamespace(trx, context, namespaceRef({ id: namespace.id, kind: 'user' }))
  const roles = await trx.query<{ type: 'project' | 'group'; id: string }>(sql`
    select distinct object_type as type, object_id as id from authz.relation
    where subject_type = 'user' and subject_id = ${id} and object_type in ('project', 'group')`)
  for (const role of roles) {
    if (role.type === 'project') await emitEvent(trx, 'projectAuth.removed', { projectId: role.id, userId: id })
    else await emitEvent(trx, 'memberGroup.removed', { groupId: role.id, userId: id })
  }
  await context.authz.forget(trx, userRef(id))
  await trx.execute(sql`delete from users."user" where id = ${id}`)
  await emitEvent(trx, 'user.removed', { id })
}
