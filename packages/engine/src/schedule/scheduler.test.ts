import { randomUUID } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Db, openDatabase, sql, startEmbeddedPostgres, temporaryRoot } from '@millrace/db'
import { describe, expect, it } from 'vitest'
import { createEngine, type Engine } from '../engine.ts'
import { createRun } from '../runs/create-run.ts'
import {
  claim,
  manifestOf,
  memoryArtifacts,
  startRun,
  success,
  taskRow,
  useEngines,
  work,
} from '../runs/engine.fixture.ts'
import { channels } from '../runs/events.ts'
import { readRun } from '../runs/run-row.ts'
import { migrateEngine } from '../schema.ts'
import { engineWorkerApi } from '../worker/engine-worker-api.ts'
import { listenForWork } from '../worker/work-signals.ts'
import { deployWorkflow } from '../workflows.ts'
import { createBackfill, getBackfill } from './backfill.ts'
import { type SchedulerOptions, startScheduler } from './scheduler.ts'

const engines = useEngines()

function quiet() {
  const errors: unknown[] = []
  const log: SchedulerOptions['log'] = { info() {}, warn() {}, error() {} }
  return {
    errors,
    options: { log, onError: (error: unknown) => void errors.push(error), intervalMs: 20, idleIntervalMs: 50 },
  }
}

async function runCount(db: Db): Promise<number> {
  return (await db.one<{ runs: number }>(sql`select count(*) as runs from engine.run`)).runs
}

async function deployDaily(engine: Engine, changedAt: string): Promise<void> {
  await deployWorkflow(engine, manifestOf({ a: [] }, { schedule: { cron: '@daily' } }))
  await engine.db.execute(sql`update engine.workflow set schedule_changed_at = ${new Date(changedAt)}`)
}

const within = { interval: 10 }

describe('the scheduler', () => {
  it('makes the run of a tick when its time comes', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    let now = new Date('2026-01-01T12:00:00Z')
    await deployDaily(engine, '2026-01-01T12:00:00Z')
    const { options, errors } = quiet()
    await using _ = await startScheduler(engine, { ...options, clock: { now: () => now } })
    await expect
      .poll(async () => await db.query(sql`select next_tick_at from engine.workflow`), within)
      .toEqual([{ next_tick_at: new Date('2026-01-02T00:00:00Z') }])
    expect(await runCount(db)).toBe(0)
    now = new Date('2026-01-02T00:00:00Z')
    await expect.poll(async () => await runCount(db), within).toBe(1)
    expect(errors).toEqual([])
  })

  it('makes no runs while the pause file exists, and goes on once it is gone', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const folder = mkdtempSync(join(temporaryRoot(), 'pause-'))
    try {
      const pauseFile = join(folder, 'pause_executor')
      writeFileSync(pauseFile, '')
      await deployDaily(engine, '2026-01-01T12:00:00Z')
      const { options, errors } = quiet()
      const said: string[] = []
      const log = {
        ...options.log,
        warn: (_fields: object, text: string) => void said.push(text),
      } as typeof options.log
      const clock = { now: () => new Date('2026-01-02T00:00:00Z') }
      await using _ = await startScheduler(engine, { ...options, log, pauseFile, clock })
      await expect.poll(() => said, within).toEqual([expect.stringContaining('until the file is removed')])
      // What is out of time is ended in the same turn that leaves the schedule alone.
      const late = { timeouts: { scheduleToStartSeconds: 0.1 } }
      await deployWorkflow(engine, manifestOf({ a: late }, { name: 'other' }))
      const { run } = await createRun(engine, { workflow: 'other', trigger: 'manual' })
      await expect.poll(async () => (await readRun(db, run.id)).state, within).toBe('failed')
      expect(await db.query(sql`select next_tick_at from engine.workflow where name = 'flow'`)).toEqual([
        { next_tick_at: null },
      ])
      rmSync(pauseFile)
      await expect
        .poll(async () => await db.query(sql`select trigger from engine.run where trigger = 'schedule'`), within)
        .toHaveLength(1)
      expect(errors).toEqual([])
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('learns of a deployment at once, however seldom it looks', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const { options } = quiet()
    await using _ = await startScheduler(engine, { ...options, intervalMs: 600_000, idleIntervalMs: 600_000 })
    await deployWorkflow(engine, manifestOf({ a: [] }, { schedule: { cron: '@once' } }))
    await expect.poll(async () => await runCount(db), within).toBe(1)
  })

  it('forgets schedulers that were killed minutes ago, and none that is silent for a moment', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    await db.execute(sql`
      insert into engine.scheduler (id, host, pid, seen_at) values
        (gen_random_uuid(), 'killed', 1, now() - interval '6 minutes'), (gen_random_uuid(), 'slow', 2, now() - interval '1 minute')`)
    await using _ = await startScheduler(engine, quiet().options)
    const pids = async () =>
      (await db.query<{ pid: number }>(sql`select pid from engine.scheduler order by pid`)).map(({ pid }) => pid)
    await expect.poll(pids, within).toEqual([2, process.pid])
  })

  it('fires the tick after its connections were cut, again and again', async () => {
    await using test = await engines.open()
    const { db } = test
    const engine = await test.another()
    let now = new Date('2026-01-01T12:00:00Z')
    await deployDaily(engine, '2026-01-01T12:00:00Z')
    const { options, errors } = quiet()
    await using _ = await startScheduler(engine, { ...options, clock: { now: () => now } })
    for (let day = 2; day <= 5; day += 1) {
      now = new Date(`2026-01-0${day}T00:00:00Z`)
      for (let cut = 0; cut < day; cut += 1) {
        await db.execute(sql`
          select pg_terminate_backend(pid, 5000) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid()`)
      }
      await expect.poll(async () => await runCount(db), within).toBe(day - 1)
    }
    expect(errors.every((error) => (error as { recovery?: string }).recovery === 'transient')).toBe(true)
  })

  it('outlives a database that is killed, and fires the tick that passed meanwhile', async () => {
    const folder = mkdtempSync(join(temporaryRoot(), 'millrace-scheduler-'))
    chmodSync(folder, 0o711)
    try {
      const restarts: (() => void)[] = []
      await using server = await startEmbeddedPostgres({
        dataDirectory: join(folder, 'data'),
        onRestart: () => restarts.pop()?.(),
      })
      await using db = await openDatabase({ url: server.url })
      await migrateEngine(db)
      const engine = createEngine({ db, artifacts: memoryArtifacts() })
      let now = new Date('2026-01-01T12:00:00Z')
      await deployDaily(engine, '2026-01-01T12:00:00Z')
      const { options, errors } = quiet()
      await using _ = await startScheduler(engine, { ...options, clock: { now: () => now } })
      const isBack = new Promise<void>((resolve) => restarts.push(resolve))
      process.kill(server.pid, 'SIGKILL')
      now = new Date('2026-01-02T00:00:00Z')
      await isBack
      await expect.poll(async () => await runCount(db).catch(() => -1)).toBe(1)
      expect(errors.length).toBeGreaterThan(0)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('gives what a silent worker held back to the queue', async () => {
    await using test = await engines.open({ leaseSeconds: 0.2 })
    const { engine } = test
    const run = await startRun(engine, { a: [] })
    await claim(engine)
    const { options } = quiet()
    await using _ = await startScheduler(engine, options)
    await expect.poll(async () => (await taskRow(engine, run.id, 'a')).state, within).toBe('ready')
    expect(await taskRow(engine, run.id, 'a')).toMatchObject({ attempt: 1, losses: 1, failures: 0 })
  })

  it('ends what is out of time', async () => {
    await using test = await engines.open()
    const { engine } = test
    const run = await startRun(engine, { a: { timeouts: { scheduleToStartSeconds: 0.1 } } })
    const { options } = quiet()
    await using _ = await startScheduler(engine, options)
    await expect.poll(async () => (await readRun(engine.db, run.id)).state, within).toBe('failed')
    expect((await taskRow(engine, run.id, 'a')).reason).toContain('No worker took it')
  })

  it('keeps a backfill going from run to run without waiting for its next look', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    await deployWorkflow(engine, manifestOf({ a: [] }, { schedule: { cron: '@daily' } }))
    const { options } = quiet()
    await using _ = await startScheduler(engine, { ...options, intervalMs: 600_000, idleIntervalMs: 600_000 })
    let wake = () => {}
    await using _ready = await db.listen(channels.ready, () => wake())
    const range = { start: new Date('2026-01-01T00:00:00Z'), end: new Date('2026-02-01T00:00:00Z') }
    const backfill = await createBackfill(engine, { workflow: 'flow', ...range, maxActiveRuns: 2 })
    for (;;) {
      const isReady = new Promise<void>((resolve) => (wake = resolve))
      await work(engine)
      const { progress } = await getBackfill(db, backfill.id)
      if (progress.success === 31) break
      if (progress.active === 0) await isReady
    }
    await expect.poll(async () => (await getBackfill(db, backfill.id)).state, within).toBe('success')
  })

  it('starts a queued run that nobody else starts', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const run = await startRun(engine, { a: [] })
    await db.execute(sql`update engine.run set state = 'queued'`)
    const { options } = quiet()
    await using _ = await startScheduler(engine, options)
    await expect.poll(async () => (await readRun(db, run.id)).state, within).toBe('running')
  })

  it('goes on with the rest when one of its chores fails', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    await db.execute(sql`alter table engine.worker rename to worker_gone`)
    const { options, errors } = quiet()
    await using _ = await startScheduler(engine, options)
    await expect.poll(() => errors.length, within).toBe(1)
    await deployWorkflow(engine, manifestOf({ a: [] }, { schedule: { cron: '@once' } }))
    await expect.poll(async () => await runCount(db), within).toBe(1)
    expect(errors).toMatchObject([{ message: expect.stringContaining('engine.worker') }])
  })

  it('stops at once, also in the middle of many workflows', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    for (let index = 0; index < 200; index += 1) {
      await deployWorkflow(engine, manifestOf({ a: [] }, { name: `flow-${index}`, schedule: { cron: '@once' } }))
    }
    const { options, errors } = quiet()
    const scheduler = await startScheduler(engine, { ...options, intervalMs: 600_000, idleIntervalMs: 600_000 })
    await expect.poll(async () => await runCount(db), within).toBeGreaterThan(0)
    await scheduler.close()
    expect(await runCount(db)).toBeLessThan(200)
    expect(errors).toEqual([])
    const idle = await startScheduler(engine, { ...options, intervalMs: 600_000, idleIntervalMs: 600_000 })
    await idle.close()
  })
})

describe('a platform that has nothing to do', () => {
  it('asks its database less than five times a second, with a scheduler and a worker that waits', async () => {
    await using test = await engines.open()
    let statements = 0
    const { engine } = test
    const counted: Engine = { ...engine, db: counting(engine.db, () => (statements += 1)) }
    const run = await startRun(engine, { a: [] }, { schedule: { cron: '@daily' } })
    await work(engine, () => success)
    expect((await readRun(engine.db, run.id)).state).toBe('success')
    const { options } = quiet()
    const stop = new AbortController()
    const signals = await listenForWork(counted.db)
    const scheduler = await startScheduler(counted, { log: options.log })
    const api = engineWorkerApi(counted, { signals })
    const worker = { id: randomUUID(), name: 'w', host: 'h', pid: 1, version: '1', queues: ['default'], slots: 4 }
    const waiting = (async () => {
      while (!stop.signal.aborted) {
        await api.exchange({ worker, results: [], running: [], want: 4, waitMs: 20_000 }, stop.signal)
      }
    })()
    // The first looks find out that there is nothing; what counts is the rate after them.
    await new Promise((resolve) => setTimeout(resolve, 1000))
    statements = 0
    const since = performance.now()
    await new Promise((resolve) => setTimeout(resolve, 6000))
    const perSecond = statements / ((performance.now() - since) / 1000)
    stop.abort()
    await Promise.all([waiting, scheduler.close()])
    await signals[Symbol.asyncDispose]()
    expect(statements).toBeGreaterThan(0)
    expect(perSecond).toBeLessThan(3)
  })
})

/** Counts statements as the server gets them, those within transactions included. */
function counting(db: Db, count: () => void): Db {
  const statementKinds = new Set(['query', 'one', 'maybe', 'execute', 'script'])
  const wrap = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(_, key) {
        const value: unknown = Reflect.get(target, key, target)
        if (typeof value !== 'function') return value
        if (key === 'session') {
          return async (run: (session: object) => unknown) =>
            await db.session(async (session) => await run(wrap(session)))
        }
        return (...given: unknown[]) => {
          if (statementKinds.has(String(key))) count()
          return Reflect.apply(value, target, given)
        }
      },
    })
  return wrap(db)
}
