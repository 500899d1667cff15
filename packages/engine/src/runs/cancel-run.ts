import { sql, type Trx, transaction } from '@millrace/db'
import type { Engine } from '../engine.ts'
import { addEvents, channels, notify } from './events.ts'
import { isOver } from './lifecycle.ts'
import { lockRun, type RunRow, readRun } from './run-row.ts'
import { endRunIfOver, startQueuedRuns } from './start-and-end-runs.ts'

/**
 * Ends a run: what waits is cancelled at once, what runs is asked to stop. Workers answer within their grace period, and
 * for those that do not the lease runs out, so it always ends. A run that is over stays as it is.
 */
export async function cancelRun(engine: Engine, runId: number, reason = 'cancelled by request'): Promise<RunRow> {
  return await transaction(
    engine.db,
    async (trx) => await cancelHeldRun(engine, trx, await lockRun(trx, runId), { reason }),
  )
}

/** @param timedOut It then ends as failed: nobody asked for it. */
export async function cancelHeldRun(
  engine: Engine,
  trx: Trx,
  run: RunRow,
  { reason, timedOut = false }: { readonly reason: string; readonly timedOut?: boolean },
): Promise<RunRow> {
  if (isOver(run.state) || run.cancelled) return run
  const ended = await trx.query<{ id: number }>(sql`
    update engine.task_run set state = 'cancelled', reason = ${reason}, ended_at = now()
    where run_id = ${run.id} and state in ('waiting', 'ready')
    returning id`)
  // A mapped node ends with its items: with those that were just cancelled, if no other runs.
  const parents = await trx.query<{ id: number; state: string }>(sql`
    with items as (
      select parent_id,
        count(*) filter (where state = 'success') as success,
        count(*) filter (where state = 'skipped') as skipped,
        count(*) filter (where state not in ('success', 'skipped', 'ready', 'running')) as failed
      from engine.task_run where run_id = ${run.id} and parent_id is not null
      group by parent_id
    )
    update engine.task_run t set
      up_success = i.success, up_skipped = i.skipped, up_failed = i.failed,
      state = case when i.success + i.skipped + i.failed = t.items then 'cancelled' else t.state end,
      reason = case when i.success + i.skipped + i.failed = t.items then ${reason} else t.reason end,
      ended_at = case when i.success + i.skipped + i.failed = t.items then now() end
    from items i where t.id = i.parent_id and t.state = 'expanded'
    returning t.id, t.state`)
  await trx.execute(sql`
    update engine.task_run set stop_reason = 'cancelled', stop_requested_at = coalesce(stop_requested_at, now())
    where run_id = ${run.id} and state = 'running'`)
  const over = [...ended, ...parents.filter(({ state }) => state === 'cancelled')]
  const cancelled = await trx.one<RunRow>(sql`
    update engine.run set
      cancelled = true, timed_out = ${timedOut}, reason = ${reason}, open_tasks = open_tasks - ${over.length},
      state = case when state = 'queued' then 'running' else state end
    where id = ${run.id} returning *`)
  await addEvents(trx, [
    { runId: run.id, kind: 'run.cancel_requested', data: { reason } },
    ...over.map(({ id }) => ({
      runId: run.id,
      taskRunId: id,
      kind: 'task.ended' as const,
      data: { state: 'cancelled' },
    })),
  ])
  await notify(trx, channels.stop)
  if (cancelled.open_tasks > 0) {
    await notify(trx, channels.run, String(run.id))
    return cancelled
  }
  if (await endRunIfOver(trx, cancelled)) await startQueuedRuns(engine, trx, run.workflow_id)
  return await readRun(trx, run.id)
}
