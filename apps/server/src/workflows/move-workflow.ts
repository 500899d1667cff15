import { sql } from '@millrace/db'
import { change } from '../change.ts'
import type { ServerContext, UserPrincipal } from '../server-context.ts'
import { holdWritableProject } from './hold-writable-project.ts'

/** Gives a workflow that the caller may change to another project that the caller may change. Runs that exist go with it. */
export async function moveWorkflow(
  { db, authz }: Pick<ServerContext, 'db' | 'authz'>,
  caller: UserPrincipal,
  { id, projectId, requestId }: { readonly id: number; readonly projectId: string; readonly requestId: string },
): Promise<void> {
  await change(db, { id: caller.id, requestId }, async (trx) => {
    await holdWritableProject(trx, authz, caller, projectId)
    await trx.execute(sql`update engine.workflow set project_id = ${projectId} where id = ${id}`)
  })
}
