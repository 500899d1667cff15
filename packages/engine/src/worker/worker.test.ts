import { randomUUID } from 'node:crypto'
import { ConfigError } from '@millrace/core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Executor } from '../executors/executor.ts'
import { openExecutor } from '../executors/process/open-executor.fixture.ts'
import { codeAttempt } from '../task-host/attempt-spec.fixture.ts'
import { scriptedApi } from './scripted-api.fixture.ts'
import { startWorker, type Worker, type WorkerOptions } from './worker.ts'

let executor: Executor
let worker: Worker | undefined
const said: string[] = []

beforeAll(async () => {
  executor = await openExecutor({ graceMs: 500 })
})
afterAll(() => executor[Symbol.asyncDispose]())
afterEach(async () => {
  await worker?.[Symbol.asyncDispose]()
  expect(executor.free).toBe(2)
  said.length = 0
})

const say = (...args: readonly unknown[]) => void said.push(String(args.at(-1)))

function start(api: ReturnType<typeof scriptedApi>['api'], options: Partial<WorkerOptions> = {}): Worker {
  const info = {
    id: randomUUID(),
    name: 'test',
    host: 'here',
    pid: process.pid,
    version: '0.0.0',
    queues: ['default'],
    slots: 2,
  }
  const log = { info: say, warn: say, error: say }
  worker = startWorker({ api, executor, info, log, ...options })
  return worker
}

const waiting = ({ log, output }: { log: { info(text: string): void }; output(node: string): Promise<unknown> }) => {
  log.info('waiting')
  return new Promise(() => setInterval(() => output, 1000))
}

test('Attempts run, and their whole log is with the server before their result', async () => {
  const engine = scriptedApi()
  start(engine.api)
  const specs = [1, 2, 3, 4, 5].map((item) =>
    codeAttempt(
      ({ log, item }) => {
        for (let line = 0; line < 50; line += 1) log.info(`${item} ${line}`)
        return item
      },
      { item },
    ),
  )
  engine.add(...specs)
  for (const spec of specs) {
    expect(await engine.outcome(spec)).toEqual({ kind: 'success', output: spec.item })
    expect(engine.log(spec).map(({ text }) => text)).toEqual(
      Array.from({ length: 50 }, (_, line) => `${spec.item} ${line}`),
    )
  }
  const metrics = engine.exchanges.flatMap(({ results }) => results.map((result) => result.metrics))
  expect(metrics).toHaveLength(5)
  for (const one of metrics) expect(one?.peakMemory).toBeGreaterThan(1_000_000)
})

test('A log can be read while the task runs', async () => {
  const engine = scriptedApi()
  start(engine.api)
  const spec = codeAttempt(waiting)
  engine.add(spec)
  await engine.logged(spec, 'waiting')
  engine.stop(spec, 'cancelled')
  expect(await engine.outcome(spec)).toMatchObject({ kind: 'failure', failure: { reason: 'cancelled' } })
})

test('What follows an attempt comes with the answer to its result', async () => {
  const engine = scriptedApi()
  const specs = Array.from({ length: 20 }, () => codeAttempt(() => 1))
  start(engine.api)
  for (const spec of specs) {
    engine.add(spec)
    await engine.outcome(spec)
  }
  const before = engine.exchanges.length
  engine.add(...specs.map((spec) => ({ ...spec, attempt: 2 })))
  for (const spec of specs) await engine.outcome({ ...spec, attempt: 2 })
  // One for each would take forty.
  expect(engine.exchanges.length - before).toBeLessThanOrEqual(30)
})

test('Results and logs outlive a server that is away, and come once each', async () => {
  const engine = scriptedApi()
  const spec = codeAttempt(async ({ log, output }) => {
    log.info('one')
    await output('before')
    log.info('two')
    return 'kept'
  })
  start(engine.api)
  engine.add(spec)
  await engine.until(() => engine.leased.size === 1)
  engine.goAway()
  await engine.until(() => engine.state.failures >= 3)
  // It comes back, but what it says is lost at first.
  engine.come()
  engine.state.answersAreLost = true
  await engine.logged(spec, 'one')
  engine.state.answersAreLost = false
  expect(await engine.outcome(spec)).toEqual({ kind: 'success', output: 'kept' })
  expect(engine.log(spec).map(({ text }) => text)).toEqual(['one', 'two'])
  expect(engine.refused).toEqual([])
  await expect.poll(() => said).toContain('The server can be reached again.')
})

test('An attempt is stopped when its lease has run out without the server', async () => {
  const engine = scriptedApi({ leaseMs: 1000 })
  const spec = codeAttempt(({ log }) => {
    log.info('spinning')
    for (;;);
  })
  const running = start(engine.api)
  engine.add(spec)
  await engine.logged(spec, 'spinning')
  engine.goAway()
  await expect.poll(() => running.holds).toBe(0)
  expect(executor.free).toBe(2)
  expect(said.join('\n')).toContain('The lease of an attempt ran out')
  engine.come()
  await worker?.[Symbol.asyncDispose]()
  expect(engine.exchanges.flatMap(({ results }) => results)).toEqual([])
})

test('Leases are kept while a task runs', async () => {
  const engine = scriptedApi({ leaseMs: 900 })
  const spec = codeAttempt(() => new Promise((resolve) => setTimeout(resolve, 2500, 'done')))
  start(engine.api)
  engine.add(spec)
  expect(await engine.outcome(spec)).toEqual({ kind: 'success', output: 'done' })
})

test('An attempt that somebody else has now is stopped, and its result is dropped', async () => {
  const engine = scriptedApi()
  const spec = codeAttempt(waiting)
  const running = start(engine.api)
  engine.add(spec)
  await engine.logged(spec, 'waiting')
  engine.lose(spec)
  await expect.poll(() => running.holds).toBe(0)
  expect(engine.exchanges.flatMap(({ results }) => results)).toEqual([])
})

test('A task that is told twice runs once', async () => {
  const engine = scriptedApi()
  engine.state.repeatsTasks = true
  const spec = codeAttempt(({ log }) => log.info('started'))
  start(engine.api)
  engine.add(spec)
  await engine.outcome(spec)
  expect(engine.log(spec).map(({ text }) => text)).toEqual(['started'])
})

test('Many short tasks are fetched ahead, a few exchanges carry them all', async () => {
  const engine = scriptedApi()
  const specs = Array.from({ length: 1000 }, () => codeAttempt(() => 1))
  start(engine.api)
  engine.add(...specs)
  await Promise.all(specs.map((spec) => engine.outcome(spec)))
  expect(engine.exchanges.length).toBeLessThan(500)
})

test('What was fetched ahead goes back when it would wait', async () => {
  const engine = scriptedApi()
  const quick = Array.from({ length: 100 }, () => codeAttempt(() => 1))
  start(engine.api)
  engine.add(...quick)
  await Promise.all(quick.map((spec) => engine.outcome(spec)))
  const slow = Array.from({ length: 10 }, () => codeAttempt(waiting))
  engine.add(...slow)
  await engine.until(() => engine.exchanges.flatMap(({ results }) => results).length === 108)
  const handedBack = engine.exchanges.flatMap(({ results }) => results).slice(100)
  expect(handedBack.map(({ outcome }) => outcome)).toEqual(
    Array(8).fill({ kind: 'defer', seconds: 0, reason: 'its worker had no room for it' }),
  )
})

test('A task gets what it declares: of the platform first, else of the worker; it is masked in all it says', async () => {
  const engine = scriptedApi()
  engine.keep({
    connections: {
      orders: { connector: 'postgres', values: { host: 'db', password: 'pw-of-orders' } },
      bucket: {
        connector: 'gcs',
        values: { bucket: 'b', credentials_json: JSON.stringify({ private_key: 'BEGIN\npw-of-bucket\nEND' }) },
        secretFields: ['credentials_json'],
      },
    },
    secrets: { key: 'key-of-platform' },
  })
  const own = {
    connection: async () => ({ connector: 'postgres', values: { uri: 'postgres://u:pw-of-lake@db/lake' } }),
    secret: async (name: string) => (name === 'own' ? 'key-of-worker' : null),
  }
  start(engine.api, { own })
  const declared = { connections: ['orders', 'lake', 'bucket'], secrets: ['key', 'own', 'missing'] }
  const told = codeAttempt(async ({ connections, secrets }) => {
    const orders = await connections.get('orders')
    const lake = await connections.get('lake')
    const { execSync } = process.getBuiltinModule('node:child_process')
    console.log('printed', orders.values.password)
    console.log(JSON.parse(String((await connections.get('bucket')).values.credentials_json)).private_key)
    execSync(`echo ${await secrets.get('own')} from another program`, { stdio: 'inherit' })
    return [orders.values.host, lake.connector, (await secrets.get('key')).length]
  }, declared)
  const failing = codeAttempt(async ({ secrets }) => {
    throw new Error(`refused with ${await secrets.get('key')}`)
  }, declared)
  const missing = codeAttempt(({ secrets }) => secrets.get('missing'), declared)
  const undeclared = codeAttempt(({ secrets }) => secrets.get('key'))
  engine.add(told, failing, missing, undeclared)
  expect(await engine.outcome(told)).toEqual({ kind: 'success', output: ['db', 'postgres', 15] })
  expect(engine.log(told).map(({ text }) => text)).toEqual(
    expect.arrayContaining(['printed ***', '*** from another program']),
  )
  expect(JSON.stringify(engine.log(told))).not.toMatch(/pw-of|key-of/)
  expect(await engine.outcome(failing)).toMatchObject({ failure: { message: 'refused with ***' } })
  expect(await engine.outcome(missing)).toMatchObject({
    failure: {
      code: 'SECRET_UNKNOWN',
      recovery: 'config',
      message: expect.stringContaining('MILLRACE_SECRET_MISSING'),
    },
  })
  expect(await engine.outcome(undeclared)).toMatchObject({ failure: { code: 'SECRET_NOT_DECLARED' } })
  expect(JSON.stringify(engine.exchanges)).not.toMatch(/pw-of|key-of/)
})

test('The log of an attempt is bounded and keeps its beginning and its end', async () => {
  const engine = scriptedApi()
  start(engine.api, { logLimitBytes: 200_000 })
  const spec = codeAttempt(() => {
    for (let line = 0; line < 20_000; line += 1) console.log(`line ${line}`)
  })
  engine.add(spec)
  await engine.outcome(spec)
  const texts = engine.log(spec).map(({ text }) => text)
  expect(texts[0]).toBe('line 0')
  expect(texts.at(-1)).toBe('line 19999')
  expect(texts.filter((text) => text.includes('not kept'))).toHaveLength(1)
  expect(texts.join('').length).toBeLessThan(300_000)
})

test('Progress is told within a second, and the last one counts', async () => {
  const engine = scriptedApi()
  start(engine.api)
  const spec = codeAttempt(async ({ heartbeat, log }) => {
    for (let done = 1; done <= 100; done += 1) heartbeat({ done, total: 100 })
    log.info('waiting')
    await new Promise(() => setInterval(() => {}, 1000))
  })
  engine.add(spec)
  const told = () => engine.exchanges.flatMap(({ running }) => running.flatMap(({ progress }) => progress ?? []))
  await engine.until(() => told().at(-1)?.done === 100)
  expect(told().length).toBeLessThan(10)
})

test('The end of an attempt carries what the task told last, however soon it comes', async () => {
  const engine = scriptedApi()
  start(engine.api)
  const [quick, silent] = [
    codeAttempt(async ({ heartbeat }) => {
      heartbeat({ done: 1, unit: 'rows' })
      heartbeat({ done: 7, unit: 'rows' })
      heartbeat()
    }),
    codeAttempt(async () => {}),
  ]
  engine.add(quick)
  engine.add(silent)
  const results = () => engine.exchanges.flatMap(({ results }) => results)
  await engine.until(() => results().length >= 2)
  const progressOf = ({ taskRunId }: { taskRunId: number }) =>
    results().find((result) => result.taskRunId === taskRunId)?.progress
  expect(progressOf(quick)).toEqual({ done: 7, unit: 'rows' })
  expect(progressOf(silent)).toBeUndefined()
})

test('A worker that drains ends what it has, takes nothing new and says goodbye', async () => {
  const engine = scriptedApi()
  const running = start(engine.api)
  const spec = codeAttempt(async ({ log }) => {
    log.info('waiting')
    await new Promise((resolve) => setTimeout(resolve, 500))
    return 'ended'
  })
  engine.add(spec)
  await engine.logged(spec, 'waiting')
  const drained = running.drain()
  await engine.until(() => engine.exchanges.at(-1)?.want === 0 || engine.leased.size === 0)
  expect(await engine.outcome(spec)).toEqual({ kind: 'success', output: 'ended' })
  await drained
  engine.add(codeAttempt(() => 1))
  expect(engine.goodbyes).toHaveLength(1)
  expect(engine.queue).toHaveLength(1)
})

test('A worker without work drains at once', async () => {
  const engine = scriptedApi()
  const running = start(engine.api)
  await engine.until(() => engine.exchanges.length > 0)
  const startedAt = performance.now()
  await running.drain()
  // Its poll would wait for ten seconds.
  expect(performance.now() - startedAt).toBeLessThan(9000)
  expect(engine.goodbyes).toHaveLength(1)
})

test('A worker that is asked to end twice hands back what it has', async () => {
  const engine = scriptedApi()
  const running = start(engine.api)
  const spec = codeAttempt(waiting)
  engine.add(spec)
  await engine.logged(spec, 'waiting')
  void running.drain()
  await running.drain()
  expect(engine.queue).toEqual([spec])
  expect(engine.exchanges.flatMap(({ results }) => results)).toEqual([])
})

test('A worker that the server refuses stops its attempts and ends with the reason', async () => {
  const engine = scriptedApi()
  const running = start(engine.api)
  const spec = codeAttempt(waiting)
  engine.add(spec)
  await engine.logged(spec, 'waiting')
  engine.state.refusal = new ConfigError('WORKER_TOKEN_REVOKED', { message: 'The token of this worker was revoked.' })
  engine.stop(spec, 'cancelled')
  await expect(running.ended).rejects.toThrow('revoked')
  expect(executor.free).toBe(2)
})
