import { type Sql, sql, type Trx } from '@millrace/db'
import { removeDataConnectors } from '../data-connectors/index.ts'
import { emitEvent } from '../events/index.ts'
import { projectRef } from '../projects/index.ts'
import type { ServerContext } from '../server-context.ts'
import { retireWorkflows } from './retire-workflows.ts'

/** Projects of a condition on `p`, with everything in them. Nothing comes into them any more from here on. */
export async function removeProjects(trx: Trx, context: ServerContext, condition: Sql): Promise<void> {
  const projects = await trx.query<{ id: string }>(sql`
    select p.id from common.project p where ${condition} order by p.id for update`)
  for (const { id } of projects) {
    await removeDataConnectors(trx, context, { projectId: id })
    await context.authz.forget(trx, projectRef(id))
    await emitEvent(trx, 'project.removed', { id })
  }
  const ids = projects.map(({ id }) => id)
  await retireWorkflows(trx, context.engine, ids)
  await trx.execute(sql`delete from common.project where id = any(${ids}::text[])`)
}
