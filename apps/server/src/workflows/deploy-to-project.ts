import { sql, type Trx } from '@millrace/db'
import { type DeployedVersion, insertVersion } from '@millrace/engine'
import { conflict, forbidden } from '@millrace/http'
import type { WorkflowManifest } from '@millrace/workflow'
import { change } from '../change.ts'
import { expectNoPipeline } from '../pipelines/index.ts'
import type { UserPrincipal } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { holdWritableProject } from './hold-writable-project.ts'

/**
 * Deploys a version. A workflow that exists stays where it belongs, and takes versions only from those who may change that.
 *
 * @throws HttpError 404 for a project that the caller may not change, 403 for the platform, 409 when the name is taken elsewhere.
 */
export async function deployToProject(
  context: Pick<ServerContext, 'db' | 'engine' | 'authz'>,
  caller: UserPrincipal,
  manifest: WorkflowManifest,
  { projectId, requestId }: { readonly projectId: string | null; readonly requestId: string },
): Promise<DeployedVersion> {
  return await change(
    context.db,
    { id: caller.id, requestId },
    async (trx) => await deployWithin(trx, context, caller, manifest, projectId),
  )
}

/** The same within a transaction of the caller's. */
export async function deployWithin(
  trx: Trx,
  { engine, authz }: Pick<ServerContext, 'engine' | 'authz'>,
  caller: UserPrincipal,
  manifest: WorkflowManifest,
  projectId: string | null,
): Promise<DeployedVersion> {
  if (projectId !== null) await holdWritableProject(trx, authz, caller, projectId)
  await lockWorkflowName(trx, manifest.name)
  const existing = await trx.maybe<{ project_id: string | null; is_writable: boolean }>(sql`
    select w.project_id, ${authz.visible(caller, 'write', 'project', { id: sql`w.project_id` })} as is_writable
    from engine.workflow w where w.name = ${manifest.name} for update`)
  if (existing === undefined && projectId === null && !caller.isAdmin) {
    throw forbidden(
      'PROJECT_REQUIRED',
      'Say which project the workflow belongs to: "millrace deploy --project NAMESPACE/PROJECT". Workflows without one are for administrators of the platform.',
    )
  }
  if (existing !== undefined && (!existing.is_writable || (projectId ?? existing.project_id) !== existing.project_id)) {
    throw conflict(
      'WORKFLOW_NAME_TAKEN',
      `The name "${manifest.name}" is taken by another workflow of this server. Choose another name or category.`,
    )
  }
  await expectNoPipeline(trx, manifest.name)
  return await insertVersion(engine, trx, manifest, { projectId, deployedBy: caller.id })
}

/** Until the transaction ends, nobody else deploys under the name: of two that are new at once, the second sees what the first made. */
export async function lockWorkflowName(trx: Trx, name: string): Promise<void> {
  await trx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`workflow ${name}`}, 0))`)
}
