import { randomUUID } from 'node:crypto'
import { sql } from '@millrace/db'
import type { Outcome, TaskFailure } from '@millrace/workflow'
import { describe, expect, it } from 'vitest'
import type { Engine } from '../engine.ts'
import { claimTasks } from './claim.ts'
import { completeAttempts } from './complete.ts'
import {
  claim,
  eventKinds,
  failure,
  fatal,
  inconsistencies,
  output,
  queues,
  skip,
  startRun,
  success,
  taskRow,
  useEngines,
  work,
} from './engine.fixture.ts'
import { keepLeases, reapLostAttempts, returnLeases } from './leases.ts'
import { maxLosses } from './lifecycle.ts'
import { taskRunOutput } from './outputs.ts'
import { readRun } from './run-row.ts'

const engines = useEngines()
const workers = [randomUUID(), randomUUID()] as [string, string]

function failed(more: Partial<TaskFailure>): Outcome {
  return { kind: 'failure', failure: { reason: 'error', code: 'TASK_FAILED', message: 'no', ...more } }
}

/** As if the worker had been silent for longer than its lease. */
async function expireLeases(engine: Engine): Promise<void> {
  await engine.db.execute(
    sql`update engine.task_run set lease_until = now() - interval '1 second' where state = 'running'`,
  )
}

async function complete(
  engine: Engine,
  workerId: string | null,
  id: number,
  attempt: number,
  outcome: Outcome = success,
) {
  const [settled] = await completeAttempts(engine, workerId, [{ taskRunId: id, attempt, outcome }])
  return settled?.accepted
}

describe('a failure', () => {
  it('is tried again as often as the task says: retry while tries are left, failed at the last (R8)', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const run = await startRun(engine, { a: { retries: 2 } })
    const attempts = await work(engine, () => failure)
    expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3])
    const events = await db.query<{ kind: string; state: string | null }>(sql`
      select kind, data ->> 'state' as state from engine.run_event
      where run_id = ${run.id} and kind in ('task.retry', 'task.ended') order by id`)
    expect(events).toEqual([
      { kind: 'task.retry', state: 'ready' },
      { kind: 'task.retry', state: 'ready' },
      { kind: 'task.ended', state: 'failed' },
    ])
    expect(await taskRow(engine, run.id, 'a')).toMatchObject({ failures: 3, losses: 0, reason: 'it did not work' })
    const outcomes = await db.query(
      sql`select attempt, outcome, failure ->> 'message' as message from engine.attempt order by attempt`,
    )
    expect(outcomes).toEqual([1, 2, 3].map((attempt) => ({ attempt, outcome: 'failed', message: 'it did not work' })))
  })

  it('waits between its tries, with the pause growing up to its limit', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const retries = { retries: 4, retryDelaySeconds: 10, retryBackoff: 3, retryMaxDelaySeconds: 60, retryJitter: 0 }
    const run = await startRun(engine, { a: retries })
    for (const seconds of [10, 30, 60, 60]) {
      await work(engine, () => failure)
      const row = await db.one<{ seconds: number }>(sql`
        select round(extract(epoch from run_at - (select max(ended_at) from engine.attempt)))::integer as seconds
        from engine.task_run`)
      expect(row.seconds).toBe(seconds)
      expect((await taskRow(engine, run.id, 'a')).reason).toMatch(/^retry \d of 4 after: it did not work$/)
      await db.execute(sql`update engine.task_run set run_at = now()`)
    }
    await work(engine, () => failure)
    expect((await taskRow(engine, run.id, 'a')).state).toBe('failed')
  })

  it.each([
    ['of the configuration', failed({ recovery: 'config' }), 1],
    ['of the data', failed({ recovery: 'data' }), 1],
    ['that is fatal', fatal, 1],
    ['to load the code', failed({ reason: 'load' }), 1],
    ['to load the code for a passing reason', failed({ reason: 'load', recovery: 'transient' }), 4],
    ['that passes', failed({ recovery: 'transient' }), 4],
    ['of memory', failed({ reason: 'memory' }), 4],
    ['of its process', failed({ reason: 'exit' }), 4],
    ['of one attempt’s time', failed({ reason: 'timeout' }), 4],
  ])('%s is tried %#', async (_, outcome, tries) => {
    await using test = await engines.open()
    await startRun(test.engine, { a: { retries: 3 } })
    expect(await work(test.engine, () => outcome)).toHaveLength(tries)
  })

  it('with texts that a database does not take is kept readable', async () => {
    await using test = await engines.open()
    const run = await startRun(test.engine, { a: [] })
    await work(test.engine, () => failed({ message: 'a\0b\ud800c', stack: '\0' }))
    expect((await taskRow(test.engine, run.id, 'a')).reason).toBe('a\ufffdb\ufffdc')
  })
})

describe('a worker that is lost', () => {
  it('costs no retry, and the task goes to another one', async () => {
    await using test = await engines.open()
    const { engine } = test
    const run = await startRun(engine, { a: [] })
    await claim(engine)
    expect(await reapLostAttempts(engine)).toBe(0)
    await expireLeases(engine)
    expect(await reapLostAttempts(engine)).toBe(1)
    expect(await taskRow(engine, run.id, 'a')).toMatchObject({ state: 'ready', failures: 0, losses: 1 })
    expect((await work(engine)).map(({ attempt }) => attempt)).toEqual([2])
    expect((await readRun(engine.db, run.id)).state).toBe('success')
    expect(await eventKinds(engine, run.id)).toContain('task.lost')
  })

  it(`is borne ${maxLosses} times, then the task is taken to be the cause`, async () => {
    await using test = await engines.open()
    const { engine } = test
    const run = await startRun(engine, { a: { retries: 9 } })
    for (let loss = 0; loss <= maxLosses; loss += 1) {
      expect(await claim(engine)).toHaveLength(1)
      await expireLeases(engine)
      await reapLostAttempts(engine)
    }
    const row = await taskRow(engine, run.id, 'a')
    expect(row).toMatchObject({ state: 'failed', failures: 0, losses: maxLosses + 1 })
    expect(row.reason).toContain(`its worker was lost ${maxLosses + 1} times`)
  })

  it('is found lost once by however many look at once', async () => {
    await using test = await engines.open()
    const { engine } = test
    const other = await test.another()
    await startRun(engine, Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`n${index}`, []])))
    await claim(engine)
    await expireLeases(engine)
    const reaped = await Promise.all([engine, other, engine, other].map((one) => reapLostAttempts(one)))
    expect(reaped.reduce((sum, count) => sum + count, 0)).toBe(50)
    const { losses } = await engine.db.one<{ losses: number }>(
      sql`select sum(losses)::integer as losses from engine.task_run`,
    )
    expect(losses).toBe(50)
  })
})

describe('the fence', () => {
  it('refuses a result that comes after the task went back to the queue', async () => {
    await using test = await engines.open()
    const { engine } = test
    const run = await startRun(engine, { a: [] })
    const [late] = await claimTasks(engine, { workerId: workers[0], queues, limit: 1 })
    await expireLeases(engine)
    await reapLostAttempts(engine)
    expect(await complete(engine, workers[0], late?.taskRunId ?? 0, 1, output('late'))).toBe(false)
    const [next] = await claimTasks(engine, { workerId: workers[1], queues, limit: 1 })
    expect(await complete(engine, workers[0], late?.taskRunId ?? 0, 1, output('late'))).toBe(false)
    expect(await complete(engine, workers[0], late?.taskRunId ?? 0, 2, output('stolen'))).toBe(false)
    expect(await complete(engine, workers[1], next?.taskRunId ?? 0, 2, output('right'))).toBe(true)
    expect(await complete(engine, workers[1], next?.taskRunId ?? 0, 2, output('twice'))).toBe(false)
    expect(await taskRunOutput(engine, next?.taskRunId ?? 0)).toBe('right')
    expect(await inconsistencies(engine.db)).toEqual([])
    expect((await readRun(engine.db, run.id)).state).toBe('success')
  })

  it('keeps the output of whoever holds the task when another one sends a large one', async () => {
    await using test = await engines.open()
    const { engine } = test
    await startRun(engine, { a: [] })
    const [spec] = await claimTasks(engine, { workerId: workers[0], queues, limit: 1 })
    const id = spec?.taskRunId ?? 0
    expect(await complete(engine, workers[0], id, 1, output('x'.repeat(100_000)))).toBe(true)
    expect(await complete(engine, workers[1], id, 1, output('y'.repeat(100_000)))).toBe(false)
    expect(await taskRunOutput(engine, id)).toBe('x'.repeat(100_000))
  })

  it('counts a result once that is sent twice, in one message or at once', async () => {
    await using test = await engines.open()
    const { engine } = test
    const run = await startRun(engine, { a: [], b: [] })
    const specs = await claimTasks(engine, { workerId: workers[0], queues, limit: 2 })
    const [first, second] = specs.map(({ taskRunId, attempt }) => ({ taskRunId, attempt, outcome: success }))
    if (first === undefined || second === undefined) throw new Error('Two tasks were to be claimed.')
    const stale = { ...first, attempt: 0, outcome: failure }
    const settled = await completeAttempts(engine, workers[0], [first, first, stale])
    expect(settled.map(({ accepted }) => accepted)).toEqual([true, true, false])
    expect(await readRun(engine.db, run.id)).toMatchObject({ open_tasks: 1, state: 'running' })
    const other = await test.another()
    const both = await Promise.all([engine, other].map((one) => completeAttempts(one, workers[0], [second])))
    expect(both.flat().filter(({ accepted }) => accepted)).toHaveLength(1)
    expect(await readRun(engine.db, run.id)).toMatchObject({ open_tasks: 0, state: 'success' })
  })

  it('lets a result through that comes before the reaper, although the lease is over', async () => {
    await using test = await engines.open()
    const { engine } = test
    const run = await startRun(engine, { a: [] })
    const [spec] = await claimTasks(engine, { workerId: workers[0], queues, limit: 1 })
    await expireLeases(engine)
    expect(await complete(engine, workers[0], spec?.taskRunId ?? 0, 1)).toBe(true)
    expect(await reapLostAttempts(engine)).toBe(0)
    expect((await readRun(engine.db, run.id)).state).toBe('success')
  })
})

describe('a heartbeat', () => {
  it('keeps leases, and tells what is lost apart from what goes on', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    await startRun(engine, { a: [], b: [] })
    const [a, b] = await claimTasks(engine, { workerId: workers[0], queues, limit: 2 })
    if (a === undefined || b === undefined) throw new Error('Two tasks were to be claimed.')
    await expireLeases(engine)
    const kept = await keepLeases(engine, workers[0], [
      { ...a, progress: { done: 3, total: 9, unit: 'rows' } },
      { ...b, attempt: 9 },
    ])
    expect(kept).toEqual({ lost: [{ taskRunId: b.taskRunId, attempt: 9 }], stop: [] })
    expect(await keepLeases(engine, workers[1], [a])).toEqual({
      lost: [{ taskRunId: a.taskRunId, attempt: 1 }],
      stop: [],
    })
    const row = await db.one<{ lives: boolean; progress: unknown }>(
      sql`select lease_until > now() as lives, progress from engine.task_run where id = ${a.taskRunId}`,
    )
    expect(row).toEqual({ lives: true, progress: { done: 3, total: 9, unit: 'rows' } })
    expect(await reapLostAttempts(engine)).toBe(1)
  })

  it('is made up for by the end of an attempt, which tells what the task told last and keeps it with the attempt', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    await startRun(engine, { a: [], b: [] })
    const [a, b] = await claimTasks(engine, { workerId: workers[0], queues, limit: 2 })
    if (a === undefined || b === undefined) throw new Error('Two tasks were to be claimed.')
    await keepLeases(engine, workers[0], [{ ...b, progress: { done: 1 } }])
    const outcome = { kind: 'success', output: null } as const
    await completeAttempts(engine, workers[0], [
      { ...a, outcome, progress: { done: 9, unit: 'rows', bytes: 90 } },
      { ...b, outcome },
    ])
    const rows = await db.query<{ shown: unknown; kept: unknown }>(sql`
      select t.progress as shown, a.progress as kept
      from engine.task_run t join engine.attempt a on a.task_run_id = t.id order by t.id`)
    const ofA = { done: 9, unit: 'rows', bytes: 90 }
    expect(rows).toEqual([
      { shown: ofA, kept: ofA },
      { shown: { done: 1 }, kept: { done: 1 } },
    ])
  })

  it('is not held up by somebody who is ending the task at this moment', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    await startRun(engine, { a: [] })
    const [spec] = await claimTasks(engine, { workerId: workers[0], queues, limit: 1 })
    if (spec === undefined) throw new Error('A task was to be claimed.')
    await db.session(async (session) => {
      await session.script('begin; select from engine.task_run for update')
      expect(await keepLeases(engine, workers[0], [spec])).toEqual({ lost: [], stop: [] })
      await session.script('rollback')
    })
  })
})

describe('a deferral', () => {
  it('gives the slot back, costs no retry, and hands its state on', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const run = await startRun(engine, { a: [] })
    const seen: unknown[] = []
    const attempts = await work(engine, ({ state, attempt }) => {
      seen.push(state)
      return attempt < 3 ? { kind: 'defer', seconds: 0, state: { poke: attempt }, reason: 'no file yet' } : success
    })
    expect(attempts).toHaveLength(3)
    expect(seen).toEqual([null, { poke: 1 }, { poke: 2 }])
    expect(await taskRow(engine, run.id, 'a')).toMatchObject({ state: 'success', failures: 0, losses: 0 })
    expect((await eventKinds(engine, run.id)).filter((kind) => kind === 'task.deferred')).toHaveLength(2)
    const outcomes = await db.query<{ outcome: string }>(sql`select outcome from engine.attempt order by attempt`)
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['deferred', 'deferred', 'success'])
  })

  it('is not claimed before its time', async () => {
    await using test = await engines.open()
    const run = await startRun(test.engine, { a: [] })
    await work(test.engine, () => ({ kind: 'defer', seconds: 3600, reason: 'no file yet' }))
    expect(await taskRow(test.engine, run.id, 'a')).toMatchObject({ state: 'ready', reason: 'no file yet' })
    expect(await claim(test.engine)).toEqual([])
  })
})

describe('a worker that ends', () => {
  it('gives back what it holds, without a failure or a loss', async () => {
    await using test = await engines.open()
    const { engine } = test
    const run = await startRun(engine, { a: [], b: [] })
    await claimTasks(engine, { workerId: workers[0], queues, limit: 1 })
    await claimTasks(engine, { workerId: workers[1], queues, limit: 1 })
    expect(await returnLeases(engine, workers[0])).toBe(1)
    expect(await returnLeases(engine, workers[0])).toBe(0)
    expect(await taskRow(engine, run.id, 'a')).toMatchObject({ state: 'ready', failures: 0, losses: 0, attempt: 1 })
    expect((await taskRow(engine, run.id, 'b')).state).toBe('running')
    expect(await inconsistencies(engine.db)).toEqual([])
  })

  it('says so to those who wait for work', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    await startRun(engine, { a: [] })
    await claimTasks(engine, { workerId: workers[0], queues, limit: 1 })
    const told = Promise.withResolvers<void>()
    await using _ = await db.listen('millrace_ready', () => told.resolve())
    await returnLeases(engine, workers[0])
    await told.promise
  })
})

describe('outputs', () => {
  it.each([
    ['small', { a: [1, 'x', null, true] }],
    ['null', null],
    ['an empty text', ''],
    ['false', false],
    ['zero', 0],
    ['large', 'é'.repeat(100_000)],
    ['with NUL', { text: 'a\0b' }],
    ['with half a surrogate pair', { text: 'a\ud800b\udc00' }],
    ['with such a key', { 'a\0': 1 }],
  ])('%s come back as they were', async (_, value) => {
    await using test = await engines.open()
    const run = await startRun(test.engine, { a: [] })
    await work(test.engine, () => output(value))
    const { id } = await taskRow(test.engine, run.id, 'a')
    const found = await taskRunOutput(test.engine, id)
    expect(JSON.stringify(found)).toBe(JSON.stringify(value))
  })
})

it('skips a task that says there is nothing to do', async () => {
  await using test = await engines.open()
  const run = await startRun(test.engine, { a: [], b: ['a'] })
  await work(test.engine, () => skip)
  expect(await taskRow(test.engine, run.id, 'a')).toMatchObject({ state: 'skipped', reason: 'nothing to do' })
  expect((await taskRow(test.engine, run.id, 'b')).state).toBe('skipped')
  expect((await readRun(test.db, run.id)).state).toBe('success')
})
