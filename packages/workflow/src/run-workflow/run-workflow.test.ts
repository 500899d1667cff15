import { setTimeout as sleep } from 'node:timers/promises'
import { DataError } from '@millrace/core'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  BranchTask,
  DeferTask,
  type Json,
  type NodeOptions,
  type RunEvent,
  runWorkflow,
  SkipTask,
  Task,
  type TaskContext,
  virtualTime,
  Workflow,
  type WorkflowOptions,
  type WorkflowRunResult,
  z,
} from '../index.ts'

const daily = (options: Partial<WorkflowOptions<never>> = {}) =>
  new Workflow({ category: 'flights', name: 'daily', ...(options as object) })

/** A task of one function. */
function task(work: (context: TaskContext) => unknown = () => null): Task {
  return new (class extends Task {
    run(context: TaskContext) {
      return work(context) as Promise<Json>
    }
  })()
}

const states = ({ tasks }: WorkflowRunResult) =>
  Object.fromEntries(tasks.map(({ id, mapIndex, state }) => [mapIndex === null ? id : `${id}[${mapIndex}]`, state]))

/** Fails until it was run so often. */
function flaky(failures: number, error: () => Error = () => new Error('again')) {
  let runs = 0
  return task(() => {
    if (++runs <= failures) throw error()
    return runs
  })
}

describe('outputs', () => {
  class Extract extends Task {
    run() {
      return [{ id: 1 }, { id: 2 }, { id: 3 }]
    }
  }
  class Double extends Task<Readonly<Record<string, never>>, { id: number }> {
    run({ item }: TaskContext<Readonly<Record<string, never>>, { id: number }>) {
      if (item.id === 2) throw new SkipTask('not this one')
      return item.id * 2
    }
  }
  class Sum extends Task {
    async run({ outputs, output }: TaskContext) {
      const doubled = await outputs(Double)
      return { sum: doubled.reduce((sum, value) => sum + (value ?? 0), 0), first: (await output(Extract))[0]?.id ?? 0 }
    }
  }

  it('go to consumers, and from each element of a list to one task, with their types', async () => {
    const result = await daily()
      .addNode(Extract)
      .addNode(Double, { mapOver: Extract })
      .addNode(Sum, { upstreams: [Double] })
      .test()
    expect(states(result)).toEqual({
      Extract: 'success',
      Double: 'success',
      'Double[0]': 'success',
      'Double[1]': 'skipped',
      'Double[2]': 'success',
      Sum: 'success',
    })
    const output = result.output(Sum)
    expectTypeOf(output).toEqualTypeOf<{ sum: number; first: number }>()
    expect(output).toEqual({ sum: 8, first: 1 })
    expect(result.outputs(Double)).toEqual([2, null, 6])
    expect(result.task(Double, 1)).toMatchObject({ state: 'skipped', reason: 'not this one' })
    expect(() => result.task(Double, 7)).toThrow('has no item 7')
  })

  it('cannot be changed by one consumer for another', async () => {
    const change = task(async ({ output }) => {
      const rows = await output(Extract)
      rows.length = 0
    })
    const result = await daily()
      .addNode(Extract)
      .addNode(change, { id: 'change', upstreams: Extract })
      .addNode(
        task(({ output }) => output(Extract)),
        { id: 'read', upstreams: 'change' },
      )
      .test()
    expect(result.output('read')).toHaveLength(3)
  })

  it('that are no list fail what is mapped over them; empty ones skip it', async () => {
    const workflow = daily()
      .addNode(
        task(() => 7),
        { id: 'seven' },
      )
      .addNode(
        task(() => []),
        { id: 'none' },
      )
      .addNode(task(), { id: 'over-seven', mapOver: 'seven' })
      .addNode(task(), { id: 'over-none', mapOver: 'none' })
      .addNode(task(), { id: 'after', upstreams: 'over-none' })
    const result = await workflow.test()
    expect(states(result)).toMatchObject({ 'over-seven': 'failed', 'over-none': 'skipped', after: 'skipped' })
    expect(result.task('over-seven').failure?.message).toBe(
      'Task "over-seven" is mapped over "seven", whose output is no list. Return a list from it.',
    )
  })

  it('of a failed task are refused with its reason', async () => {
    const result = await daily().addNode(flaky(1), { id: 'load' }).test()
    expect(() => result.output('load')).toThrow('Task "load" has no output: it is failed. again')
  })
})

describe('trigger rules and branches', () => {
  it('decide what runs after failures, skips and choices', async () => {
    class Choose extends BranchTask {
      choose() {
        return ['left']
      }
    }
    const workflow = daily()
      .addNode(Choose)
      .addNode(task(), { id: 'left', upstreams: Choose })
      .addNode(task(), { id: 'right', upstreams: Choose })
      .addNode(task(), { id: 'right-2', upstreams: 'right' })
      .addNode(task(), { id: 'join', upstreams: ['left', 'right-2'], triggerRule: 'none_failed_min_one_success' })
      .addNode(flaky(9), { id: 'broken', upstreams: 'join' })
      .addNode(task(), { id: 'next', upstreams: 'broken' })
      .addSpacer('gate', { upstreams: 'next' })
      .addNode(task(), { id: 'clean', upstreams: 'gate', triggerRule: 'all_done' })
      .addNode(task(), { id: 'alert', upstreams: ['broken', 'left'], triggerRule: 'one_failed' })
    const result = await workflow.test()
    expect(result.state).toBe('failed')
    expect(states(result)).toEqual({
      Choose: 'success',
      left: 'success',
      right: 'skipped',
      'right-2': 'skipped',
      join: 'success',
      broken: 'failed',
      next: 'upstream_failed',
      gate: 'upstream_failed',
      clean: 'success',
      alert: 'success',
    })
    expect(result.task('right').reason).toBe('not chosen by the branch before it')
    expect(result.task('next').reason).toBe('broken did not succeed')
  })
})

describe('retries', () => {
  it('are made as often as the task says, with growing pauses, in no time', async () => {
    const events: RunEvent[] = []
    const startedAt = performance.now()
    const options: NodeOptions = { id: 'load', retries: 3, retryDelaySeconds: 100, retryBackoff: 2, retryJitter: 0 }
    const result = await daily()
      .addNode(flaky(3), options)
      .test({ onEvent: (event) => events.push(event) })
    expect(performance.now() - startedAt).toBeLessThan(60_000)
    expect(result.task('load')).toMatchObject({ state: 'success', attempts: 4, failure: null })
    const waits = events.flatMap((event) =>
      event.kind === 'task' && event.nextAt ? [(event.nextAt.getTime() - event.at.getTime()) / 1000] : [],
    )
    expect(waits).toEqual([100, 200, 400])
    expect(result.endedAt.getTime() - result.startedAt.getTime()).toBe(700_000)
  })

  it('are not made for what needs a change first', async () => {
    const bad = () => new DataError('BAD_ROW', { message: 'Row 7 has no key.' })
    const result = await daily().addNode(flaky(1, bad), { id: 'load', retries: 3 }).test()
    expect(result.task('load')).toMatchObject({ state: 'failed', attempts: 1, failure: { code: 'BAD_ROW' } })
  })

  it('end with the time from schedule to close', async () => {
    const timeouts = { scheduleToCloseSeconds: 150 }
    const result = await daily()
      .addNode(flaky(9), { id: 'load', retries: 9, retryDelaySeconds: 100, retryJitter: 0, timeouts })
      .test()
    expect(result.task('load')).toMatchObject({
      state: 'failed',
      attempts: 2,
      failure: { reason: 'timeout', message: expect.stringContaining('longer than 150 s with all its attempts') },
    })
  })
})

describe('deferral', () => {
  const poll = (until: number) =>
    task(({ state, task: { attempt } }) => {
      const seen = (state as number | undefined) ?? 0
      if (seen < until) throw new DeferTask('no file yet', { seconds: 60, state: seen + 1 })
      return { seen, attempt }
    })

  it('gives the state to the next attempt, and takes no retry', async () => {
    const result = await daily().addNode(poll(5), { id: 'wait' }).test()
    expect(result.output('wait')).toEqual({ seen: 5, attempt: 6 })
    expect(result.endedAt.getTime() - result.startedAt.getTime()).toBe(300_000)
  })

  it('frees its slot for others', async () => {
    const order: string[] = []
    const other = task(() => void order.push('other'))
    const waiting = task(({ state }) => {
      order.push('wait')
      if (state === undefined) throw new DeferTask('not yet', { seconds: 1, state: 1 })
    })
    await daily().addNode(waiting, { id: 'wait', priority: 1 }).addNode(other, { id: 'other' }).test({ concurrency: 1 })
    expect(order).toEqual(['wait', 'other', 'wait'])
  })

  it('for ever ends a test with a reason', async () => {
    const result = await daily()
      .addNode(poll(Number.POSITIVE_INFINITY), { id: 'wait' })
      .test(virtualTime({ limitSeconds: 3600 }))
    expect(result.task('wait').failure).toMatchObject({ code: 'VIRTUAL_TIME_OVER' })
  })
})

describe('room', () => {
  /** How many run at once, at most; the first of them wait for so many as are expected. */
  async function most(expected: number, options: NodeOptions, run: Parameters<Workflow['test']>[0] = {}) {
    const isFull = Promise.withResolvers<void>()
    let now = 0
    let seen = 0
    const member = task(async () => {
      seen = Math.max(seen, ++now)
      if (now === expected) isFull.resolve()
      await isFull.promise
      await sleep(5)
      now--
    })
    const workflow = daily().addNode(
      task(() => [1, 2, 3, 4, 5, 6]),
      { id: 'list' },
    )
    const result = await workflow.addNode(member, { ...options, id: 'item', mapOver: 'list' } as never).test(run)
    expect(result.state).toBe('success')
    return seen
  }

  it('is limited by the run, by pools, and by concurrency keys', async () => {
    expect(await most(6, {}, { concurrency: 6 })).toBe(6)
    expect(await most(2, {}, { concurrency: 2 })).toBe(2)
    expect(await most(3, { pool: 'db' }, { concurrency: 6, pools: { db: 3 } })).toBe(3)
    expect(await most(2, { pool: 'db', poolSlots: 2 }, { concurrency: 6, pools: { db: 5 } })).toBe(2)
    expect(await most(1, { concurrencyKey: 'one' }, { concurrency: 6 })).toBe(1)
    expect(await most(2, { concurrencyKey: '{{ item % 2 }}', concurrencyLimit: 1 }, { concurrency: 6 })).toBe(2)
  })

  it('is given by priority, and a reason is shown for waiting', async () => {
    const order: string[] = []
    const reasons: string[] = []
    const workflow = daily()
    for (const priority of [1, 3, 2]) {
      workflow.addNode(
        task(({ task: { id } }) => void order.push(id)),
        { id: `p${priority}`, priority, pool: 'db' },
      )
    }
    await workflow.test({
      pools: { db: 1 },
      onEvent: (event) => event.kind === 'task' && event.reason && reasons.push(event.reason),
    })
    expect(order).toEqual(['p1', 'p3', 'p2'])
    expect(reasons).toContain('waiting for pool db 1/1')
  })

  it('that a pool can never have, or not in time, fails the task', async () => {
    const large = await daily()
      .addNode(task(), { id: 'a', pool: 'db', poolSlots: 3 })
      .test({ pools: { db: 2 } })
    expect(large.task('a').failure).toMatchObject({ code: 'POOL_TOO_SMALL' })
    const slow = task(({ signal }) => sleep(300, undefined, { signal }))
    const late = await daily()
      .addNode(slow, { id: 'slow', pool: 'db' })
      .addNode(task(), { id: 'late', pool: 'db', timeouts: { scheduleToStartSeconds: 0.02 } })
      .test({ pools: { db: 1 } })
    expect(late.task('late').failure?.message).toBe(
      'Task "late" was not started within 0.02 s: waiting for pool db 1/1.',
    )
  })
})

describe('stopping', () => {
  const untilStopped = task(({ signal }) => sleep(60_000, undefined, { signal }))

  it('by the signal cancels what runs and what waits', async () => {
    const controller = new AbortController()
    const result = await daily()
      .addNode(untilStopped, { id: 'running' })
      .addNode(untilStopped, { id: 'queued' })
      .addNode(task(), { id: 'after', upstreams: ['running', 'queued'] })
      .addNode(task(), { id: 'list' })
      .test({
        concurrency: 1,
        signal: controller.signal,
        onEvent: (event) => event.kind === 'task' && event.state === 'running' && controller.abort(),
      })
    expect(result.state).toBe('cancelled')
    expect(states(result)).toEqual({ running: 'cancelled', queued: 'cancelled', after: 'cancelled', list: 'cancelled' })
    const before = await daily().addNode(task(), { id: 'a' }).test({ signal: AbortSignal.abort() })
    expect(states(before)).toEqual({ a: 'cancelled' })
  })

  it('comes in the middle of a pause, of mapped items, and of tasks that ignore it', async () => {
    const controller = new AbortController()
    const deaf = task(() => new Promise(() => {}))
    let pauses = 0
    const result = await runWorkflow(
      daily()
        .addNode(flaky(9), { id: 'pausing', retries: 9 })
        .addNode(
          task(() => [1, 2]),
          { id: 'list' },
        )
        .addNode(deaf, { id: 'deaf', mapOver: 'list' }),
      {
        signal: controller.signal,
        graceMs: 20,
        concurrency: 4,
        onEvent: (event) => {
          if (event.kind === 'task' && (event.nextAt || (event.node === 'deaf' && event.state === 'running'))) pauses++
          if (pauses === 3) controller.abort()
        },
      },
    )
    expect(states(result)).toEqual({
      pausing: 'cancelled',
      list: 'success',
      deaf: 'cancelled',
      'deaf[0]': 'cancelled',
      'deaf[1]': 'cancelled',
    })
  })

  it('comes when the run takes too long, which is a failure', async () => {
    const result = await daily({ runTimeoutSeconds: 0.05 }).addNode(untilStopped, { id: 'slow' }).test()
    expect(result).toMatchObject({ state: 'failed', failure: { reason: 'timeout', code: 'TASK_TIMEOUT' } })
    expect(states(result)).toEqual({ slow: 'cancelled' })
  })
})

describe('a part of a workflow', () => {
  const workflow = daily()
    .addNode(
      task(() => 1),
      { id: 'extract' },
    )
    .group('load', { upstreams: 'extract' }, (group) =>
      group
        .addNode(
          task(async ({ output }) => [await output('extract')]),
          { id: 'a' },
        )
        .addNode(
          task(async ({ output }) => [await output('a')]),
          { id: 'b', upstreams: 'a' },
        ),
    )
    .addNode(task(), { id: 'report', upstreams: 'load' })

  it('runs as if what is before it had succeeded, with outputs that are given', async () => {
    const result = await workflow.test({ only: ['load'], outputs: { extract: 7 } })
    expect(states(result)).toEqual({ 'load.a': 'success', 'load.b': 'success' })
    expect(result.output('load.b')).toEqual([[7]])
    const without = await workflow.test({ only: ['load.a'] })
    expect(without.task('load.a').failure).toMatchObject({ code: 'OUTPUT_NOT_AVAILABLE' })
    expect((await workflow.test({ only: [] })).tasks).toEqual([])
    await expect(workflow.test({ only: ['laod'] })).rejects.toThrow('Did you mean "load"?')
  })

  it('can be replaced by functions', async () => {
    const result = await workflow.test({
      replace: { extract: () => 5, 'load.b': async ({ output }) => ({ b: await output('load.a') }) },
    })
    expect(result.output('load.b')).toEqual({ b: [5] })
    await expect(workflow.test({ replace: { lode: () => 1 } })).rejects.toThrow('Option replace names "lode"')
  })
})

describe('parameters and surroundings', () => {
  it('are checked, filled up with defaults, and seen by tasks', async () => {
    const workflow = new Workflow({
      category: 'flights',
      name: 'daily',
      schedule: '0 6 * * *',
      timezone: 'Europe/Berlin',
      params: z.object({ day: z.iso.date(), limit: z.number().int().default(10) }),
    }).addNode(
      task(({ params, run, variables, render }) =>
        [params, run.dataInterval, run.trigger, variables, render('{{ dt }}')].map((x) =>
          JSON.parse(JSON.stringify(x)),
        ),
      ),
      { id: 'show' },
    )
    const result = await workflow.test({
      params: { day: '2026-01-31' },
      variables: { zone: 'eu' },
      logicalDate: new Date('2026-03-29T04:00:00Z'),
    })
    expect(result.output('show')).toEqual([
      { day: '2026-01-31', limit: 10 },
      { start: '2026-03-28T05:00:00.000Z', end: '2026-03-29T04:00:00.000Z' },
      'test',
      { zone: 'eu' },
      '2026-03-29',
    ])
    await expect(workflow.test({ params: { dya: 'x', limit: 'many' } })).rejects.toThrow(
      /no parameter "dya". Did you mean "day"[\s\S]*needs parameter "day"[\s\S]*Parameter "limit" .* does not fit: invalid input: expected number/,
    )
  })

  it('have connections and secrets by name or by function', async () => {
    class Load extends Task {
      static override connections = ['lake']
      static override secrets = ['token']
      async run({ connections, secrets }: TaskContext) {
        return [(await connections.get('lake')).connector, (await secrets.get('token')).length]
      }
    }
    const workflow = daily().addNode(Load)
    const result = await workflow.test({
      connections: { lake: { connector: 'duckdb', values: {} } },
      secrets: async (name) => (name === 'token' ? 'abc' : undefined),
    })
    expect(result.output(Load)).toEqual(['duckdb', 3])
    const missing = await workflow.test({ connections: { lak: { connector: 'duckdb', values: {} } } })
    expect(missing.task(Load).failure).toMatchObject({
      code: 'CONNECTION_UNKNOWN',
      message: 'There is no connection "lake" in this run. Did you mean "lak"? Give it when the run is started.',
    })
  })
})

describe('runs of other workflows', () => {
  const child = new Workflow({ category: 'load', name: 'table', params: z.object({ table: z.string() }) }).addNode(
    task(async ({ params }) => {
      await sleep(10)
      if (params.table === 'bad') throw new Error('no such table')
      return params.table as string
    }),
    { id: 'load' },
  )
  const link = (table: string) =>
    task(async ({ workflows, state }) => {
      const runId =
        (state as string | undefined) ?? (await workflows.trigger('load_table', { params: { table }, key: 'k' }))
      const now = await workflows.state(runId)
      if (now === 'running') throw new DeferTask('it runs', { seconds: 3600, state: runId })
      return [now, await workflows.taskState(runId, 'load'), await workflows.taskState(runId, 'none')]
    })

  it('are started here, waited for and told apart', async () => {
    const runs = new Set<string>()
    const workflow = daily()
      .addNode(link('orders'), { id: 'link' })
      .addNode(link('orders'), { id: 'again', upstreams: 'link' })
    const result = await workflow.test({ workflows: [child], onEvent: ({ runId }) => runs.add(runId) })
    expect(result.output('link')).toEqual(['success', 'success', null])
    expect(result.output('again')).toEqual(['success', 'success', null])
    expect(runs.size).toBe(2)
    const bad = await daily()
      .addNode(link('bad'), { id: 'link' })
      .test({ workflows: [child] })
    expect(bad.output('link')).toEqual(['failed', 'failed', null])
  })

  it('are refused when they are not known, and found by their interval when they are', async () => {
    const unknown = await daily().addNode(link('x'), { id: 'link' }).test()
    expect(unknown.task('link').failure).toMatchObject({ code: 'WORKFLOW_UNKNOWN' })
    const at = new Date('2026-03-01T00:00:00Z')
    const find = task(async ({ workflows, run }) => {
      const before = await workflows.find('load_table', run.logicalDate)
      await workflows.trigger('load_table', { params: { table: 'x' } })
      return [before, (await workflows.find('load_table', run.logicalDate))?.state ?? null]
    })
    const found = await daily()
      .addNode(find, { id: 'find' })
      .test({ workflows: [child], logicalDate: at })
    expect(found.output('find')).toEqual([null, 'running'])
  })
})

describe('events', () => {
  it('tell of the run, its tasks, their logs and their progress, in order', async () => {
    const seen: string[] = []
    const talking = task(({ log, heartbeat }) => {
      log.info('begun')
      heartbeat({ done: 1, total: 2, unit: 'rows' })
    })
    await daily()
      .addNode(talking, { id: 'a' })
      .test({
        onEvent: (event) => {
          if (event.kind === 'log') seen.push(`log ${event.node} ${event.attempt} ${event.entry.text}`)
          else if (event.kind === 'progress') seen.push(`progress ${event.node} ${event.progress.done}`)
          else seen.push(`${event.kind} ${event.state}`)
        },
      })
    expect(seen).toEqual([
      'run running',
      'task ready',
      'task running',
      'log a 1 begun',
      'progress a 1',
      'task success',
      'run success',
    ])
  })

  it('come from ten thousand tasks, and from a chain of a thousand', async () => {
    const wide = daily().addNode(task(), { id: 'first' })
    for (let index = 0; index < 10_000; index++) wide.addNode(task(), { id: `n${index}`, upstreams: 'first' })
    expect((await wide.test()).state).toBe('success')
    const long = daily().addSpacer('s0')
    for (let index = 1; index <= 1000; index++) long.addSpacer(`s${index}`, { upstreams: `s${index - 1}` })
    expect((await long.test()).tasks).toHaveLength(1001)
  })
})
