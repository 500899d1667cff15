import { createHash } from 'node:crypto'
import { type Clock, ConfigError, closestName, DataError } from '@millrace/core'
import { type Queryable, type Sql, sql, type Trx, transaction } from '@millrace/db'
import type { WorkflowManifest } from '@millrace/workflow'
import type { Engine } from './engine.ts'
import { channels, notify } from './runs/events.ts'
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
export async function deployWorkflow(engine: Engine, manifest: WorkflowManifest): Promise<DeployedVersion> {
  return await transaction(engine.db, async (trx) => await insertVersion(engine, trx, manifest))
}

/**
 * The same within a transaction of the caller's.
 *
 * @param options.projectId What a workflow that is new belongs to. Default: to the platform itself.
 * @param options.deployedBy Id of who deploys, kept with a version that is new. Default: the platform itself.
 */
export async function insertVersion(
  engine: Engine,
  trx: Trx,
  given: WorkflowManifest,
  {
    projectId = null,
    deployedBy = null,
  }: { readonly projectId?: string | null; readonly deployedBy?: string | null } = {},
): Promise<DeployedVersion> {
  graphOf(0, given)
  const hash = createHash('sha256').update(JSON.stringify(given)).digest('hex')
  const manifest = given.version === 'dev' ? { ...given, version: `dev+${hash.slice(0, 12)}` } : given
  const packageHash = manifest.package?.sha256 ?? null
  await trx.execute(sql`
    insert into engine.workflow (name, project_id) values (${manifest.name}, ${projectId}) on conflict do nothing`)
  const workflow = await trx.one<{ id: number; current_version_id: number | null }>(
    sql`select id, current_version_id from engine.workflow where name = ${manifest.name} for no key update`,
  )
  if (packageHash !== null) await expectPackage(engine, trx, manifest, packageHash)
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
        insert into engine.workflow_version (workflow_id, version, manifest, manifest_sha256, package_sha256, deployed_by)
        values (
          ${workflow.id}, ${manifest.version}, ${JSON.stringify(manifest)}, ${hash}, ${packageHash}, ${deployedBy}
        )
        returning id`)
    ).id
  if (workflow.current_version_id !== versionId) {
    // Ticks that passed before its schedule was changed are the old one's; the scheduler reads the new one next.
    await trx.execute(sql`
      update engine.workflow set
        current_version_id = ${versionId},
        schedule_changed_at = case
          when ${manifest.schedule?.cron ?? null}::text is not distinct from old.cron
            and ${manifest.schedule?.timezone ?? null}::text is not distinct from old.timezone
          then schedule_changed_at else now() end
      from (
        select max(manifest #>> '{schedule,cron}') as cron, max(manifest #>> '{schedule,timezone}') as timezone
        from engine.workflow_version where id = ${workflow.current_version_id}::bigint
      ) old
      where id = ${workflow.id}`)
    await notify(trx, channels.scheduler)
  }
  return { workflowId: workflow.id, versionId, isNew: existing === undefined }
}

/** Held until the transaction ends, so that it is not removed as one that no version needs. */
async function expectPackage(engine: Engine, trx: Trx, manifest: WorkflowManifest, sha256: string): Promise<void> {
  await lockPackage(trx, sha256)
  if ((await engine.artifacts.size(packageKey(sha256))) > 0) return
  throw new ConfigError('PACKAGE_MISSING', {
    message: `The package of ${manifest.name} ${manifest.version} (sha256 ${sha256}) was not uploaded. Upload it before the manifest.`,
  })
}

/** For whoever removes a package, or relies on it. */
export async function lockPackage(trx: Trx, sha256: string): Promise<void> {
  await trx.query(sql`select pg_advisory_xact_lock(hashtextextended(${`millrace package ${sha256}`}, 0))`)
}

/**
 * Stops or goes on with the schedule of a workflow; runs that exist, by hand and of backfills go on. What passed while it was
 * paused is decided by its catchup policy: with `none`, the next run is that of the next tick.
 *
 * @throws DataError `WORKFLOW_MISSING`
 */
export async function pauseWorkflow(
  engine: Engine,
  name: string,
  paused: boolean,
  { clock }: { readonly clock?: Clock } = {},
): Promise<void> {
  await transaction(engine.db, async (trx) => await pauseWithin(trx, name, paused, { clock }))
}

/** The same within a transaction of the caller's. */
export async function pauseWithin(
  trx: Trx,
  name: string,
  paused: boolean,
  { clock }: { readonly clock?: Clock | undefined } = {},
): Promise<void> {
  const workflow = await findWorkflow(trx, name)
  await trx.execute(sql`
    update engine.workflow w set
      paused = ${paused},
      ticked_up_to = case
        when w.paused and not ${paused} and v.manifest #>> '{schedule,catchup,policy}' = 'none'
        then greatest(w.ticked_up_to, coalesce(${clock?.now() ?? null}::timestamptz, now()))
        else w.ticked_up_to end
    from engine.workflow_version v
    where w.id = ${workflow.id} and v.id = w.current_version_id`)
  await notify(trx, channels.scheduler)
}

/** Takes a workflow from use: it has no schedule and no new runs until it is deployed again. Runs that exist go on. */
export async function retireWorkflow(trx: Trx, name: string): Promise<void> {
  await trx.execute(sql`
    update engine.workflow set current_version_id = null, schedule_version_id = null, next_tick_at = null
    where name = ${name}`)
  await notify(trx, channels.scheduler)
}

export interface WorkflowRow {
  readonly id: number
  readonly name: string
  readonly paused: boolean
  readonly current_version_id: number
}

/**
 * @param options.where On `engine.workflow w`: the others are as if they were not there. Default: all.
 * @throws DataError `WORKFLOW_MISSING`, which names the one that is meant, as far as it can be told
 */
export async function findWorkflow(
  db: Queryable,
  name: string,
  { where = sql`true` }: { readonly where?: Sql } = {},
): Promise<WorkflowRow> {
  const row = await db.maybe<WorkflowRow>(sql`
    select w.id, w.name, w.paused, w.current_version_id from engine.workflow w
    where w.name = ${name} and w.current_version_id is not null and ${where}`)
  if (row !== undefined) return row
  const names = await db.query<{ name: string }>(sql`
    select w.name from engine.workflow w where w.current_version_id is not null and ${where} order by w.name limit 1000`)
  const known = names.map((one) => one.name)
  // The category of a workflow is left out easily: "daily" for shop_daily.
  const closest = known.find((one) => one.endsWith(`_${name}`)) ?? closestName(name, known)
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
    message: `Workflow ${workflow.name} has no version "${version}". "millrace workflows versions ${workflow.name}" lists them.`,
  })
}
