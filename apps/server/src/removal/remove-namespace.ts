import { sql, type Trx } from '@millrace/db'
import type { ObjectRef } from '../authz/index.ts'
import { removeDataConnectors } from '../data-connectors/index.ts'
import type { ServerContext } from '../server-context.ts'
import { removeProjects } from './remove-projects.ts'

/** A namespace with all that is in it, and nothing else. The caller has locked it, so that nothing comes into it meanwhile. */
export async function removeNamespace(trx: Trx, context: ServerContext, namespace: ObjectRef): Promise<void> {
  await removeProjects(trx, context, sql`p.namespace_id = ${namespace.id}`)
  await removeDataConnectors(trx, context, { namespaceId: namespace.id })
  await trx.execute(sql`delete from common.namespace where id = ${namespace.id}`)
  await context.authz.forget(trx, namespace)
}
