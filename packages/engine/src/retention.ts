import { sql, transaction } from '@millrace/db'
import type { Engine } from './engine.ts'
import { runFolder } from './runs/attempt-log.ts'
import { lockPackage, packageKey } from './workflows.ts'

export interface RetentionOptions {
  /** What ended longer ago is removed. Default 30. */
  readonly days?: number
  /** Of each workflow the newest so many runs stay, however old. Default 10. */
  readonly keepRuns?: number
  /** Nothing further is begun once it fires. */
  readonly signal?: AbortSignal
}

export interface RemovedByRetention {
  readonly runs: number
  readonly versions: number
  readonly packages: number
}

/** Of one transaction, so that nobody waits for long. */
const runsAtOnce = 20

/**
 * Removes old runs with their logs and outputs, then versions that are neither current nor a run's, then packages that no
 * version needs any more. Of workflows that were removed no run is kept for being new, and the last takes the workflow along. Any number of processes may do this; one does, and the others have nothing to do.
 */
export async function applyRetention(
  engine: Engine,
  { days = 30, keepRuns = 10, signal }: RetentionOptions = {},
): Promise<RemovedByRetention> {
  const { db } = engine
  const workflows = await db.query<{ id: number; is_removed: boolean }>(
    sql`select id, removed_at is not null as is_removed from engine.workflow order by id`,
  )
  let runs = 0
  let versions = 0
  let packages = 0
  for (const { id, is_removed } of workflows) {
    for (let removed = runsAtOnce; removed === runsAtOnce && !signal?.aborted; ) {
      removed = await removeRuns(engine, id, days, is_removed ? 0 : keepRuns)
      runs += removed
    }
    const old = await db.query<{ id: number; package_sha256: string | null }>(oldVersions(id, days))
    for (const version of old) {
      if (signal?.aborted) break
      const gone = await removeVersion(engine, id, version.id, days)
      versions += gone.version ? 1 : 0
      packages += gone.package ? 1 : 0
    }
    if (is_removed) {
      await db.execute(sql`
        delete from engine.workflow w where w.id = ${id} and w.removed_at is not null
          and not exists (select from engine.workflow_version v where v.workflow_id = w.id)`)
    }
  }
  return { runs, versions, packages }
}

async function removeRuns(engine: Engine, workflowId: number, days: number, keepRuns: number): Promise<number> {
  return await transaction(engine.db, async (trx) => {
    const runs = await trx.query<{ id: number }>(sql`
      select id from engine.run
      where workflow_id = ${workflowId} and ended_at < now() - make_interval(days => ${days}::integer)
        and id < coalesce(
          (select min(id) from (
            select id from engine.run where workflow_id = ${workflowId} order by id desc limit ${keepRuns}
          ) newest), 9223372036854775807)
      order by id limit ${runsAtOnce} for update skip locked`)
    // Files first: a run without its log can be removed again, a log without its run would stay for ever.
    for (const { id } of runs) await engine.artifacts.removeFolder(runFolder(id))
    const ids = runs.map(({ id }) => id)
    await trx.execute(sql`delete from engine.run where id = any(${ids})`)
    await trx.execute(sql`
      delete from engine.backfill b
      where workflow_id = ${workflowId} and ended_at < now() - make_interval(days => ${days}::integer)
        and not exists (select from engine.run r where r.backfill_id = b.id)`)
    return runs.length
  })
}

function oldVersions(workflowId: number, days: number) {
  return sql`
    select v.id, v.package_sha256 from engine.workflow_version v join engine.workflow w on w.id = v.workflow_id
    where w.id = ${workflowId} and v.id is distinct from w.current_version_id
      and v.created_at < now() - make_interval(days => ${days}::integer)
      and not exists (select from engine.run r where r.version_id = v.id)
      and not exists (select from engine.backfill b where b.version_id = v.id)
    order by v.id`
}

/** Under a lock of its workflow, which deployments and new runs take as well. */
async function removeVersion(
  engine: Engine,
  workflowId: number,
  versionId: number,
  days: number,
): Promise<{ readonly version: boolean; readonly package: boolean }> {
  return await transaction(engine.db, async (trx) => {
    await trx.query(sql`select from engine.workflow where id = ${workflowId} for update`)
    const old = await trx.query<{ id: number; package_sha256: string | null }>(oldVersions(workflowId, days))
    const version = old.find(({ id }) => id === versionId)
    if (version === undefined) return { version: false, package: false }
    await trx.execute(sql`delete from engine.workflow_version where id = ${versionId}`)
    const sha256 = version.package_sha256
    if (sha256 === null) return { version: true, package: false }
    await lockPackage(trx, sha256)
    const users = await trx.query(sql`select from engine.workflow_version where package_sha256 = ${sha256} limit 1`)
    if (users.length > 0) return { version: true, package: false }
    await engine.artifacts.removeFolder(packageKey(sha256))
    return { version: true, package: true }
  })
}
