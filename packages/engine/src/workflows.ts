import { createHash } from 'node:crypto'
import { ConfigError, closestName, DataError } from '@millrace/core'
import { type Queryable, sql, transaction } from '@millrace/db'
import type { WorkflowManifest } from '@millrace/workflow'
import type { Engine } from './engine.ts'
import { graphOf } from './runs/version-graph.ts'

export interface DeployedVersion {
  readonly workflowId: number
  readonly versionId: number
  /** False when the same version was there already. */
  readonly isNew: boolean
}

/** Key of a package in the artifact store. */
export function packageKey(sha256: string): string {
  return `packages/${sha256}.zip`
}

/**
 * Makes a version known and current; runs that exist keep theirs. A version is what it was first deployed as, except
 * `dev`, of which every deployment is a version of its own, `dev+` and a part of its hash.
 *
 * @throws DataError `WORKFLOW_VERSION_EXISTS` when the version was deployed with other content
 * @throws ConfigError `PACKAGE_MISSING` when its package was not uploaded before
 */
export async function deployWorkflow(engine: Engine, given: WorkflowManifest): Promise<DeployedVersion> {
  graphOf(0, given)
  const hash = createHash('sha256').update(JSON.stringify(given)).digest('hex')
  const manifest = given.version === 'dev' ? { ...given, version: `dev+${hash.slice(0, 12)}` } : given
  const packageHash = manifest.package?.sha256 ?? null
  if (packageHash !== null && (await engine.artifacts.size(packageKey(packageHash))) === 0) {
    throw new ConfigError('PACKAGE_MISSING', {
      message: `The package of ${manifest.name} ${manifest.version} (sha256 ${packageHash}) was not uploaded. Upload it before the manifest.`,
    })
  }
  return await transaction(engine.db, async (trx) => {
    await trx.execute(sql`insert into engine.workflow (name) values (${manifest.name}) on conflict do nothing`)
    const workflow = await trx.one<{ id: number; current_version_id: number | null }>(
      sql`select id, current_version_id from engine.workflow where name = ${manifest.name} for update`,
    )
    const existing = await trx.maybe<{ id: number; manifest_sha256: string }>(sql`
      select id, manifest_sha256 from engine.workflow_version
      where workflow_id = ${workflow.id} and version = ${manifest.version}`)
    if (existing !== undefined && existing.manifest_sha256 !== hash) {
      throw new DataError('WORKFLOW_VERSION_EXISTS', {
        message: `Version ${manifest.version} of ${manifest.name} was deployed before with other content, and versions do not change. Deploy this one under a new version.`,
      })
    }
    const versionId =
      existing?.id ??
      (
        await trx.one<{ id: number }>(sql`
          insert into engine.workflow_version (workflow_id, version, manifest, manifest_sha256, package_sha256)
          values (${workflow.id}, ${manifest.version}, ${JSON.stringify(manifest)}, ${hash}, ${packageHash})
          returning id`)
      ).id
    if (workflow.current_version_id !== versionId) {
      // The scheduler computes the next tick of the new schedule from the last one.
      await trx.execute(sql`
        update engine.workflow set current_version_id = ${versionId}, schedule_changed_at = now(), next_tick_at = null
        where id = ${workflow.id}`)
    }
    return { workflowId: workflow.id, versionId, isNew: existing === undefined }
  })
}

export interface WorkflowRow {
  readonly id: number
  readonly name: string
  readonly paused: boolean
  readonly current_version_id: number
}

/** @throws DataError `WORKFLOW_MISSING`, which names the closest one there is */
export async function findWorkflow(db: Queryable, name: string): Promise<WorkflowRow> {
  const row = await db.maybe<WorkflowRow>(
    sql`select id, name, paused, current_version_id from engine.workflow where name = ${name} and current_version_id is not null`,
  )
  if (row !== undefined) return row
  const names = await db.query<{ name: string }>(sql`select name from engine.workflow order by name limit 1000`)
  const closest = closestName(
    name,
    names.map((one) => one.name),
  )
  const hint = closest === undefined ? 'Deploy it by "millrace deploy".' : `Did you mean "${closest}"?`
  throw new DataError('WORKFLOW_MISSING', { message: `There is no workflow "${name}". ${hint}` })
}

/** Id of a version, by default the current one. */
export async function findVersion(db: Queryable, workflow: WorkflowRow, version?: string): Promise<number> {
  if (version === undefined) return workflow.current_version_id
  const row = await db.maybe<{ id: number }>(
    sql`select id from engine.workflow_version where workflow_id = ${workflow.id} and version = ${version}`,
  )
  if (row !== undefined) return row.id
  throw new DataError('WORKFLOW_VERSION_MISSING', {
    message: `Workflow ${workflow.name} has no version "${version}". "millrace workflows show ${workflow.name}" lists them.`,
  })
}
