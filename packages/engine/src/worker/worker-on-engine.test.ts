import { randomUUID } from 'node:crypto'
import { sql } from '@millrace/db'
import type { WorkflowManifest } from '@millrace/workflow'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Engine } from '../engine.ts'
import type { Executor } from '../executors/executor.ts'
import { openExecutor } from '../executors/process/open-executor.fixture.ts'
import { logKey } from '../runs/attempt-log.ts'
import { cancelRun } from '../runs/cancel-run.ts'
import { createRun } from '../runs/create-run.ts'
import { manifestOf, type NodeSketch, useEngines } from '../runs/engine.fixture.ts'
import { readRun } from '../runs/run-row.ts'
import { deployWorkflow } from '../workflows.ts'
import { engineWorkerApi } from './engine-worker-api.ts'
import { listenForWork } from './work-signals.ts'
import { startWorker, type Worker } from './worker.ts'

const engines = useEngines()
let executor: Executor
beforeAll(async () => {
  executor = await openExecutor({ graceMs: 300 })
})
afterAll(() => executor[Symbol.asyncDispose]())

/** A workflow whose nodes are functions. */
function workflowOf(nodes: Readonly<Record<string, NodeSketch & { readonly code?: string }>>): WorkflowManifest {
  const manifest = manifestOf(nodes)
  return {
    ...manifest,
    nodes: manifest.nodes.map((node) => ({
      ...node,
      operator: { name: 'code', config: (nodes[node.id] as { code?: string }).code ?? '() => null' },
    })),
  }
}

async function open() {
  const test = await engines.open()
  const signals = await listenForWork(test.db)
  const api = engineWorkerApi(test.engine, { signals })
  const workers: Worker[] = []
  return {
    engine: test.engine,
    start(): Worker {
      const info = { id: randomUUID(), name: 't', host: 'h', pid: 1, version: '0', queues: ['default'], slots: 2 }
      const log = { info() {}, warn() {}, error() {} }
      const worker = startWorker({ api, executor, info, log })
      workers.push(worker)
      return worker
    },
    async [Symbol.asyncDispose]() {
      for (const worker of workers) await worker[Symbol.asyncDispose]()
      await signals[Symbol.asyncDispose]()
      await test[Symbol.asyncDispose]()
    },
  }
}

async function ended({ db }: Engine, runId: number): Promise<string> {
  const over = ['success', 'failed', 'cancelled']
  await expect.poll(async () => over.includes((await readRun(db, runId)).state)).toBe(true)
  return (await readRun(db, runId)).state
}

test('A run is done by a worker: outputs reach those that ask for them, and logs are kept', async () => {
  await using all = await open()
  all.start()
  const manifest = workflowOf({
    list: { code: '({ log }) => { log.info("listing"); return [1, 2, 3] }' },
    each: { mapOver: 'list', code: '({ item }) => item * 10' },
    sum: { after: ['each'], code: 'async ({ output }) => (await output("each")).reduce((a, b) => a + b)' },
  })
  await deployWorkflow(all.engine, manifest)
  const { run } = await createRun(all.engine, { workflow: 'flow', trigger: 'manual' })
  expect(await ended(all.engine, run.id)).toBe('success')
  const value = await all.engine.db.one<{ value: unknown }>(sql`
    select value from engine.task_output o join engine.task_run t on t.id = o.task_run_id
    where t.run_id = ${run.id} and t.node_index = 2`)
  expect(value).toEqual({ value: 60 })
  const first = await all.engine.db.one<{ id: number }>(
    sql`select id from engine.task_run where run_id = ${run.id} and node_index = 0`,
  )
  const log = await all.engine.artifacts.get(logKey({ runId: run.id, taskRunId: first.id, attempt: 1 }))
  expect(Buffer.from(log).toString()).toContain('listing')
})

test('Every item of a wide fan-out is done once', async () => {
  await using all = await open()
  all.start()
  const manifest = workflowOf({
    list: { code: '() => Array.from({ length: 500 }, (_, index) => index)' },
    each: { mapOver: 'list', code: '({ item }) => item' },
  })
  await deployWorkflow(all.engine, manifest)
  const { run } = await createRun(all.engine, { workflow: 'flow', trigger: 'manual' })
  expect(await ended(all.engine, run.id)).toBe('success')
  const counts = await all.engine.db.one(sql`
    select count(*)::integer as attempts, count(distinct a.task_run_id)::integer as tasks, max(a.attempt) as most
    from engine.attempt a join engine.task_run t on t.id = a.task_run_id where t.run_id = ${run.id}`)
  expect(counts).toEqual({ attempts: 501, tasks: 501, most: 1 })
})

test('A cancelled run ends, also when its task does not listen', async () => {
  await using all = await open()
  all.start()
  await deployWorkflow(all.engine, workflowOf({ spin: { code: '() => { for (;;); }' } }))
  const { run } = await createRun(all.engine, { workflow: 'flow', trigger: 'manual' })
  await expect.poll(() => executor.free).toBe(1)
  await cancelRun(all.engine, run.id)
  expect(await ended(all.engine, run.id)).toBe('cancelled')
  await expect.poll(() => executor.free).toBe(2)
})

test('What a worker hands back is done by another one, without a retry', async () => {
  await using all = await open()
  const first = all.start()
  await deployWorkflow(
    all.engine,
    workflowOf({
      slow: { code: '({ task }) => task.attempt > 1 ? "done" : new Promise(() => setInterval(() => {}, 99))' },
    }),
  )
  const { run } = await createRun(all.engine, { workflow: 'flow', trigger: 'manual' })
  await expect.poll(() => executor.free).toBe(1)
  await first[Symbol.asyncDispose]()
  all.start()
  expect(await ended(all.engine, run.id)).toBe('success')
  const counted = await all.engine.db.one(
    sql`select attempt, failures, losses from engine.task_run where run_id = ${run.id}`,
  )
  expect(counted).toEqual({ attempt: 2, failures: 0, losses: 0 })
})
