import { randomUUID } from 'node:crypto'
import { sql } from '@millrace/db'
import { describe, expect, it } from 'vitest'
import type { Engine } from '../engine.ts'
import { cancelRun } from './cancel-run.ts'
import { claimTasks } from './claim.ts'
import { completeAttempts } from './complete.ts'
import { createRun } from './create-run.ts'
import {
  choose,
  claim,
  eventKinds,
  failure,
  fatal,
  inconsistencies,
  type NodeSketch,
  outcomes,
  output,
  queues,
  skip,
  startRun,
  states,
  success,
  taskRow,
  useEngines,
  work,
} from './engine.fixture.ts'
import { keepLeases, reapLostAttempts, returnLeases } from './leases.ts'
import { nodeOutput } from './outputs.ts'
import { clearTasks, markTask } from './reopen.ts'
import { readRun } from './run-row.ts'
import { enforceTimeouts } from './timeouts.ts'
import { type TryNowRequest, tryNow } from './try-now.ts'

const engines = useEngines()
const workerId = randomUUID()
const cancelled = {
  kind: 'failure',
  failure: { reason: 'cancelled', code: 'TASK_CANCELLED', message: 'stopped' },
} as const

/** Claims everything there is for the worker, and keeps it. */
async function hold(engine: Engine, limit = 100) {
  return await claimTasks(engine, { workerId, queues, limit })
}

describe('cancelling a run', () => {
  it('ends at once what no worker has', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const run = await startRun(engine, { a: [], b: ['a'], later: { retries: 1, retryDelaySeconds: 3600 } })
    await work(engine, ({ node }) =>
      node.id === 'later' ? failure : { kind: 'defer', seconds: 3600, reason: 'not yet' },
    )
    expect(await cancelRun(engine, run.id, 'wrong day')).toMatchObject({
      state: 'cancelled',
      reason: 'wrong day',
      open_tasks: 0,
    })
    expect(await states(engine, run.id)).toEqual({ a: 'cancelled', b: 'cancelled', later: 'cancelled' })
    expect(await inconsistencies(db)).toEqual([])
    expect(await cancelRun(engine, run.id)).toMatchObject({ state: 'cancelled', reason: 'wrong day' })
  })

  it.each([
    ['answers that it stopped', cancelled, 'cancelled'],
    ['was done just before', success, 'success'],
    ['fails by it', failure, 'cancelled'],
    ['wants to defer', { kind: 'defer', seconds: 5, reason: 'not yet' } as const, 'cancelled'],
    ['skips', skip, 'skipped'],
  ])('asks a worker to stop, and ends when it %s', async (_, outcome, state) => {
    await using test = await engines.open()
    const { engine, db } = test
    const run = await startRun(engine, { a: { retries: 5 }, b: { after: ['a'], triggerRule: 'all_done' } })
    const [spec] = await hold(engine)
    if (spec === undefined) throw new Error('A task was to be claimed.')
    expect(await cancelRun(engine, run.id)).toMatchObject({ state: 'running', open_tasks: 1 })
    const { stop } = await keepLeases(engine, workerId, [spec])
    expect(stop).toEqual([{ taskRunId: spec.taskRunId, attempt: 1, reason: 'cancelled' }])
    await completeAttempts(engine, workerId, [{ ...spec, outcome }])
    expect(await states(engine, run.id)).toEqual({ a: state, b: 'cancelled' })
    expect((await readRun(db, run.id)).state).toBe('cancelled')
    expect(await inconsistencies(db)).toEqual([])
  })

  it.each([
    [
      'is lost',
      async (engine: Engine) => {
        await engine.db.execute(
          sql`update engine.task_run set lease_until = now() - interval '1 s' where state = 'running'`,
        )
        await reapLostAttempts(engine)
      },
    ],
    ['says goodbye', async (engine: Engine) => await returnLeases(engine, workerId)],
  ])('ends when the worker %s instead of answering', async (_, happens) => {
    await using test = await engines.open()
    const { engine, db } = test
    const run = await startRun(engine, { a: { retries: 3 }, b: [] })
    await hold(engine)
    await cancelRun(engine, run.id)
    await happens(engine)
    expect((await readRun(db, run.id)).state).toBe('cancelled')
    expect(await inconsistencies(db)).toEqual([])
  })

  it('in the middle of a mapped node ends the node with its last running item', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const run = await startRun(engine, { list: [], each: { mapOver: 'list' }, after: ['each'] })
    await work(engine, ({ node }) => (node.id === 'list' ? output([1, 2, 3, 4]) : undefined), { limit: 1 })
    const rows = await db.query<{ id: number }>(sql`select id from engine.task_run where state = 'running' order by id`)
    expect(rows).toHaveLength(4)
    await completeAttempts(engine, null, [{ taskRunId: rows[0]?.id ?? 0, attempt: 1, outcome: success }])
    await returnLeases(
      engine,
      (await db.one<{ worker_id: string }>(sql`select worker_id from engine.task_run where id = ${rows[1]?.id}`))
        .worker_id,
    )
    const held = await hold(engine, 1)
    await cancelRun(engine, run.id)
    expect(await states(engine, run.id)).toMatchObject({ each: 'expanded', after: 'cancelled' })
    expect(await inconsistencies(db)).toEqual([])
    await completeAttempts(
      engine,
      workerId,
      held.map((spec) => ({ ...spec, outcome: cancelled })),
    )
    expect(await states(engine, run.id)).toMatchObject({ each: 'cancelled', 'each[0]': 'success' })
    expect((await readRun(db, run.id)).state).toBe('cancelled')
    expect(await inconsistencies(db)).toEqual([])
  })

  it('that waits in the queue ends it without starting it', async () => {
    await using test = await engines.open()
    const { engine } = test
    await startRun(engine, { a: [] }, { maxActiveRuns: 1 })
    const { run } = await createRun(engine, { workflow: 'flow', trigger: 'manual' })
    expect(await cancelRun(engine, run.id)).toMatchObject({ state: 'cancelled', started_at: null })
  })

  it('asked for again and again tells of it once', async () => {
    await using test = await engines.open()
    const { engine } = test
    const run = await startRun(engine, { a: [] })
    await hold(engine)
    for (let ask = 0; ask < 3; ask += 1) await cancelRun(engine, run.id)
    expect((await eventKinds(engine, run.id)).filter((kind) => kind === 'run.cancel_requested')).toHaveLength(1)
  })

  it('of a run that is over changes nothing', async () => {
    await using test = await engines.open()
    const { engine } = test
    const run = await startRun(engine, { a: [] })
    await work(engine)
    expect(await cancelRun(engine, run.id)).toMatchObject({ state: 'success', cancelled: false })
    await expect(cancelRun(engine, 999)).rejects.toMatchObject({ code: 'RUN_MISSING' })
  })
})

const chain: Record<string, NodeSketch> = { a: [], b: ['a'], c: ['b'], other: [] }

describe('clearing', () => {
  it('by default does again what failed and what comes after, and keeps the rest with its outputs', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const run = await startRun(engine, chain)
    await work(engine, outcomes({ b: fatal, other: output('kept') }))
    expect((await readRun(db, run.id)).state).toBe('failed')
    expect(await clearTasks(engine, run.id)).toMatchObject({
      state: 'running',
      open_tasks: 2,
      failed_tasks: 0,
      ended_at: null,
    })
    const again = await work(engine)
    expect(again.map(({ node, attempt }) => [node.id, attempt])).toEqual([
      ['b', 2],
      ['c', 1],
    ])
    expect((await readRun(db, run.id)).state).toBe('success')
    expect(await nodeOutput(engine, db, run.id, 3)).toBe('kept')
    expect(await inconsistencies(db)).toEqual([])
  })

  it('of one node does it and what comes after again; without downstream, it alone', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const run = await startRun(engine, chain)
    await work(engine)
    await clearTasks(engine, run.id, { nodes: ['b'] })
    expect((await work(engine)).map(({ node }) => node.id)).toEqual(['b', 'c'])
    await clearTasks(engine, run.id, { nodes: ['a'], downstream: false })
    expect((await work(engine)).map(({ node }) => node.id)).toEqual(['a'])
    expect((await readRun(db, run.id)).state).toBe('success')
    expect(await inconsistencies(db)).toEqual([])
  })

  it('of a node alone does not let what waits for others run too soon', async () => {
    await using test = await engines.open()
    const { engine } = test
    const run = await startRun(engine, { a: [], slow: [], join: ['a', 'slow'] })
    const held = await hold(engine)
    const [a, slow] = held
    if (a === undefined || slow === undefined) throw new Error('Two tasks were to be claimed.')
    await completeAttempts(engine, workerId, [{ ...a, outcome: success }])
    await clearTasks(engine, run.id, { nodes: ['a'], downstream: false })
    expect((await work(engine)).map(({ node }) => node.id)).toEqual(['a'])
    expect((await taskRow(engine, run.id, 'join')).state).toBe('waiting')
    await completeAttempts(engine, workerId, [{ ...slow, outcome: success }])
    expect((await work(engine)).map(({ node }) => node.id)).toEqual(['join'])
  })

  it('leaves a run failed in which something was given up and not cleared', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const run = await startRun(engine, { a: [], b: ['a'] })
    await work(engine, () => fatal)
    await clearTasks(engine, run.id, { nodes: ['a'], downstream: false })
    await work(engine)
    expect(await states(engine, run.id)).toEqual({ a: 'success', b: 'upstream_failed' })
    expect((await readRun(db, run.id)).state).toBe('failed')
  })

  it('of a mapped node makes its items anew', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const run = await startRun(engine, { list: [], each: { mapOver: 'list' }, after: ['each'] })
    await work(engine, outcomes({ list: output([1, 2, 3]), each: ({ item }) => (item === 2 ? fatal : success) }))
    await clearTasks(engine, run.id)
    expect((await work(engine)).map(({ node }) => node.id)).toEqual(['each', 'each', 'each', 'after'])
    expect((await readRun(db, run.id)).state).toBe('success')
    await clearTasks(engine, run.id, { nodes: ['list'] })
    await work(engine, outcomes({ list: output([1]) }))
    expect(await states(engine, run.id)).toEqual({
      list: 'success',
      each: 'success',
      'each[0]': 'success',
      after: 'success',
    })
    expect(await inconsistencies(db)).toEqual([])
  })

  it('keeps to what a branch chose, whatever the rule of what it left out', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const run = await startRun(engine, {
      pick: { branch: true },
      in: ['pick'],
      out: { after: ['pick'], triggerRule: 'all_done' },
      afterOut: { after: ['out'], triggerRule: 'all_done' },
    })
    await work(engine, outcomes({ pick: choose('in') }))
    await clearTasks(engine, run.id, { nodes: ['in', 'out'] })
    expect((await work(engine)).map(({ node }) => node.id).sort()).toEqual(['afterOut', 'in'])
    expect(await taskRow(engine, run.id, 'out')).toMatchObject({ state: 'skipped', reason: 'not chosen by pick' })
    await clearTasks(engine, run.id, { nodes: ['pick'] })
    await work(engine, outcomes({ pick: choose('out') }))
    expect(await states(engine, run.id)).toMatchObject({ in: 'skipped', out: 'success' })
    expect(await inconsistencies(db)).toEqual([])
  })

  it('of a cancelled run has it go on', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const run = await startRun(engine, chain)
    await cancelRun(engine, run.id)
    expect(await clearTasks(engine, run.id)).toMatchObject({ state: 'running', cancelled: false, reason: null })
    await work(engine)
    expect((await readRun(db, run.id)).state).toBe('success')
    expect(await eventKinds(engine, run.id)).toContain('run.reopened')
  })

  it('waits its turn when the workflow has no room for another run', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const run = await startRun(engine, { a: [] }, { maxActiveRuns: 1 })
    await work(engine, () => fatal)
    const { run: second } = await createRun(engine, { workflow: 'flow', trigger: 'manual' })
    expect(await clearTasks(engine, run.id)).toMatchObject({ state: 'queued' })
    expect((await claim(engine)).map((spec) => spec.run.id)).toEqual([String(second.id)])
    await cancelRun(engine, second.id)
    expect((await readRun(db, run.id)).state).toBe('queued')
    await returnLeases(
      engine,
      (await db.one<{ id: string }>(sql`select worker_id as id from engine.task_run where state = 'running'`)).id,
    )
    expect((await readRun(db, run.id)).state).toBe('running')
    await work(engine)
    expect((await readRun(db, run.id)).state).toBe('success')
  })

  it.each([
    [
      'a task that runs',
      async (engine: Engine) => {
        await hold(engine)
      },
      'TASK_RUN_ACTIVE',
      ['a'],
    ],
    ['a node that is not there', async () => {}, 'NODE_MISSING', ['aa']],
    [
      'a run that is being stopped',
      async (engine: Engine, id: number) => {
        await hold(engine)
        await cancelRun(engine, id)
      },
      'RUN_STOPPING',
      ['c'],
    ],
  ])('refuses %s', async (_, before, code, nodes) => {
    await using test = await engines.open()
    const run = await startRun(test.engine, chain)
    await before(test.engine, run.id)
    await expect(clearTasks(test.engine, run.id, { nodes })).rejects.toMatchObject({ code })
    expect(await inconsistencies(test.db)).toEqual([])
  })

  it('of a run without anything to clear changes nothing', async () => {
    await using test = await engines.open()
    const run = await startRun(test.engine, chain)
    await work(test.engine)
    expect(await clearTasks(test.engine, run.id)).toMatchObject({ state: 'success' })
  })

  it('while workers claim leaves no task with two owners', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const other = await test.another()
    const run = await startRun(engine, Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`n${index}`, []])))
    for (let round = 0; round < 15; round += 1) {
      const [specs] = await Promise.all([
        claimTasks(other, { workerId, queues, limit: 10 }),
        clearTasks(engine, run.id, { nodes: [`n${round}`, `n${round + 1}`] }).catch(() => {}),
      ])
      expect(await inconsistencies(db)).toEqual([])
      await completeAttempts(
        other,
        workerId,
        specs.map((spec) => ({ ...spec, outcome: success })),
      )
    }
    await work(engine)
    expect((await readRun(db, run.id)).state).toBe('success')
  })
})

describe('trying now', () => {
  const wait = { kind: 'defer', seconds: 3600, reason: 'no file yet', state: { seen: 3 } } as const
  const paused: Record<string, NodeSketch> = {
    later: { retries: 2, retryDelaySeconds: 3600 },
    sensor: [],
    next: ['later', 'sensor'],
  }

  it('has a retry and a deferred task done at once, the one as an attempt that counts, the other with its state', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const run = await startRun(engine, paused)
    await work(engine, outcomes({ later: failure, sensor: wait }))
    expect(await claim(engine)).toEqual([])
    expect(await tryNow(engine, run.id, { node: 'later' })).toMatchObject({ state: 'running', open_tasks: 3 })
    const [retried, ...others] = await claim(engine)
    expect(retried).toMatchObject({ node: { id: 'later' }, attempt: 2 })
    expect(others).toEqual([])
    if (retried !== undefined) await completeAttempts(engine, null, [{ ...retried, outcome: failure }])
    expect(await taskRow(engine, run.id, 'later')).toMatchObject({ state: 'ready', failures: 2 })
    await tryNow(engine, run.id)
    const again = await work(engine)
    expect(again.map(({ node, attempt, state }) => [node.id, attempt, state])).toEqual([
      ['later', 3, null],
      ['sensor', 2, { seen: 3 }],
      ['next', 1, null],
    ])
    expect((await readRun(db, run.id)).state).toBe('success')
    expect((await eventKinds(engine, run.id)).filter((kind) => kind === 'task.ready')).toHaveLength(4)
    expect(await inconsistencies(db)).toEqual([])
  })

  it('of a mapped node does its items that wait, or one of them', async () => {
    await using test = await engines.open()
    const { engine } = test
    const run = await startRun(engine, { list: [], each: { mapOver: 'list', retries: 1, retryDelaySeconds: 3600 } })
    await work(engine, ({ node }) => (node.id === 'list' ? output([1, 2, 3]) : failure))
    await tryNow(engine, run.id, { node: 'each', mapIndex: 1 })
    expect((await work(engine)).map(({ mapIndex }) => mapIndex)).toEqual([1])
    await tryNow(engine, run.id, { node: 'each' })
    expect((await work(engine)).map(({ mapIndex }) => mapIndex)).toEqual([0, 2])
    expect((await readRun(engine.db, run.id)).state).toBe('success')
  })

  it('asked for by two at once is done once, and the other is told so', async () => {
    await using test = await engines.open()
    const { engine } = test
    const other = await test.another()
    const run = await startRun(engine, paused)
    await work(engine, outcomes({ later: failure, sensor: wait }))
    const asked = await Promise.allSettled([engine, other].map((one) => tryNow(one, run.id, { node: 'later' })))
    expect(asked.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(asked.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'TASK_NOT_PAUSED' } })
    expect((await claim(engine)).map(({ node }) => node.id)).toEqual(['later'])
  })

  it('says of what does not wait for its time what it does instead', async () => {
    await using test = await engines.open()
    const { engine } = test
    const run = await startRun(engine, paused)
    const refusal = async (request: TryNowRequest = {}) =>
      await tryNow(engine, run.id, request).catch(({ code, message }) => `${code}: ${message}`)
    await hold(engine, 1)
    const words = `TASK_NOT_PAUSED: Task NODE of run ${run.id} does not wait for a next try: it is`
    expect(await refusal({ node: 'later' })).toBe(`${words.replace('NODE', 'later')} running.`)
    expect(await refusal({ node: 'next' })).toBe(`${words.replace('NODE', 'next')} waiting for tasks before it.`)
    expect(await refusal({ node: 'sensor' })).toMatch(/it is in the queue/)
    expect(await refusal({ node: 'sensor', mapIndex: 4 })).toMatch(/Task sensor of run \d+ has no item 4\.$/)
    expect(await refusal({ node: 'senor' })).toMatch(/^NODE_MISSING: .*Did you mean "sensor"\?$/)
    expect(await refusal()).toMatch(/^TASK_NOT_PAUSED: No task of run \d+ waits for its next try\./)
    await cancelRun(engine, run.id)
    expect(await refusal({ node: 'sensor' })).toMatch(/it is over, as cancelled/)
    await expect(tryNow(engine, 999)).rejects.toMatchObject({ code: 'RUN_MISSING' })
  })
})

describe('marking', () => {
  it('a failed task as success has what was given up after it done', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const run = await startRun(engine, chain)
    await work(engine, outcomes({ a: fatal }))
    expect(await markTask(engine, run.id, { node: 'a', state: 'success', note: 'loaded by hand' })).toMatchObject({
      state: 'running',
    })
    expect((await taskRow(engine, run.id, 'a')).reason).toBe('marked as success: loaded by hand')
    expect((await work(engine)).map(({ node }) => node.id)).toEqual(['b', 'c'])
    expect((await readRun(db, run.id)).state).toBe('success')
    expect(await inconsistencies(db)).toEqual([])
  })

  it('a task that runs ends it, and its worker finds that it lost it', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const run = await startRun(engine, { a: [], b: ['a'] })
    const [spec] = await hold(engine)
    if (spec === undefined) throw new Error('A task was to be claimed.')
    await markTask(engine, run.id, { node: 'a', state: 'failed' })
    expect(await keepLeases(engine, workerId, [spec])).toMatchObject({ lost: [{ taskRunId: spec.taskRunId }] })
    expect(await completeAttempts(engine, workerId, [{ ...spec, outcome: success }])).toMatchObject([
      { accepted: false },
    ])
    expect(await states(engine, run.id)).toEqual({ a: 'failed', b: 'upstream_failed' })
    expect((await readRun(db, run.id)).state).toBe('failed')
    expect(await inconsistencies(db)).toEqual([])
  })

  it.each(['success', 'failed', 'skipped'] as const)(
    'a node that waits as %s is that, before those before it have ended',
    async (state) => {
      await using test = await engines.open()
      const { engine, db } = test
      const run = await startRun(engine, chain)
      await markTask(engine, run.id, { node: 'b', state })
      await work(engine)
      const c = { success: 'success', failed: 'upstream_failed', skipped: 'skipped' }[state]
      expect(await states(engine, run.id)).toEqual({ a: 'success', b: state, c, other: 'success' })
      expect((await readRun(db, run.id)).state).toBe(state === 'failed' ? 'failed' : 'success')
      expect(await inconsistencies(db)).toEqual([])
    },
  )

  it('a mapped node ends its items', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const run = await startRun(engine, { list: [], each: { mapOver: 'list' }, after: ['each'] })
    await work(engine, ({ node }) => (node.id === 'list' ? output([1, 2]) : undefined), { limit: 1 })
    await markTask(engine, run.id, { node: 'each', state: 'success' })
    await work(engine)
    expect(await states(engine, run.id)).toEqual({
      list: 'success',
      each: 'success',
      'each[0]': 'cancelled',
      'each[1]': 'cancelled',
      after: 'success',
    })
    expect((await readRun(db, run.id)).state).toBe('success')
    expect(await inconsistencies(db)).toEqual([])
  })

  it('does not do again what skipped itself', async () => {
    await using test = await engines.open()
    const { engine } = test
    const run = await startRun(engine, { a: [], b: { after: ['a'], triggerRule: 'all_done' }, c: ['a'] })
    await work(engine, outcomes({ a: fatal, b: skip }))
    await markTask(engine, run.id, { node: 'a', state: 'success' })
    expect((await work(engine)).map(({ node }) => node.id)).toEqual(['c'])
  })

  it('the last task as success ends a run without starting it again', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const run = await startRun(engine, { a: [] }, { maxActiveRuns: 1 })
    await work(engine, () => fatal)
    await createRun(engine, { workflow: 'flow', trigger: 'manual' })
    expect(await markTask(engine, run.id, { node: 'a', state: 'success' })).toMatchObject({
      state: 'success',
      failed_tasks: 0,
    })
    expect(await inconsistencies(db)).toEqual([])
  })
})

describe('timeouts', () => {
  async function later(engine: Engine, seconds: number): Promise<void> {
    await engine.db.execute(sql`
      update engine.task_run set
        ready_at = ready_at - make_interval(secs => ${seconds}), first_ready_at = first_ready_at - make_interval(secs => ${seconds}),
        started_at = started_at - make_interval(secs => ${seconds})`)
    await engine.db.execute(sql`update engine.run set deadline_at = deadline_at - make_interval(secs => ${seconds})`)
  }

  it('of the run end it as failed, with what runs asked to stop', async () => {
    await using test = await engines.open()
    const { engine, db } = test
    const run = await startRun(engine, { a: [], b: ['a'] }, { runTimeoutSeconds: 60 })
    const [spec] = await hold(engine)
    await later(engine, 30)
    expect(await enforceTimeouts(engine)).toBe(0)
    await later(engine, 31)
    expect(await enforceTimeouts(engine)).toBe(1)
    expect(await enforceTimeouts(engine)).toBe(0)
    if (spec !== undefined) await completeAttempts(engine, workerId, [{ ...spec, outcome: cancelled }])
    expect(await readRun(db, run.id)).toMatchObject({ state: 'failed', reason: 'its run timeout is over' })
    await clearTasks(engine, run.id)
    await work(engine)
    expect(await readRun(db, run.id)).toMatchObject({ state: 'success', timed_out: false })
  })

  it('from ready to started fail the attempt, and count as any failure', async () => {
    await using test = await engines.open()
    const { engine } = test
    const run = await startRun(engine, { a: { retries: 1, timeouts: { scheduleToStartSeconds: 60 } } })
    await later(engine, 61)
    expect(await enforceTimeouts(engine)).toBe(1)
    expect(await taskRow(engine, run.id, 'a')).toMatchObject({ state: 'ready', failures: 1, attempt: 1 })
    await later(engine, 61)
    await enforceTimeouts(engine)
    const row = await taskRow(engine, run.id, 'a')
    expect(row).toMatchObject({ state: 'failed', failures: 2, attempt: 2 })
    expect(row.reason).toMatch(/^No worker took it within 6\d s\./)
    expect(await inconsistencies(engine.db)).toEqual([])
  })

  it('over all attempts end the task, retries left or not', async () => {
    await using test = await engines.open()
    const { engine } = test
    const timeouts = { scheduleToCloseSeconds: 60 }
    const run = await startRun(engine, { waits: { retries: 9, timeouts }, runs: { retries: 9, timeouts, priority: 1 } })
    const [spec] = await hold(engine, 1)
    if (spec === undefined) throw new Error('A task was to be claimed.')
    await later(engine, 61)
    expect(await enforceTimeouts(engine)).toBe(2)
    expect((await keepLeases(engine, workerId, [spec])).stop).toMatchObject([{ reason: 'timeout' }])
    const failed = {
      kind: 'failure',
      failure: { reason: 'timeout', code: 'TASK_TIMEOUT', message: 'too long' },
    } as const
    await completeAttempts(engine, workerId, [{ ...spec, outcome: failed }])
    expect(await taskRow(engine, run.id, 'runs')).toMatchObject({ state: 'failed', reason: 'too long' })
    expect(await taskRow(engine, run.id, 'waits')).toMatchObject({
      state: 'failed',
      reason: 'The time for all of its attempts is over.',
    })
  })

  it('of one attempt are watched by its executor, and by the engine a minute later', async () => {
    await using test = await engines.open()
    const { engine } = test
    await startRun(engine, { a: { timeouts: { startToCloseSeconds: 60 } } })
    await hold(engine)
    await later(engine, 90)
    expect(await enforceTimeouts(engine)).toBe(0)
    await later(engine, 31)
    expect(await enforceTimeouts(engine)).toBe(1)
  })

  it('do not count what waits in a queued run or for its retry', async () => {
    await using test = await engines.open()
    const { engine } = test
    const timeouts = { scheduleToStartSeconds: 60 }
    await startRun(
      engine,
      { a: { timeouts, retries: 1, retryDelaySeconds: 600, retryJitter: 0 } },
      { maxActiveRuns: 1 },
    )
    await createRun(engine, { workflow: 'flow', trigger: 'manual' })
    await work(engine, () => failure)
    await later(engine, 300)
    expect(await enforceTimeouts(engine)).toBe(0)
  })
})
