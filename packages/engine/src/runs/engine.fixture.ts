import { randomUUID } from 'node:crypto'
import { DataError } from '@millrace/core'
import { type Db, openDatabase, sql } from '@millrace/db'
import { startPostgres } from '@millrace/testing'
import {
  type AttemptSpec,
  defaultTaskOptions,
  type ManifestNode,
  type ManifestSchedule,
  type Outcome,
  type TaskOptionsInput,
  type WorkflowManifest,
} from '@millrace/workflow'
import { afterAll, beforeAll } from 'vitest'
import type { ArtifactStore } from '../artifacts.ts'
import { createEngine, type Engine, type EngineOptions } from '../engine.ts'
import { migrateEngine } from '../schema.ts'
import { deployWorkflow } from '../workflows.ts'
import { claimTasks } from './claim.ts'
import { completeAttempts } from './complete.ts'
import { createRun, type NewRun } from './create-run.ts'
import { type RunRow, readRun } from './run-row.ts'

export interface TestEngine extends AsyncDisposable {
  readonly engine: Engine
  readonly db: Db
  /** Another engine on the same database, with connections of its own. */
  another(options?: Partial<EngineOptions>): Promise<Engine>
}

/** One server for the tests of a file; every engine gets a migrated database of its own on it. */
export function useEngines(): {
  open(options?: Partial<EngineOptions> & { readonly maxConnections?: number }): Promise<TestEngine>
  url(): string
} {
  let server: Awaited<ReturnType<typeof startPostgres>> | undefined
  const running = () => {
    if (server === undefined) throw new Error('The server of this file is not running.')
    return server
  }
  beforeAll(async () => {
    server = await startPostgres({ settings: { max_connections: '100' } })
    await server.createDatabase('template')
    await using db = await openDatabase({ url: server.url('template') })
    await migrateEngine(db)
  })
  afterAll(async () => await server?.stop())
  return {
    url: () => running().url(),
    async open({ maxConnections = 10, ...options } = {}) {
      const name = `engine_${randomUUID().replaceAll('-', '')}`
      {
        await using admin = await openDatabase({ url: running().url(), maxConnections: 1 })
        await admin.execute(sql`create database ${sql.identifier(name)} template template`)
      }
      const opened: Db[] = []
      const artifacts = memoryArtifacts()
      const another = async (own: Partial<EngineOptions> = {}) => {
        const db = await openDatabase({ url: running().url(name), maxConnections })
        opened.push(db)
        return createEngine({ db, artifacts, ...options, ...own })
      }
      const engine = await another()
      return {
        engine,
        db: engine.db,
        another,
        async [Symbol.asyncDispose]() {
          await Promise.all(opened.map((db) => db.close()))
        },
      }
    },
  }
}

export function memoryArtifacts(): ArtifactStore & { readonly keys: () => string[] } {
  const files = new Map<string, Buffer>()
  return {
    keys: () => [...files.keys()].sort(),
    async put(key, bytes) {
      files.set(key, Buffer.from(bytes))
    },
    async get(key) {
      const bytes = files.get(key)
      if (bytes === undefined) throw new DataError('ARTIFACT_MISSING', { message: `There is no artifact ${key}.` })
      return bytes
    },
    async append(key, offset, bytes) {
      const before = files.get(key) ?? Buffer.alloc(0)
      if (offset > before.length) throw new DataError('ARTIFACT_GAP', { message: `A part of ${key} is missing.` })
      files.set(key, Buffer.concat([before, Buffer.from(bytes).subarray(before.length - offset)]))
      return files.get(key)?.length ?? 0
    },
    async read(key, start, limit) {
      return files.get(key)?.subarray(start, start + limit) ?? new Uint8Array()
    },
    async size(key) {
      return files.get(key)?.length ?? 0
    },
    async removeFolder(folder) {
      for (const key of files.keys()) if (key === folder || key.startsWith(`${folder}/`)) files.delete(key)
    },
  }
}

export type NodeSketch =
  | readonly string[]
  | (TaskOptionsInput & {
      readonly after?: readonly string[]
      readonly spacer?: boolean
      readonly branch?: boolean
      readonly mapOver?: string
    })

/** A manifest from names of nodes and what they come after; the order given has to be a topological one. */
export function manifestOf(
  nodes: Readonly<Record<string, NodeSketch>>,
  rest: Partial<Omit<WorkflowManifest, 'schedule' | 'nodes'>> & { readonly schedule?: Partial<ManifestSchedule> } = {},
): WorkflowManifest {
  const { schedule, ...others } = rest
  return {
    format: 1,
    name: 'flow',
    version: '1',
    category: 'test',
    title: null,
    description: null,
    owner: null,
    tags: [],
    params: null,
    schedule:
      schedule === undefined
        ? null
        : {
            cron: '@daily',
            timezone: 'UTC',
            catchup: { policy: 'none', limit: 100 },
            start: null,
            end: null,
            ...schedule,
          },
    maxActiveRuns: null,
    runTimeoutSeconds: null,
    groups: [],
    source: null,
    package: null,
    ...others,
    nodes: Object.entries(nodes).map(([id, sketch]) => nodeOf(id, sketch)),
  }
}

function nodeOf(id: string, sketch: NodeSketch): ManifestNode {
  const given: Exclude<NodeSketch, readonly string[]> = isList(sketch) ? { after: sketch } : sketch
  const { after = [], spacer = false, branch = false, mapOver, timeouts, resources, ...options } = given
  return {
    id,
    kind: spacer ? 'spacer' : 'task',
    name: id,
    operator: spacer ? null : { name: 'test', config: {} },
    upstreams: mapOver === undefined || after.includes(mapOver) ? after : [...after, mapOver],
    mapOver: mapOver ?? null,
    branch,
    group: null,
    connections: [],
    secrets: [],
    options: {
      ...defaultTaskOptions,
      retryDelaySeconds: 0,
      ...options,
      timeouts: { ...defaultTaskOptions.timeouts, ...timeouts },
      resources: { ...defaultTaskOptions.resources, ...resources },
    },
  }
}

function isList(sketch: NodeSketch): sketch is readonly string[] {
  return Array.isArray(sketch)
}

/** Deploys the workflow and starts a run of it. */
export async function startRun(
  engine: Engine,
  nodes: Readonly<Record<string, NodeSketch>>,
  rest: Parameters<typeof manifestOf>[1] & { readonly run?: Partial<NewRun> } = {},
): Promise<RunRow> {
  const { run, ...others } = rest
  const manifest = manifestOf(nodes, others)
  await deployWorkflow(engine, manifest)
  return (await createRun(engine, { workflow: manifest.name, trigger: 'manual', ...run })).run
}

/** What a worker does with an attempt: an outcome, or nothing when it keeps it. */
export type Script = (spec: AttemptSpec) => Outcome | undefined

export const success: Outcome = { kind: 'success', output: null }
export const failure: Outcome = {
  kind: 'failure',
  failure: { reason: 'error', code: 'TASK_FAILED', message: 'it did not work' },
}
export const fatal: Outcome = {
  kind: 'failure',
  failure: { reason: 'error', code: 'TASK_FAILED', message: 'it cannot work', recovery: 'fatal' },
}
export const skip: Outcome = { kind: 'skip', reason: 'nothing to do' }

export function output(value: Extract<Outcome, { kind: 'success' }>['output']): Outcome {
  return { kind: 'success', output: value }
}

export function choose(...ids: string[]): Outcome {
  return { kind: 'success', output: ids, choice: ids }
}

/** Outcomes by the id of the node; others succeed. */
export function outcomes(byNode: Readonly<Record<string, Outcome | Script>>): Script {
  return (spec) => {
    const known = byNode[spec.node.id]
    if (known === undefined) return success
    return typeof known === 'function' ? known(spec) : known
  }
}

export const queues = ['default']

export async function claim(engine: Engine, limit = 100, workerId: string = randomUUID()): Promise<AttemptSpec[]> {
  return await claimTasks(engine, { workerId, queues, limit })
}

/** Works until the queue is empty, and returns the attempts in the order in which they were claimed. */
export async function work(
  engine: Engine,
  script: Script = () => success,
  {
    limit = 100,
    workerId = randomUUID() as string,
    onBatch = () => {},
  }: { limit?: number; workerId?: string; onBatch?: (specs: readonly AttemptSpec[]) => void } = {},
): Promise<AttemptSpec[]> {
  const done: AttemptSpec[] = []
  for (;;) {
    const specs = await claimTasks(engine, { workerId, queues, limit })
    if (specs.length === 0) return done
    done.push(...specs)
    onBatch(specs)
    const results = specs.flatMap((spec) => {
      const outcome = script(spec)
      return outcome === undefined ? [] : [{ taskRunId: spec.taskRunId, attempt: spec.attempt, outcome }]
    })
    await completeAttempts(engine, workerId, results)
  }
}

/** The states of a run's nodes by their ids; of a mapped one's items with `id[0]`. */
export async function states(engine: Engine, runId: number): Promise<Record<string, string>> {
  const run = await readRun(engine.db, runId)
  const graph = await engine.graphs.get(engine.db, run.version_id)
  const rows = await engine.db.query<{ node_index: number; map_index: number | null; state: string }>(sql`
    select node_index, map_index, state from engine.task_run where run_id = ${runId}
    order by node_index, map_index nulls first`)
  return Object.fromEntries(
    rows.map(({ node_index, map_index, state }) => [
      `${graph.nodes[node_index]?.id}${map_index === null ? '' : `[${map_index}]`}`,
      state,
    ]),
  )
}

export interface TaskRow {
  readonly id: number
  readonly state: string
  readonly reason: string | null
  readonly attempt: number
  readonly failures: number
  readonly losses: number
  readonly ended_at: Date | null
}

export async function taskRow(
  engine: Engine,
  runId: number,
  node: string,
  item: number | null = null,
): Promise<TaskRow> {
  const run = await readRun(engine.db, runId)
  const place = (await engine.graphs.get(engine.db, run.version_id)).placeOf.get(node)
  return await engine.db.one<TaskRow>(sql`
    select id, state, reason, attempt, failures, losses, ended_at from engine.task_run
    where run_id = ${runId} and node_index = ${place ?? -1} and map_index is not distinct from ${item}::integer`)
}

export async function eventKinds(engine: Engine, runId: number): Promise<string[]> {
  const rows = await engine.db.query<{ kind: string }>(
    sql`select kind from engine.run_event where run_id = ${runId} order by id`,
  )
  return rows.map(({ kind }) => kind)
}

/**
 * What has to be true of a database at any time: nothing is open that nobody owns, and the counts of runs are those of
 * their task runs. Returns what is not.
 */
export async function inconsistencies(db: Db): Promise<string[]> {
  const rows = await db.query<{ problem: string }>(sql`
    select format('run %s (%s) counts %s open task runs and %s failed ones, and has %s and %s',
      r.id, r.state, r.open_tasks, r.failed_tasks, t.open, t.failed) as problem
    from engine.run r cross join lateral (
      select count(*) filter (where state in ('waiting', 'ready', 'running', 'expanded')) as open,
        count(*) filter (where state = 'failed' and map_index is null) as failed
      from engine.task_run where run_id = r.id
    ) t where r.open_tasks <> t.open or r.failed_tasks <> t.failed
    union all
    select format('run %s is %s with %s open task runs', id, state, open_tasks) from engine.run
    where (state in ('success', 'failed', 'cancelled')) <> (open_tasks = 0) or (state in ('success', 'failed', 'cancelled')) <> (ended_at is not null)
    union all
    select format('task run %s is running without a lease', id) from engine.task_run
    where state = 'running' and lease_until is null
    union all
    select format('task run %s is %s with a lease', id, state) from engine.task_run
    where state <> 'running' and (lease_until is not null or worker_id is not null)
    union all
    select format('task run %s is over without an end, or open with one: %s', id, state) from engine.task_run
    where (state in ('success', 'failed', 'skipped', 'upstream_failed', 'cancelled')) <> (ended_at is not null)
    union all
    select format('task run %s is ready in a running run and not in the queue', t.id)
    from engine.task_run t join engine.run r on r.id = t.run_id
    where t.state = 'ready' and r.state = 'running' and t.run_at is null
    union all
    select format('attempt %s of task run %s is open, and the task run is %s', a.attempt, t.id, t.state)
    from engine.attempt a join engine.task_run t on t.id = a.task_run_id
    where (a.ended_at is null) <> (t.state = 'running' and a.attempt = t.attempt)
    union all
    select format('mapped task run %s counts %s of %s items', p.id, p.up_success + p.up_failed + p.up_skipped, p.items)
    from engine.task_run p cross join lateral (
      select count(*) filter (where state in ('success', 'failed', 'skipped', 'upstream_failed', 'cancelled')) as over
      from engine.task_run where parent_id = p.id
    ) i where p.state = 'expanded' and (p.up_success + p.up_failed + p.up_skipped <> i.over or i.over >= p.items)`)
  return rows.map(({ problem }) => problem)
}
