import { isMillraceError } from '@millrace/core'
import { type Sql, sql, type Trx, transaction } from '@millrace/db'
import { isRetryable, type Json, retryPauseSeconds, type TaskFailure, type TaskRunState } from '@millrace/workflow'
import type { Engine } from '../engine.ts'
import { enqueueFailures } from '../failure-events/enqueue-failures.ts'
import { jsonColumn, storable } from '../json-column.ts'
import type { AttemptRef, AttemptResult } from '../worker/worker-api.ts'
import { advance, type EndedTask } from './advance.ts'
import { channels, insertEvents, type NewRunEvent, notifications } from './events.ts'
import { maxLosses } from './lifecycle.ts'
import { type StoredOutput, storeOutput } from './outputs.ts'
import { lockRuns, type RunRow } from './run-row.ts'
import { endRunIfOver, startQueuedRuns } from './start-and-end-runs.ts'
import { nodeAt, type VersionGraph } from './version-graph.ts'

interface HeldRow {
  readonly id: number
  readonly attempt: number
  readonly run_id: number
  readonly node_index: number
  readonly parent_id: number | null
  readonly failures: number
  readonly losses: number
  readonly stop_reason: 'cancelled' | 'timeout' | null
}

/** What becomes of a task run by the end of an attempt. */
interface Verdict {
  readonly row: HeldRow
  readonly result: AttemptResult
  readonly state: TaskRunState
  readonly outcome: 'success' | 'failed' | 'skipped' | 'deferred' | 'lost' | 'cancelled'
  readonly reason: string | null
  readonly failure: TaskFailure | null
  readonly output: StoredOutput | null
  /** Seconds until it may be claimed again; null when it is over. */
  readonly again: number | null
  readonly deferred: Json | null
  readonly failures: number
  readonly losses: number
  readonly choice: readonly string[] | null
}

/**
 * Takes the results of a worker: each ends its task run, or sends it back to the queue, and decides what comes after it, all
 * in one transaction. Returns which were accepted; those that were not were not the worker's any more. What is left out could
 * not be taken, and may be sent again.
 *
 * @param workerId Whose they have to be; null takes them from whoever holds them.
 * @param onlyExpired Leaves those alone whose lease was kept after all.
 */
export async function completeAttempts(
  engine: Engine,
  workerId: string | null,
  results: readonly AttemptResult[],
  { onlyExpired = false }: { readonly onlyExpired?: boolean } = {},
): Promise<readonly (AttemptRef & { readonly accepted: boolean })[]> {
  if (results.length === 0) return []
  const fence = { workerId, onlyExpired }
  const held = await engine.db.query<{ id: number; attempt: number; run_id: number }>(heldRows(results, fence))
  const runOf = new Map(held.map((row) => [keyOf({ ...row, taskRunId: row.id }), row.run_id]))
  const byRun = new Map<number, AttemptResult[]>()
  const outputs = new Map<AttemptResult, StoredOutput | null>()
  // Sent twice, it counts once.
  for (const result of new Map(results.map((one) => [keyOf(one), one])).values()) {
    const runId = runOf.get(keyOf(result))
    if (runId === undefined) continue
    const ofRun = byRun.get(runId) ?? []
    byRun.set(runId, ofRun)
    ofRun.push(result)
    if (result.outcome.kind !== 'success') continue
    outputs.set(result, await storeOutput(engine, { runId, ...result }, result.outcome.output))
  }
  const { accepted, unsettled } = await completeRuns(engine, byRun, outputs, fence)
  return results
    .filter((result) => !unsettled.has(keyOf(result)))
    .map((result) => ({
      taskRunId: result.taskRunId,
      attempt: result.attempt,
      accepted: accepted.has(keyOf(result)),
    }))
}

/** Whose results are taken. */
interface Fence {
  readonly workerId: string | null
  readonly onlyExpired: boolean
}

function keyOf({ taskRunId, attempt }: AttemptRef): string {
  return `${taskRunId}:${attempt}`
}

function heldRows(results: readonly AttemptRef[], { workerId, onlyExpired }: Fence): Sql {
  return sql`
    select t.id, t.attempt, t.run_id, t.node_index, t.parent_id, t.failures, t.losses, t.stop_reason
    from engine.task_run t
    join unnest(
      ${results.map(({ taskRunId }) => taskRunId)}::bigint[], ${results.map(({ attempt }) => attempt)}::integer[]
    ) as x (id, attempt) on t.id = x.id and t.attempt = x.attempt
    where t.state = 'running' and (${workerId}::uuid is null or t.worker_id = ${workerId})
      and (not ${onlyExpired} or t.lease_until < now())
    order by t.id`
}

/** Of all runs in one transaction, since that is quicker; if it fails, of one after the other, so that one keeps back no other. */
async function completeRuns(
  engine: Engine,
  byRun: ReadonlyMap<number, readonly AttemptResult[]>,
  outputs: ReadonlyMap<AttemptResult, StoredOutput | null>,
  fence: Fence,
): Promise<{ readonly accepted: ReadonlySet<string>; readonly unsettled: ReadonlySet<string> }> {
  const complete = async (some: typeof byRun) =>
    await transaction(engine.db, async (trx) => await completeHeld(engine, trx, some, outputs, fence))
  try {
    return { accepted: await complete(byRun), unsettled: new Set() }
  } catch (error) {
    if (byRun.size < 2 || (isMillraceError(error) && error.recovery === 'transient')) throw error
    const accepted = new Set<string>()
    const unsettled = new Set<string>()
    for (const [runId, results] of byRun) {
      try {
        for (const key of await complete(new Map([[runId, results]]))) accepted.add(key)
      } catch {
        // They are sent again, and then fail by themselves.
        for (const result of results) unsettled.add(keyOf(result))
      }
    }
    if (accepted.size === 0) throw error
    return { accepted, unsettled }
  }
}

async function completeHeld(
  engine: Engine,
  trx: Trx,
  byRun: ReadonlyMap<number, readonly AttemptResult[]>,
  outputs: ReadonlyMap<AttemptResult, StoredOutput | null>,
  fence: Fence,
): Promise<Set<string>> {
  const runs = await lockRuns(trx, [...byRun.keys()])
  const held = await trx.query<HeldRow>(sql`${heldRows([...byRun.values()].flat(), fence)} for no key update of t`)
  const rowOf = new Map(held.map((row) => [keyOf({ taskRunId: row.id, attempt: row.attempt }), row]))
  const endedIn = new Set<number>()
  for (const run of runs) {
    const graph = await engine.graphs.get(trx, run.version_id)
    const verdicts = (byRun.get(run.id) ?? []).flatMap((result) => {
      const row = rowOf.get(keyOf(result))
      return row === undefined ? [] : [judge(graph, run, row, result, outputs.get(result) ?? null)]
    })
    if (verdicts.length > 0 && (await applyVerdicts(engine, trx, run, graph, verdicts))) endedIn.add(run.workflow_id)
  }
  for (const workflowId of [...endedIn].sort((a, b) => a - b)) await startQueuedRuns(engine, trx, workflowId)
  return new Set(rowOf.keys())
}

function judge(
  graph: VersionGraph,
  run: RunRow,
  row: HeldRow,
  result: AttemptResult,
  output: StoredOutput | null,
): Verdict {
  const { outcome } = result
  const common = { row, result, reason: null, failure: null, output: null, again: null, deferred: null, choice: null }
  const kept = { failures: row.failures, losses: row.losses }
  const stopped = run.cancelled || row.stop_reason === 'cancelled'
  switch (outcome.kind) {
    case 'success':
      return { ...common, ...kept, state: 'success', outcome: 'success', output, choice: outcome.choice ?? null }
    case 'skip':
      return { ...common, ...kept, state: 'skipped', outcome: 'skipped', reason: outcome.reason }
    case 'defer':
      if (stopped) return { ...common, ...kept, state: 'cancelled', outcome: 'cancelled', reason: 'cancelled' }
      return {
        ...common,
        ...kept,
        state: 'ready',
        outcome: 'deferred',
        reason: outcome.reason,
        again: Math.max(0, outcome.seconds),
        deferred: outcome.state ?? null,
      }
    case 'failure':
      return judgeFailure(graph, row, result, outcome.failure, stopped, common)
  }
}

function judgeFailure(
  graph: VersionGraph,
  row: HeldRow,
  result: AttemptResult,
  failure: TaskFailure,
  stopped: boolean,
  common: Pick<Verdict, 'row' | 'result' | 'output' | 'deferred' | 'choice'>,
): Verdict {
  const { options } = nodeAt(graph, row.node_index)
  const base = { ...common, row, result, failure, failures: row.failures, losses: row.losses }
  if (stopped || failure.reason === 'cancelled') {
    return { ...base, state: 'cancelled', outcome: 'cancelled', reason: 'cancelled', again: null }
  }
  if (failure.reason === 'lost') {
    const losses = row.losses + 1
    const isLast = losses > maxLosses
    return {
      ...base,
      losses,
      state: isLast ? 'failed' : 'ready',
      outcome: 'lost',
      reason: isLast ? `its worker was lost ${losses} times; the task itself may be the cause` : failure.message,
      again: isLast ? null : 0,
    }
  }
  const failures = row.failures + 1
  const isFinal = row.stop_reason === 'timeout' || !isRetryable(failure) || failures > options.retries
  return {
    ...base,
    failures,
    state: isFinal ? 'failed' : 'ready',
    outcome: 'failed',
    reason: isFinal ? failure.message : `retry ${failures} of ${options.retries} after: ${failure.message}`,
    again: isFinal ? null : retryPauseSeconds(options, failures),
  }
}

/** Returns whether the run ended by it. */
async function applyVerdicts(
  engine: Engine,
  trx: Trx,
  run: RunRow,
  graph: VersionGraph,
  verdicts: readonly Verdict[],
): Promise<boolean> {
  await writeVerdicts(trx, verdicts)
  const over = verdicts.filter(({ again }) => again === null)
  const ended = over.map(
    ({ row, state, choice }): EndedTask => ({ place: row.node_index, parentId: row.parent_id, state, choice }),
  )
  const further = await advance(engine, trx, run, graph, { ended })
  const failed = [
    ...over.flatMap(({ state, row }) =>
      state === 'failed' && row.parent_id === null ? [{ taskRunId: row.id, place: row.node_index }] : [],
    ),
    ...further.failed,
  ]
  const openTasks = run.open_tasks - over.length + further.openChange
  const isReady = further.becameReady || verdicts.some(({ again }) => again === 0)
  await enqueueFailures(engine, trx, run.id, graph, failed)
  await countAndTell(trx, run, { openTasks, failed: failed.length, isReady }, [
    ...verdicts.map((verdict) => eventOf(run, verdict)),
    ...further.events,
  ])
  return openTasks === 0 && (await endRunIfOver(trx, run))
}

/** What every completion ends with, in one statement: the way to the database and back is most of what it costs. */
async function countAndTell(
  trx: Trx,
  run: RunRow,
  { openTasks, failed, isReady }: { readonly openTasks: number; readonly failed: number; readonly isReady: boolean },
  events: readonly NewRunEvent[],
): Promise<void> {
  const hints = [
    { channel: channels.run, payload: String(run.id) },
    ...(isReady ? [{ channel: channels.ready, payload: '' }] : []),
  ]
  await trx.execute(sql`
    with counted as (
      update engine.run set open_tasks = ${openTasks}, failed_tasks = failed_tasks + ${failed} where id = ${run.id}
    ), told as (
      ${insertEvents(events)}
    )
    ${notifications(hints)}`)
}

async function writeVerdicts(trx: Trx, verdicts: readonly Verdict[]): Promise<void> {
  await trx.execute(sql`
    with verdict as (
      select * from unnest(
        ${verdicts.map(({ row }) => row.id)}::bigint[],
        ${verdicts.map(({ row }) => row.attempt)}::integer[],
        ${verdicts.map(({ state }) => state)}::text[],
        ${verdicts.map(({ outcome }) => outcome)}::text[],
        ${verdicts.map(({ reason }) => (reason === null ? null : storable(reason).slice(0, 1000)))}::text[],
        ${verdicts.map(({ failure }) => (failure === null ? null : jsonColumn(failure)))}::jsonb[],
        ${verdicts.map(({ result }) => (result.metrics === undefined ? null : jsonColumn(result.metrics)))}::jsonb[],
        ${verdicts.map(({ result }) => (result.progress ? jsonColumn(result.progress) : null))}::jsonb[],
        ${verdicts.map(({ again }) => again)}::float8[],
        ${verdicts.map(({ deferred }) => (deferred === null ? null : jsonColumn(deferred)))}::jsonb[],
        ${verdicts.map(({ failures }) => failures)}::integer[],
        ${verdicts.map(({ losses }) => losses)}::integer[],
        ${verdicts.map(({ output }) => output?.value ?? null)}::jsonb[],
        ${verdicts.map(({ output }) => output?.artifact ?? null)}::text[]
      ) as v (id, attempt, state, outcome, reason, failure, metrics, progress, again, deferred, failures, losses, value, artifact)
    ), attempts as (
      update engine.attempt a set
        ended_at = now(), outcome = v.outcome, failure = v.failure, metrics = v.metrics,
        progress = coalesce(v.progress, t.progress)
      from verdict v join engine.task_run t on t.id = v.id
      where a.task_run_id = v.id and a.attempt = v.attempt
    ), outputs as (
      insert into engine.task_output (task_run_id, value, artifact)
      select id, value, artifact from verdict where value is not null or artifact is not null
      on conflict (task_run_id) do update set value = excluded.value, artifact = excluded.artifact
    )
    update engine.task_run t set
      state = v.state, reason = v.reason, failures = v.failures, losses = v.losses,
      worker_id = null, lease_until = null, progress = coalesce(v.progress, t.progress),
      deferred = case when v.outcome = 'deferred' then v.deferred else t.deferred end,
      ready_at = case when v.again is null then t.ready_at else now() + make_interval(secs => v.again) end,
      run_at = case when v.again is null then t.run_at else now() + make_interval(secs => v.again) end,
      ended_at = case when v.again is null then now() end
    from verdict v where t.id = v.id`)
}

function eventOf(run: RunRow, { row, state, outcome, reason, again }: Verdict): NewRunEvent {
  const kinds = { deferred: 'task.deferred', lost: 'task.lost' } as const
  const kind =
    again === null ? 'task.ended' : outcome === 'deferred' || outcome === 'lost' ? kinds[outcome] : 'task.retry'
  return {
    runId: run.id,
    taskRunId: row.id,
    kind,
    data: {
      state,
      attempt: row.attempt,
      ...(reason === null ? {} : { reason }),
      ...(again === null ? {} : { seconds: Math.round(again) }),
    },
  }
}
