import { ConfigError, injectTraceContext, inSpan, withTraceContext } from '@millrace/core'
import { sql, type Trx, transaction } from '@millrace/db'
import { decide, type Json, resolveParams, type TriggerKind } from '@millrace/workflow'
import type { Engine } from '../engine.ts'
import { enqueueFailures } from '../failure-events/enqueue-failures.ts'
import { jsonColumn } from '../json-column.ts'
import { findVersion, findWorkflow } from '../workflows.ts'
import { advance } from './advance.ts'
import { concurrencyKey } from './concurrency-key.ts'
import { addEvents, channels, notify } from './events.ts'
import { type RunRow, readRun } from './run-row.ts'
import { startQueuedRuns } from './start-and-end-runs.ts'
import { nodeAt, type VersionGraph } from './version-graph.ts'

export interface NewRun {
  readonly workflow: string
  /** Default: the current one. */
  readonly version?: string
  readonly params?: Readonly<Record<string, Json>>
  /** A second run with the same key is the first one. Default: a key that nobody else has. */
  readonly key?: string
  readonly trigger: TriggerKind
  /** Default: now, by the clock of the database. */
  readonly logicalDate?: Date
  /** Default: no start, and the logical date as end. */
  readonly dataInterval?: { readonly start: Date | null; readonly end: Date }
  readonly priority?: number
  readonly backfillId?: number
  readonly parentRunId?: number
  /** W3C trace context that the run belongs to. */
  readonly traceparent?: string
}

export interface CreatedRun {
  readonly run: RunRow
  /** False when a run with the key was there before. */
  readonly isNew: boolean
}

/**
 * Makes a run with all of its task runs. When this returns, the run exists and will be carried out.
 *
 * @throws DataError `WORKFLOW_MISSING`, `WORKFLOW_VERSION_MISSING`
 * @throws ConfigError `PARAMS_INVALID`, which names every parameter that does not fit
 */
export async function createRun(engine: Engine, request: NewRun): Promise<CreatedRun> {
  return await transaction(engine.db, async (trx) => await insertRun(engine, trx, request))
}

/** The same within a transaction of the caller's. The trace of the run begins here, or goes on from the caller's. */
export async function insertRun(engine: Engine, trx: Trx, request: NewRun): Promise<CreatedRun> {
  const { traceparent, workflow } = request
  const attributes = { 'workflow.name': workflow, 'millrace.run.trigger': request.trigger }
  return await withTraceContext(traceparent === undefined ? {} : { traceparent }, async () =>
    inSpan(`${workflow} run`, attributes, async (span) => {
      const here = injectTraceContext().traceparent ?? traceparent
      const created = await insertTracedRun(engine, trx, {
        ...request,
        ...(here === undefined ? {} : { traceparent: here }),
      })
      span.setAttribute('recipe.run.id', String(created.run.id))
      return created
    }),
  )
}

async function insertTracedRun(engine: Engine, trx: Trx, request: NewRun): Promise<CreatedRun> {
  const workflow = await findWorkflow(trx, request.workflow)
  const versionId = await findVersion(trx, workflow, request.version)
  const graph = await engine.graphs.get(trx, versionId)
  const params = resolveParams(graph.manifest, request.params ?? {})
  const logicalDate = request.logicalDate ?? (await databaseTime(trx))
  if (Number.isNaN(logicalDate.getTime())) {
    throw new ConfigError('LOGICAL_DATE_INVALID', {
      message: 'The logical date of a run has to be a date, such as 2026-01-31T06:00:00Z.',
    })
  }
  const interval = request.dataInterval ?? { start: null, end: logicalDate }
  const rows = firstRows(graph)
  const options = rows.map(({ place }) => nodeAt(graph, place).options)
  const run = await trx.maybe<RunRow>(sql`
    insert into engine.run (
      workflow_id, version_id, state, key, trigger, params, variables, logical_date, data_interval_start,
      data_interval_end, priority, backfill_id, parent_run_id, traceparent, open_tasks
    ) values (
      ${workflow.id}, ${versionId}, 'queued', coalesce(${request.key ?? null}::text, gen_random_uuid()::text), ${request.trigger}, ${jsonColumn(params)},
      (select coalesce(jsonb_object_agg(name, value), '{}') from engine.variable)
        || (
          select coalesce(jsonb_object_agg(v.name, v.value), '{}')
          from engine.project_variable v join engine.workflow w on w.project_id = v.project_id where w.id = ${workflow.id}
        ), ${logicalDate}, ${interval.start},
      ${interval.end}, ${request.priority ?? 0}, ${request.backfillId ?? null}, ${request.parentRunId ?? null},
      ${request.traceparent ?? null}, ${rows.filter((row) => row.state !== 'success').length}
    )
    on conflict (workflow_id, key) do nothing
    returning *`)
  if (run === undefined) {
    const known = await trx.one<RunRow>(
      sql`select * from engine.run where workflow_id = ${workflow.id} and key = ${request.key ?? ''}`,
    )
    return { run: known, isNew: false }
  }
  await trx.execute(sql`
    insert into engine.task_run (
      run_id, node_index, state, up_success, queue, priority, pool, pool_slots, concurrency_key,
      concurrency_limit, schedule_to_start, start_to_close, schedule_to_close, ended_at
    )
    select
      ${run.id}, x.place, x.state, x.up_success, x.queue, x.priority + ${run.priority}, x.pool,
      x.pool_slots, x.concurrency_key, x.concurrency_limit, x.schedule_to_start, x.start_to_close, x.schedule_to_close,
      case when x.state = 'success' then now() end
    from unnest(
      ${rows.map((row) => row.place)}::integer[],
      ${rows.map((row) => row.state)}::text[],
      ${rows.map((row) => row.upSuccess)}::integer[],
      ${options.map(({ queue }) => queue)}::text[],
      ${options.map(({ priority }) => priority)}::integer[],
      ${options.map(({ pool }) => pool)}::text[],
      ${options.map(({ poolSlots }) => poolSlots)}::integer[],
      ${rows.map(({ place, state }) => (state === 'ready' ? concurrencyKey(graph, place, run, null) : null))}::text[],
      ${options.map(({ concurrencyLimit }) => concurrencyLimit)}::integer[],
      ${options.map(({ timeouts }) => timeouts.scheduleToStartSeconds)}::float8[],
      ${options.map(({ timeouts }) => timeouts.startToCloseSeconds)}::float8[],
      ${options.map(({ timeouts }) => timeouts.scheduleToCloseSeconds)}::float8[]
    ) as x (
      place, state, up_success, queue, priority, pool, pool_slots, concurrency_key, concurrency_limit,
      schedule_to_start, start_to_close, schedule_to_close
    )`)
  await addEvents(trx, [
    { runId: run.id, kind: 'run.created', data: { trigger: run.trigger, version: graph.manifest.version } },
  ])
  // What comes after spacers that passed is decided by nothing else any more.
  const look = rows.flatMap(({ place, state, upSuccess }) => (state === 'waiting' && upSuccess > 0 ? [place] : []))
  if (look.length > 0) await decideFirst(engine, trx, run, graph, look)
  const started = await startQueuedRuns(engine, trx, workflow.id)
  await notify(trx, channels.run, String(run.id))
  const begun = started.find((one) => one.id === run.id && one.open_tasks > 0)
  return { run: begun ?? (await readRun(trx, run.id)), isNew: true }
}

/** In milliseconds, since that is what dates of runs are shown and asked for in. */
async function databaseTime(trx: Trx): Promise<Date> {
  return (await trx.one<{ now: Date }>(sql`select date_trunc('milliseconds', now()) as now`)).now
}

async function decideFirst(
  engine: Engine,
  trx: Trx,
  run: RunRow,
  graph: VersionGraph,
  look: readonly number[],
): Promise<void> {
  const { openChange, failed, events } = await advance(engine, trx, run, graph, { look })
  await trx.execute(sql`
    update engine.run set open_tasks = open_tasks + ${openChange}, failed_tasks = failed_tasks + ${failed.length}
    where id = ${run.id}`)
  // Nothing is in the queue before the run starts.
  await trx.execute(sql`update engine.task_run set run_at = null where run_id = ${run.id} and state = 'ready'`)
  await addEvents(trx, events)
  await enqueueFailures(engine, trx, run.id, graph, failed)
}

interface FirstRow {
  readonly place: number
  readonly state: 'ready' | 'waiting' | 'success'
  readonly upSuccess: number
}

/** How a run begins: its roots are ready once it starts, and spacers that only come after spacers have passed. */
function firstRows(graph: VersionGraph): FirstRow[] {
  const passed = new Set<number>()
  return graph.nodes.map((node, place) => {
    const upstreams = graph.upstreams[place] ?? []
    const upSuccess = upstreams.filter((up) => passed.has(up)).length
    const decision = decide(node.options.triggerRule, {
      total: upstreams.length,
      success: upSuccess,
      failed: 0,
      skipped: 0,
    })
    if (decision !== 'run' || node.mapOver !== null) return { place, state: 'waiting' as const, upSuccess }
    if (node.kind === 'spacer') {
      passed.add(place)
      return { place, state: 'success' as const, upSuccess }
    }
    return { place, state: 'ready' as const, upSuccess }
  })
}
