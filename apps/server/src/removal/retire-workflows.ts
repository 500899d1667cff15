import { sql, type Trx } from '@millrace/db'
import { cancelHeldRun, type Engine, lockRuns } from '@millrace/engine'

/**
 * What a project that goes leaves in the engine: its workflows take no new runs, and those that are active are cancelled. What
 * ran stays for administrators until retention removes it, under another name, so that the names are free again.
 */
export async function retireWorkflows(trx: Trx, engine: Engine, projectIds: readonly string[]): Promise<void> {
  const workflows = await trx.query<{ id: number }>(sql`
    update engine.workflow
    set
      name = left(name, 150) || '.removed.' || id, removed_at = now(), paused = true,
      current_version_id = null, schedule_version_id = null, next_tick_at = null
    where project_id = any(${projectIds}::text[]) and removed_at is null
    returning id`)
  const ids = workflows.map(({ id }) => id)
  await trx.execute(sql`
    update engine.backfill set state = 'cancelled', ended_at = now()
    where workflow_id = any(${ids}) and state in ('running', 'paused')`)
  const active = await trx.query<{ id: number }>(sql`
    select id from engine.run where workflow_id = any(${ids}) and state in ('queued', 'running')`)
  const runs = await lockRuns(
    trx,
    active.map(({ id }) => id),
  )
  for (const run of runs) await cancelHeldRun(engine, trx, run, { reason: 'its project was removed' })
  await trx.execute(sql`delete from engine.project_variable where project_id = any(${projectIds}::text[])`)
}
