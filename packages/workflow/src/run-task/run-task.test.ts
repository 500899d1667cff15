import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DataError, TransientError } from '@millrace/core'
import { describe, expect, it } from 'vitest'
import {
  type AnyTask,
  BranchTask,
  DeferTask,
  type Json,
  Operator,
  runTask,
  SkipTask,
  StopTask,
  Task,
  type TaskContext,
  type TaskHost,
  Workflow,
} from '../index.ts'
import { attemptSpec, recordingHost } from './attempt.fixture.ts'

const never = new AbortController().signal

function run(task: AnyTask, spec = attemptSpec(), host: TaskHost = recordingHost(), signal = never) {
  return runTask(task, spec, host, { signal, graceMs: 50 })
}

/** A task of one function. */
function task(work: (context: TaskContext) => unknown): Task {
  return new (class extends Task {
    run(context: TaskContext) {
      return work(context) as Promise<Json>
    }
  })()
}

/** Runs until its signal fires. */
const untilStopped = ({ signal }: TaskContext) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

describe('phases', () => {
  class Phases extends Task {
    readonly seen: string[] = []
    readonly failing: string | undefined
    constructor(failing?: string) {
      super()
      this.failing = failing
    }
    #enter(phase: string) {
      this.seen.push(phase)
      if (phase === this.failing) throw new Error(`no ${phase}`)
    }
    override preRun() {
      this.#enter('preRun')
    }
    run() {
      this.#enter('run')
      return 1
    }
    override postRun() {
      this.#enter('postRun')
    }
    override rollback() {
      this.#enter('rollback')
    }
    async [Symbol.asyncDispose]() {
      this.#enter('dispose')
    }
  }

  it('come in order, and the task is disposed of at the end', async () => {
    const phases = new Phases()
    expect(await run(phases)).toEqual({ kind: 'success', output: 1 })
    expect(phases.seen).toEqual(['preRun', 'run', 'postRun', 'dispose'])
  })

  it('K9: a failing run has no postRun, is disposed of, and its error comes out', async () => {
    const phases = new Phases('run')
    expect(await run(phases)).toMatchObject({
      kind: 'failure',
      failure: {
        reason: 'error',
        code: 'TASK_FAILED',
        message: 'no run',
        stack: expect.stringContaining('run-task.test'),
      },
    })
    expect(phases.seen).toEqual(['preRun', 'run', 'dispose'])
  })

  it.each([
    ['preRun', ['preRun', 'dispose']],
    ['postRun', ['preRun', 'run', 'postRun', 'dispose']],
    ['dispose', ['preRun', 'run', 'postRun', 'dispose']],
  ])('fail the attempt in %s', async (failing, seen) => {
    const phases = new Phases(failing)
    expect(await run(phases)).toMatchObject({ kind: 'failure', failure: { message: `no ${failing}` } })
    expect(phases.seen).toEqual(seen)
  })
})

describe('outcomes', () => {
  it('of errors of the platform keep their code and recovery, and their causes', async () => {
    const cause = new Error('socket closed')
    const transient = new TransientError('SERVER_BUSY', { message: 'The server is busy.', cause })
    expect(await run(task(() => Promise.reject(transient)))).toMatchObject({
      failure: {
        code: 'SERVER_BUSY',
        recovery: 'transient',
        stack: expect.stringContaining('Caused by: Error: socket'),
      },
    })
    const data = new DataError('BAD_ROW', { message: 'x'.repeat(5000) })
    const outcome = await run(task(() => Promise.reject(data)))
    expect(outcome).toMatchObject({ failure: { recovery: 'data' } })
    expect(outcome.kind === 'failure' && outcome.failure.message).toHaveLength(4000)
  })

  it.each([
    ['a text', 'The task threw a text'],
    [undefined, 'The task threw undefined'],
    [{ a: 1 }, 'The task threw {"a":1}'],
    [new AggregateError([new Error('one'), new Error('two')], 'both'), 'both: one; two'],
  ])('of thrown %s say what it was', async (thrown, message) => {
    expect(await run(task(() => Promise.reject(thrown)))).toMatchObject({ failure: { message } })
  })

  it('are skip and defer for the errors of those names, also from another copy of the package', async () => {
    expect(await run(task(() => Promise.reject(new SkipTask('nothing new'))))).toEqual({
      kind: 'skip',
      reason: 'nothing new',
    })
    const defer = new DeferTask('no file yet', { seconds: 30, state: { seen: 1 } })
    expect(await run(task(() => Promise.reject(defer)))).toEqual({
      kind: 'defer',
      seconds: 30,
      reason: 'no file yet',
      state: { seen: 1 },
    })
    const foreign = Object.assign(new Error('elsewhere'), { name: 'SkipTask' })
    expect(await run(task(() => Promise.reject(foreign)))).toEqual({ kind: 'skip', reason: 'elsewhere' })
    const wrong = new DeferTask('soon', { seconds: -1 })
    expect(await run(task(() => Promise.reject(wrong)))).toMatchObject({ failure: { code: 'DEFERRAL_INVALID' } })
    const attempt = attemptSpec({ state: { seen: 1 } })
    expect(
      await run(
        task(({ state }) => state),
        attempt,
      ),
    ).toMatchObject({ output: { seen: 1 } })
  })

  it.each([
    [{ at: new Date(0) }, 'has an instance of Date at at'],
    [{ rows: [1n] }, 'has a bigint at rows[0]'],
    [[Number.NaN], 'has NaN at [0]'],
    [new Map(), 'has an instance of Map, which'],
    [{ f() {} }, 'has a function at f'],
  ])('fail for an output that is no JSON: %o', async (output, message) => {
    expect(await run(task(() => output))).toMatchObject({
      failure: { code: 'VALUE_NOT_JSON', recovery: 'data', message: expect.stringContaining(message) },
    })
  })

  it('leave out what is undefined, and fail for more than 16 MiB', async () => {
    expect(await run(task(() => {}))).toEqual({ kind: 'success', output: null })
    expect(await run(task(() => ({ a: undefined, b: 1 })))).toEqual({ kind: 'success', output: { b: 1 } })
    const circle: Record<string, unknown> = {}
    circle.self = circle
    expect(await run(task(() => circle))).toMatchObject({ failure: { message: expect.stringContaining('circle') } })
    const edge = 16 * 1024 * 1024
    expect(await run(task(() => 'x'.repeat(edge - 2)))).toMatchObject({ kind: 'success' })
    expect(await run(task(() => 'x'.repeat(edge - 1)))).toMatchObject({ failure: { code: 'OUTPUT_TOO_LARGE' } })
  })
})

describe('stopping', () => {
  it('by the executor is a failure with its reason', async () => {
    const controller = new AbortController()
    const outcome = run(task(untilStopped), attemptSpec(), recordingHost(), controller.signal)
    controller.abort(new StopTask('lost', 'The worker lost the task.'))
    expect(await outcome).toEqual({
      kind: 'failure',
      failure: { reason: 'lost', code: 'TASK_LOST', message: 'The worker lost the task.' },
    })
    const aborted = await run(task(untilStopped), attemptSpec(), recordingHost(), AbortSignal.abort())
    expect(aborted).toMatchObject({ failure: { reason: 'cancelled', message: 'The task was cancelled.' } })
  })

  it('comes with the timeout from start to close', async () => {
    const spec = attemptSpec({}, { options: { timeouts: { startToCloseSeconds: 0.03 } } })
    expect(await run(task(untilStopped), spec)).toMatchObject({
      failure: {
        reason: 'timeout',
        code: 'TASK_TIMEOUT',
        message: 'Task "task" took longer than 0.03 s. Make it faster, or raise its timeouts.startToCloseSeconds.',
      },
    })
  })

  it('comes when heartbeats stop, not as long as they come', async () => {
    const spec = attemptSpec({}, { options: { timeouts: { heartbeatSeconds: 0.6 } } })
    const host = recordingHost()
    const outcome = await run(
      task(async (context) => {
        for (let done = 1; done <= 5; done++) {
          await sleep(150)
          context.heartbeat({ done })
        }
        await untilStopped(context)
      }),
      spec,
      host,
    )
    expect(outcome).toMatchObject({ failure: { reason: 'timeout', code: 'TASK_HEARTBEAT_TIMEOUT' } })
    expect(host.beats).toHaveLength(5)
  })

  it('does not hang the caller when the task ignores it, and says so', async () => {
    const spec = attemptSpec({}, { options: { timeouts: { startToCloseSeconds: 0.02 } } })
    const host = recordingHost()
    expect(
      await run(
        task(() => new Promise(() => {})),
        spec,
        host,
      ),
    ).toMatchObject({ failure: { reason: 'timeout' } })
    expect(host.entries).toMatchObject([
      { source: 'engine', level: 'warn', text: expect.stringContaining('Its code may still be running.') },
    ])
  })

  it('counts also when the task ended well after it', async () => {
    const controller = new AbortController()
    const outcome = run(
      task(() => {
        controller.abort()
        return 'too late'
      }),
      attemptSpec(),
      recordingHost(),
      controller.signal,
    )
    expect(await outcome).toMatchObject({ failure: { reason: 'cancelled' } })
  })
})

describe('secrets', () => {
  const spec = attemptSpec({}, { secrets: ['api'], connections: ['lake'] })
  const given = {
    secrets: { api: 'hunter2' },
    connections: {
      lake: { connector: 'postgres', values: { url: 'postgres://me:p%40ss@host/db', password: 'tiger-9', port: 5432 } },
    },
  }

  it('that a task asked for are masked in its logs, failures and outputs', async () => {
    const host = recordingHost(given)
    const leaky = task(async ({ secrets, connections, log }) => {
      const api = await secrets.get('api')
      const { values } = await connections.get('lake')
      log.info(`using ${api}`, { list: [values.password], url: values.url })
      return { api, nested: [`x${values.password}y`], [`key ${api}`]: 5432 }
    })
    expect(await run(leaky, spec, host)).toEqual({
      kind: 'success',
      output: { api: '***', nested: ['x***y'], 'key ***': 5432 },
    })
    const failing = task(async ({ secrets, connections }) => {
      const { values } = await connections.get('lake')
      throw new Error(`cannot log in with ${await secrets.get('api')} at ${values.url}, p@ss`)
    })
    const outcome = await run(failing, spec, host)
    expect(outcome).toMatchObject({ failure: { message: 'cannot log in with *** at postgres://me:***@host/db, ***' } })
    expect(JSON.stringify([outcome, host.entries])).not.toMatch(/hunter2|tiger-9|p@ss|p%40ss/)
  })

  it('and connections are refused when the task does not declare them', async () => {
    const asks = task(({ secrets }) => secrets.get('apy'))
    expect(await run(asks, spec, recordingHost(given))).toMatchObject({
      failure: {
        code: 'SECRET_NOT_DECLARED',
        recovery: 'config',
        message: `Task "task" asks for secret "apy", which it does not declare. Did you mean "api"? Add it to its class: static override secrets = ['apy'].`,
      },
    })
    const connects = task(({ connections }) => connections.get('other'))
    expect(await run(connects, spec, recordingHost(given))).toMatchObject({
      failure: { code: 'CONNECTION_NOT_DECLARED' },
    })
  })
})

describe('context', () => {
  it('has an empty folder that is gone afterwards, also after a failure', async () => {
    let folder = ''
    const outcome = await run(
      task(({ scratch }) => {
        folder = scratch
        writeFileSync(join(scratch, 'file'), 'x')
        throw new Error('stop')
      }),
    )
    expect(outcome.kind).toBe('failure')
    expect(folder).toContain('millrace-task-')
    expect(existsSync(folder)).toBe(false)
  })

  it('knows the run, and fills templates in with it', async () => {
    const spec = attemptSpec({ params: { day: '2026-02-28' }, variables: { zone: 'eu' }, item: { id: 7 } })
    const text = '{{ dt }} {{ params.day }} {{ var("zone") }} {{ item.id }} {{ data_interval_start_dt }} {{ run_id }}'
    const context = task(({ run, render, params }) => [
      run.dataInterval.start?.toISOString() ?? '',
      render(text),
      params,
    ])
    expect(await run(context, spec)).toMatchObject({
      output: ['2026-02-28T05:00:00.000Z', '2026-03-01 2026-02-28 eu 7 2026-02-28 42', { day: '2026-02-28' }],
    })
  })

  it('gives outputs of nodes before it, by their class or id, from the inside of a group outwards', async () => {
    class Extract extends Task {
      run() {}
    }
    const workflow = new Workflow({ category: 'a', name: 'b' })
      .addNode(Extract, { id: 'outer' })
      .group('orders', (group) =>
        group.addNode(Extract, { id: 'inner' }).addNode(
          task(() => {}),
          { id: 'load' },
        ),
      )
    const spec = attemptSpec({ ancestors: ['outer', 'orders.inner'] }, { id: 'orders.load', group: 'orders' })
    const host = recordingHost({ outputs: { outer: 1, 'orders.inner': 2 } })
    const options = { signal: never, index: workflow.graph }
    const asks = task(async ({ output }) => [await output('inner'), await output('outer'), await output(Extract)])
    expect(await runTask(asks, spec, host, options)).toMatchObject({ output: [2, 1, 2] })
    const wrong = task(({ output }) => output('outre'))
    expect(await runTask(wrong, spec, host, options)).toMatchObject({
      failure: {
        code: 'OUTPUT_UNKNOWN',
        message: `Task "orders.load" names "outre", which is not before it. Did you mean "outer"? There are: outer, orders.inner. Make it an upstream of "orders.load" to use its output.`,
      },
    })
  })

  it('sees the parameters of the workflow it was written for', async () => {
    const spec = attemptSpec(
      { params: { source: 'orders', day: 'x' } },
      { params: { table: { param: 'source' }, limit: { value: 5 }, gone: { param: 'none' } } },
    )
    expect(
      await run(
        task(({ params }) => params),
        spec,
      ),
    ).toMatchObject({ output: { table: 'orders', limit: 5 } })
  })
})

describe('operators', () => {
  class Query extends Operator<{ connection: string; sql: string; raw?: string }> {
    static override noTemplateFields = ['raw']
    readonly operator = 'query'
    override get connections() {
      return [this.config.connection]
    }
    async run({ connections }: TaskContext) {
      const { connector } = await connections.get(this.config.connection)
      return [connector, this.config.sql, this.config.raw ?? null]
    }
  }

  it('have their configuration filled in once, but for the fields that are taken as they are', async () => {
    const spec = attemptSpec({ params: { db: 'lake', name: '{{ dt }}' } }, { connections: ['{{ params.db }}'] })
    const host = recordingHost({ connections: { lake: { connector: 'duckdb', values: {} } } })
    const query = new Query({ connection: '{{ params.db }}', sql: "'{{ params.name }} {{ dt }}'", raw: '{{ x }}' })
    expect(await run(query, spec, host)).toMatchObject({ output: ['duckdb', "'{{ dt }} 2026-03-01'", '{{ x }}'] })
    expect(query.config.sql).toBe("'{{ params.name }} {{ dt }}'")
  })

  it('fail with the place of a template that names what is not there', async () => {
    const query = new Query({ connection: 'lake', sql: '{{ praams.x }}' })
    expect(await run(query)).toMatchObject({
      failure: {
        code: 'TEMPLATE_UNKNOWN_NAME',
        message: expect.stringContaining(
          'The configuration at sql names "praams", which is not given. Did you mean "params"?',
        ),
      },
    })
  })
})

describe('branches', () => {
  class Left extends Task {
    run() {}
  }
  const choosing = (...chosen: (string | typeof Left)[]) =>
    new (class extends BranchTask {
      choose() {
        return chosen
      }
    })()
  const spec = attemptSpec({}, { branch: true, downstreams: ['left', 'right.a', 'right.b'] })

  it('give the ids they chose: of classes, ids, and groups', async () => {
    const { graph } = new Workflow({ category: 'a', name: 'b' }).addNode(Left, { id: 'left' })
    const chosen = async (...refs: (string | typeof Left)[]) => {
      const outcome = await runTask(choosing(...refs), spec, recordingHost(), { signal: never, index: graph })
      return outcome.kind === 'success' ? outcome.choice : outcome
    }
    expect(await chosen(Left)).toEqual(['left'])
    expect(await chosen('right', 'right.a')).toEqual(['right.a', 'right.b'])
    expect(await chosen()).toEqual([])
  })

  it('fail when they chose what does not follow', async () => {
    expect(await run(choosing('lefd'), spec)).toMatchObject({
      failure: {
        code: 'CHOICE_INVALID',
        message: expect.stringContaining('which is not one of its direct downstreams. Did you mean "left"?'),
      },
    })
  })
})
