import { DataError } from '@millrace/core'
import { type Sql, sql } from '@millrace/db'
import type { ConnectionConfig, Json, RunState, TaskRunState } from '@millrace/workflow'
import type { Engine } from '../engine.ts'
import { logKey } from '../runs/attempt-log.ts'
import { claimTasks } from '../runs/claim.ts'
import { completeAttempts } from '../runs/complete.ts'
import { createRun } from '../runs/create-run.ts'
import { keepLeases, lookAtLeases, returnLeases } from '../runs/leases.ts'
import { nodeOutput } from '../runs/outputs.ts'
import { readRun } from '../runs/run-row.ts'
import { nodeAt } from '../runs/version-graph.ts'
import { endWorker, noteWorker } from '../runs/workers.ts'
import { findWorkflow, packageKey } from '../workflows.ts'
import { refuseUndeclared } from './refuse-undeclared.ts'
import type { WorkSignals } from './work-signals.ts'
import type { ExchangeAnswer, ExchangeRequest, LeaseRef, WorkerApi } from './worker-api.ts'

export interface EngineWorkerApiOptions {
  readonly signals: WorkSignals
  /** Connections and secrets that the platform keeps; without it workers look for their own. */
  readonly vault?: {
    connection(lease: LeaseRef, name: string): Promise<ConnectionConfig | null>
    secret(lease: LeaseRef, name: string): Promise<string | null>
  }
}

/** How often a worker is noted in the database at most, while it has nothing to tell, in milliseconds. */
const noteEveryMs = 10_000

/** The engine as a worker sees it, in the same process. */
export function engineWorkerApi(engine: Engine, { signals, vault }: EngineWorkerApiOptions): WorkerApi {
  const noted = new Map<string, { readonly at: number; readonly draining: boolean }>()
  /** Looks at the table now and then: a worker that answers is seen, one that drains is told. */
  const note = async ({ worker }: ExchangeRequest): Promise<{ readonly draining: boolean }> => {
    const known = noted.get(worker.id)
    if (known !== undefined && performance.now() - known.at < noteEveryMs) return known
    const { draining } = await noteWorker(engine.db, worker)
    noted.set(worker.id, { at: performance.now(), draining })
    return { draining }
  }

  return {
    async exchange(request, signal): Promise<ExchangeAnswer> {
      const { worker } = request
      const { draining } = await note(request)
      const settled = await completeAttempts(engine, worker.id, request.results)
      const want = draining ? 0 : request.want
      const claim = async () => await claimTasks(engine, { workerId: worker.id, queues: worker.queues, limit: want })
      const until = performance.now() + request.waitMs
      // Before the first look: what becomes ready between a look and the wait for it is not slept through.
      for (let turn = signals.turn(), isFirst = true; ; turn = signals.turn(), isFirst = false) {
        const look = isFirst ? keepLeases : lookAtLeases
        const { lost, stop } = await look(engine, worker.id, request.running)
        const tasks = want > 0 ? await claim() : []
        const left = until - performance.now()
        const isNews = settled.length + lost.length + stop.length + tasks.length > 0
        if (isNews || left <= 0 || signal.aborted) {
          return { settled, lost, stop, tasks, leaseMs: engine.leaseSeconds * 1000 }
        }
        await signals.wait(turn, { queues: want > 0 ? worker.queues : [], atMostMs: left, signal })
      }
    },

    async appendLog({ taskRunId, attempt, workerId, offset }, lines) {
      const row = await engine.db.maybe<{ run_id: number }>(sql`
        select run_id from engine.task_run
        where id = ${taskRunId} and attempt = ${attempt} and worker_id = ${workerId} and state = 'running'`)
      // Of an attempt that was given up for lost: nobody will look for it.
      if (row === undefined) return
      const size = await engine.artifacts.append(logKey({ runId: row.run_id, taskRunId, attempt }), offset, lines)
      await engine.db.execute(sql`
        update engine.attempt set log_bytes = greatest(log_bytes, ${size}) where task_run_id = ${taskRunId} and attempt = ${attempt}`)
    },

    async output(lease, node): Promise<Json> {
      const { run_id, version_id } = await leasedPlace(engine, lease)
      const graph = await engine.graphs.get(engine.db, version_id)
      const place = graph.placeOf.get(node)
      return place === undefined ? null : await nodeOutput(engine, engine.db, run_id, place)
    },

    package: async (sha256) => await engine.artifacts.get(packageKey(sha256)),

    async connection(lease, name) {
      refuseUndeclared('connection', name, await leasedNode(engine, lease))
      return (await vault?.connection(lease, name)) ?? null
    },

    async secret(lease, name) {
      refuseUndeclared('secret', name, await leasedNode(engine, lease))
      return (await vault?.secret(lease, name)) ?? null
    },

    async trigger(lease, { workflow, params, key, logicalDate }) {
      const { run_id } = await leasedPlace(engine, lease)
      await findWorkflow(engine.db, workflow, { where: inProjectOf(run_id) })
      const parent = await readRun(engine.db, run_id)
      const { run } = await createRun(engine, {
        workflow,
        trigger: 'workflow',
        parentRunId: run_id,
        ...(params === undefined ? {} : { params }),
        ...(key === undefined ? {} : { key }),
        ...(logicalDate === undefined ? {} : { logicalDate: new Date(logicalDate) }),
        ...(parent.traceparent === null ? {} : { traceparent: parent.traceparent }),
      })
      return String(run.id)
    },

    async runState(lease, runId): Promise<RunState> {
      await expectRun(engine, lease, runId)
      return (await readRun(engine.db, Number(runId))).state
    },

    async findRun(lease, { workflow, at }) {
      const { run_id } = await leasedPlace(engine, lease)
      const row = await engine.db.maybe<{ id: number; state: RunState }>(sql`
        select r.id, r.state from engine.run r join engine.workflow w on w.id = r.workflow_id
        where w.name = ${workflow} and ${inProjectOf(run_id)}
          and r.data_interval_end >= ${new Date(at)}
          and coalesce(r.data_interval_start, r.data_interval_end) <= ${new Date(at)}
        order by r.logical_date desc, r.id desc limit 1`)
      return row === undefined ? null : { runId: String(row.id), state: row.state }
    },

    async taskState(lease, runId, node): Promise<TaskRunState | null> {
      await expectRun(engine, lease, runId)
      const run = await readRun(engine.db, Number(runId))
      const graph = await engine.graphs.get(engine.db, run.version_id)
      const place = graph.placeOf.get(node)
      if (place === undefined) return null
      const row = await engine.db.maybe<{ state: TaskRunState }>(sql`
        select state from engine.task_run where run_id = ${run.id} and node_index = ${place} and map_index is null`)
      return row?.state ?? null
    },

    async goodbye(workerId) {
      noted.delete(workerId)
      await returnLeases(engine, workerId)
      await endWorker(engine.db, workerId)
    },
  }
}

/** On `engine.workflow w`. Tasks reach workflows of their own project only; what belongs to another is as if it were not there. */
function inProjectOf(runId: number): Sql {
  return sql`w.project_id is not distinct from (
    select own.project_id from engine.run r join engine.workflow own on own.id = r.workflow_id where r.id = ${runId})`
}

async function expectRun(engine: Engine, lease: LeaseRef, runId: string): Promise<void> {
  const { run_id } = await leasedPlace(engine, lease)
  const found = await engine.db.maybe(sql`
    select from engine.run other join engine.workflow w on w.id = other.workflow_id
    where other.id = ${Number(runId)} and ${inProjectOf(run_id)}`)
  if (found === undefined) throw new DataError('RUN_MISSING', { message: `There is no run ${runId}.` })
}

async function leasedNode(engine: Engine, lease: LeaseRef) {
  const { version_id, node_index } = await leasedPlace(engine, lease)
  return nodeAt(await engine.graphs.get(engine.db, version_id), node_index)
}

async function leasedPlace(engine: Engine, { taskRunId, attempt, workerId }: LeaseRef) {
  const row = await engine.db.maybe<{ run_id: number; version_id: number; node_index: number }>(sql`
    select t.run_id, r.version_id, t.node_index from engine.task_run t join engine.run r on r.id = t.run_id
    where t.id = ${taskRunId} and t.attempt = ${attempt} and t.worker_id = ${workerId} and t.state = 'running'`)
  if (row !== undefined) return row
  throw new DataError('ATTEMPT_LOST', {
    message: `Attempt ${attempt} of task run ${taskRunId} does not belong to this worker: it has ended, or its lease ran out and another worker may have it.`,
  })
}
