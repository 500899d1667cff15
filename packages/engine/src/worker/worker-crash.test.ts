import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sql } from '@millrace/db'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Engine } from '../engine.ts'
import { localArtifacts } from '../local-artifacts.ts'
import { createRun } from '../runs/create-run.ts'
import { manifestOf, useEngines } from '../runs/engine.fixture.ts'
import { reapLostAttempts } from '../runs/leases.ts'
import { readRun } from '../runs/run-row.ts'
import { deployWorkflow } from '../workflows.ts'

const engines = useEngines()
const leaseSeconds = 3
const fixture = fileURLToPath(new URL('./doomed-worker.fixture.ts', import.meta.url))
let folder = ''
const children = new Set<ChildProcess>()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
})

async function open() {
  const test = await engines.open({ artifacts: localArtifacts(join(folder, 'artifacts')), leaseSeconds })
  const { name } = await test.db.one<{ name: string }>(sql`select current_database() as name`)
  const url = new URL(engines.url())
  url.pathname = `/${name}`
  const reaper = setInterval(() => void reapLostAttempts(test.engine).catch(() => {}), 200)
  return {
    engine: test.engine,
    start(): ChildProcess {
      const args = ['--conditions=@millrace/source', fixture, url.href, folder, String(leaseSeconds)]
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] })
      children.add(child)
      child.once('exit', () => children.delete(child))
      return child
    },
    async [Symbol.asyncDispose]() {
      clearInterval(reaper)
      for (const child of children) child.kill('SIGKILL')
      await test[Symbol.asyncDispose]()
    },
  }
}

async function startItems(engine: Engine, items: number, code: string): Promise<number> {
  const manifest = manifestOf({ list: [], each: { mapOver: 'list' } })
  const nodes = manifest.nodes.map((node) => ({
    ...node,
    operator: {
      name: 'code',
      config: node.id === 'list' ? `() => Array.from({ length: ${items} }, (_, index) => index)` : code,
    },
  }))
  await deployWorkflow(engine, { ...manifest, nodes })
  return (await createRun(engine, { workflow: 'flow', trigger: 'manual' })).run.id
}

async function done({ db }: Engine, runId: number): Promise<number> {
  const { count } = await db.one<{ count: number }>(
    sql`select count(*)::integer as count from engine.task_run where run_id = ${runId} and state = 'success'`,
  )
  return count
}

test('Killed workers lose nothing, and nothing is done twice', async () => {
  await using all = await open()
  const { engine } = all
  const run = await startItems(engine, 150, '() => new Promise((resolve) => setTimeout(resolve, 20, 1))')
  for (let kills = 0; kills < 3; kills += 1) {
    const before = await done(engine, run)
    const doomed = all.start()
    await expect.poll(() => done(engine, run)).toBeGreaterThan(before + 5)
    doomed.kill('SIGKILL')
  }
  all.start()
  await expect.poll(async () => (await readRun(engine.db, run)).state).toBe('success')
  const counts = await engine.db.one(sql`
    select count(*)::integer as successes, count(distinct task_run_id)::integer as tasks
    from engine.attempt a join engine.task_run t on t.id = a.task_run_id where t.run_id = ${run} and outcome = 'success'`)
  expect(counts).toEqual({ successes: 151, tasks: 151 })
})

test('A worker that was paused beyond its lease cannot complete what it held', async () => {
  await using all = await open()
  const { engine } = all
  const code = '({ task }) => new Promise((resolve) => setTimeout(resolve, 1500, task.attempt))'
  const run = await startItems(engine, 1, code)
  const paused = all.start()
  await expect.poll(() => runningItems(engine, run)).toBe(1)
  paused.kill('SIGSTOP')
  await expect.poll(() => runningItems(engine, run)).toBe(0)
  const second = all.start()
  await expect.poll(() => runningItems(engine, run)).toBe(1)
  paused.kill('SIGCONT')
  await expect.poll(async () => (await readRun(engine.db, run)).state).toBe('success')
  const attempts = await engine.db.query(sql`
    select a.attempt, a.outcome from engine.attempt a join engine.task_run t on t.id = a.task_run_id
    where t.run_id = ${run} and t.map_index = 0 order by 1`)
  expect(attempts).toEqual([
    { attempt: 1, outcome: 'lost' },
    { attempt: 2, outcome: 'success' },
  ])
  second.kill('SIGKILL')
})

async function runningItems({ db }: Engine, runId: number): Promise<number> {
  const { count } = await db.one<{ count: number }>(sql`
    select count(*)::integer as count from engine.task_run where run_id = ${runId} and map_index = 0 and state = 'running'`)
  return count
}
