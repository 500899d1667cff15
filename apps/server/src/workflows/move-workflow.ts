import { sql } from '@millrace/db'
import { change } from '../change.ts'
import type { UserPrincipal } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { holdWritableProject } from './hold-writable-project.ts'
import { lockWorkflow } from './lock-workflow.ts'

/** Gives a workflow that the caller may change to another project that the caller may change. Runs that exist go with it. */
export async function moveWorkflow(
  { db, authz, workflowAccess }: Pick<ServerContext, 'db' | 'authz' | 'workflowAccess'>,
  caller: UserPrincipal,
  { name, projectId, requestId }: { readonly name: string; readonly projectId: string; readonly requestId: string },
): Promise<void> {
  await change(db, { id: caller.id, requestId }, async (trx) => {
    await holdWritableProject(trx, authz, caller, projectId)
    // It may have gone to another project since it was looked at.
    const id = await lockWorkflow(trx, name, workflowAccess.condition(caller, 'write'))
    await trx.execute(sql`update engine.workflow set project_id = ${projectId} where id = ${id}`)
  })
}
