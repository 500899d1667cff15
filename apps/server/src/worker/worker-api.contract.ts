import { createHash, randomUUID } from 'node:crypto'
import { isMillraceError } from '@millrace/core'
import type { ExchangeRequest, WorkerApi, WorkerInfo } from '@millrace/engine'
import type { AttemptSpec, Json, Outcome } from '@millrace/workflow'
import { describe, expect, test } from 'vitest'
import { manifestOf, type TestServer } from '../test-server.fixture.ts'

const never = new AbortController().signal

/** A worker that says what a test tells it to. */
function workerOf(api: WorkerApi, info: Partial<WorkerInfo> = {}) {
  const worker: WorkerInfo = {
    id: randomUUID(),
    name: 'worker',
    host: 'here',
    pid: 7,
    version: '1',
    queues: ['default'],
    slots: 10,
    ...info,
  }
  const exchange = async (request: Partial<ExchangeRequest> = {}, signal = never) =>
    await api.exchange({ worker, results: [], running: [], want: 0, waitMs: 0, ...request }, signal)
  return {
    id: worker.id,
    exchange,
    lease: (spec: AttemptSpec) => ({ ...refOf(spec), workerId: worker.id }),
    async claim(want = 1): Promise<AttemptSpec[]> {
      return [...(await exchange({ want, waitMs: 5000 })).tasks]
    },
    async end(spec: AttemptSpec, outcome: Outcome = success(null)) {
      return await exchange({ results: [{ ...refOf(spec), outcome }] })
    },
  }
}

const success = (output: Json): Outcome => ({ kind: 'success', output })
const refOf = ({ taskRunId, attempt }: AttemptSpec) => ({ taskRunId, attempt })
const bytes = (text: string) => new TextEncoder().encode(text)

function first(specs: readonly AttemptSpec[]): AttemptSpec {
  const [spec] = specs
  if (spec === undefined) throw new Error('The worker was given nothing.')
  return spec
}

async function failure(promise: Promise<unknown>): Promise<{ code: string; recovery: string }> {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  )
  if (!isMillraceError(error)) throw new Error('It did not fail with an error of the tree.', { cause: error })
  return error
}

/** What every implementation of `WorkerApi` has to do, on a server of its own for each test. */
export function workerApiContract(
  name: string,
  start: () => Promise<{ readonly server: TestServer; readonly api: WorkerApi }>,
): void {
  const deployed = async (...args: Parameters<typeof manifestOf>) => {
    const { server, api } = await start()
    const answer = await server.call('POST', '/api/workflows', { body: manifestOf(...args) })
    expect(answer.status).toBe(201)
    const trigger = async (body: object = {}): Promise<string> =>
      (await server.call('POST', `/api/workflows/${args[1]?.name ?? 'flow'}/runs`, { body })).body.id
    return { server, api, trigger }
  }

  describe(name, () => {
    test('gives what is ready, with all that an attempt needs', async () => {
      const { api, trigger } = await deployed({ a: {}, b: { after: ['a'] } }, { params: null })
      const runId = await trigger({ params: { day: 'monday', none: null } })
      const worker = workerOf(api)
      const [spec, ...others] = await worker.claim(5)
      expect(others).toEqual([])
      expect(spec).toMatchObject({
        attempt: 1,
        run: { id: runId, workflow: 'flow', version: '1', trigger: 'manual', timezone: 'UTC' },
        node: { id: 'a', options: { queue: 'default' } },
        params: { day: 'monday', none: null },
        mapIndex: null,
        item: null,
        state: null,
        source: null,
        package: null,
        ancestors: [],
      })
    })

    test('waits for something to do, and answers as soon as there is', async () => {
      const { api, trigger } = await deployed({ a: {} })
      const worker = workerOf(api)
      const answer = worker.exchange({ want: 1, waitMs: 20_000 })
      const startedAt = performance.now()
      await trigger()
      expect((await answer).tasks).toHaveLength(1)
      expect(performance.now() - startedAt).toBeLessThan(5000)
    })

    test('gives nothing to who wants nothing, and nothing of other queues', async () => {
      const { api, trigger } = await deployed({ a: {} })
      await trigger()
      expect((await workerOf(api).exchange()).tasks).toEqual([])
      expect((await workerOf(api, { queues: ['gpu'] }).exchange({ want: 5 })).tasks).toEqual([])
    })

    test('stops waiting when the worker asks for it', async () => {
      const { api } = await deployed({ a: {} })
      const controller = new AbortController()
      const poll = workerOf(api).exchange({ want: 1, waitMs: 20_000 }, controller.signal)
      const ended = poll.then(
        () => 'ended',
        () => 'ended',
      )
      controller.abort()
      expect(await ended).toBe('ended')
    })

    test('settles results once: what is sent again is refused and does no harm', async () => {
      const { server, api, trigger } = await deployed({ a: {} })
      const runId = await trigger()
      const worker = workerOf(api)
      const spec = first(await worker.claim())
      expect((await worker.end(spec)).settled).toEqual([{ ...refOf(spec), accepted: true }])
      expect((await worker.end(spec, { kind: 'skip', reason: 'late' })).settled).toEqual([
        { ...refOf(spec), accepted: false },
      ])
      expect((await server.call('GET', `/api/runs/${runId}`)).body.state).toBe('success')
    })

    test('keeps failures, and tries again what has retries', async () => {
      const { server, api, trigger } = await deployed({ a: { retries: 1, retryDelaySeconds: 0 } })
      const runId = await trigger()
      const worker = workerOf(api)
      const failed: Outcome = {
        kind: 'failure',
        failure: { reason: 'error', code: 'TASK_FAILED', message: 'Nein.', stack: 'at a' },
      }
      await worker.end(first(await worker.claim()), failed)
      const second = first(await worker.claim())
      expect(second.attempt).toBe(2)
      await worker.end(second, failed)
      expect((await server.call('GET', `/api/runs/${runId}`)).body.state).toBe('failed')
      const { body } = await server.call('GET', `/api/task-runs/${second.taskRunId}/attempts`)
      expect(body).toMatchObject([
        { attempt: 2, outcome: 'failed', failure: { message: 'Nein.' } },
        { attempt: 1, outcome: 'failed' },
      ])
    })

    test('gives a deferred task again, with what it left', async () => {
      const { api, trigger } = await deployed({ a: {} })
      await trigger()
      const worker = workerOf(api)
      await worker.end(first(await worker.claim()), {
        kind: 'defer',
        seconds: 0,
        state: { seen: [1, null] },
        reason: 'no file',
      })
      expect(first(await worker.claim())).toMatchObject({ attempt: 2, state: { seen: [1, null] } })
    })

    test('tells a worker what it lost, and what it is to stop', async () => {
      const { server, api, trigger } = await deployed({ a: {} })
      const runId = await trigger()
      const worker = workerOf(api)
      const spec = first(await worker.claim())
      const other = await workerOf(api).exchange({ running: [refOf(spec)] })
      expect(other.lost).toEqual([refOf(spec)])
      const poll = worker.exchange({ running: [refOf(spec)], waitMs: 20_000 })
      await server.call('POST', `/api/runs/${runId}/cancel`)
      expect(await poll).toMatchObject({ stop: [{ ...refOf(spec), reason: 'cancelled' }], lost: [] })
    })

    test('shows progress while a task runs', async () => {
      const { server, api, trigger } = await deployed({ a: {} })
      await trigger()
      const worker = workerOf(api)
      const spec = first(await worker.claim())
      await worker.exchange({ running: [{ ...refOf(spec), progress: { done: 3, total: 9, unit: 'rows' } }] })
      const { body } = await server.call('GET', `/api/task-runs/${spec.taskRunId}`)
      expect(body).toMatchObject({ state: 'running', progress: { done: 3, total: 9, unit: 'rows' }, worker: 'worker' })
    })

    test('shows what a task told last with the end of its attempt', async () => {
      const { server, api, trigger } = await deployed({ a: {} })
      await trigger()
      const worker = workerOf(api)
      const spec = first(await worker.claim())
      const progress = { done: 9, unit: 'rows', bytes: 90 }
      await worker.exchange({ results: [{ ...refOf(spec), outcome: success(null), progress }] })
      const path = `/api/task-runs/${spec.taskRunId}`
      expect((await server.call('GET', path)).body).toMatchObject({ state: 'success', progress })
      expect((await server.call('GET', `${path}/attempts`)).body).toMatchObject([{ outcome: 'success', progress }])
    })

    test('adds to a log what is not there yet, and refuses gaps', async () => {
      const { server, api, trigger } = await deployed({ a: {} })
      await trigger()
      const worker = workerOf(api)
      const spec = first(await worker.claim())
      const log = worker.lease(spec)
      await api.appendLog({ ...log, offset: 0 }, bytes('{"a":1}\n'))
      await api.appendLog({ ...log, offset: 0 }, bytes('{"a":1}\n'))
      await api.appendLog({ ...log, offset: 8 }, bytes('{"b":"ü"}\n'))
      expect(await failure(api.appendLog({ ...log, offset: 100 }, bytes('{}\n')))).toMatchObject({
        code: 'ARTIFACT_GAP',
        recovery: 'data',
      })
      await api.appendLog({ ...log, workerId: randomUUID(), offset: 19 }, bytes('{"stranger":1}\n'))
      const { body } = await server.call('GET', `/api/task-runs/${spec.taskRunId}/log`)
      expect(body).toBe('{"a":1}\n{"b":"ü"}\n')
    })

    test('hands outputs on: of a node, of a mapped one as a list, of one without a result null', async () => {
      const { api, trigger } = await deployed({
        list: {},
        each: { mapOver: 'list' },
        last: { after: ['each', 'list'] },
      })
      await trigger()
      const worker = workerOf(api)
      await worker.end(first(await worker.claim()), success([{ n: 1 }, null]))
      const items = await worker.claim(5)
      expect(items.map(({ item, mapIndex }) => [mapIndex, item])).toEqual([
        [0, { n: 1 }],
        [1, null],
      ])
      await worker.exchange({
        results: items.map((spec, index) => ({ ...refOf(spec), outcome: success(index === 0 ? 'x' : null) })),
      })
      const last = first(await worker.claim())
      expect(await api.output(worker.lease(last), 'list')).toEqual([{ n: 1 }, null])
      expect(await api.output(worker.lease(last), 'each')).toEqual(['x', null])
      expect(await api.output(worker.lease(last), 'last')).toBeNull()
      expect(await failure(api.output({ ...worker.lease(last), attempt: 9 }, 'list'))).toMatchObject({
        code: 'ATTEMPT_LOST',
      })
    })

    test('takes large outputs, several at once', async () => {
      const { api, trigger } = await deployed({ a: {}, b: {}, c: {}, end: { after: ['a', 'b', 'c'] } })
      await trigger()
      const worker = workerOf(api)
      const specs = await worker.claim(5)
      const text = 'ä"\n\u0000'.repeat(400_000)
      const { settled } = await worker.exchange({
        results: specs.map((spec) => ({ ...refOf(spec), outcome: success({ text, of: spec.node.id }) })),
      })
      expect(settled.map(({ accepted }) => accepted)).toEqual([true, true, true])
      const end = first(await worker.claim())
      expect(await api.output(worker.lease(end), 'b')).toEqual({ text, of: 'b' })
    })

    test('takes what careless tasks say: numbers that are none, long texts, null characters', async () => {
      const { server, api, trigger } = await deployed({ a: {}, b: {} })
      await trigger()
      const worker = workerOf(api)
      const [a, b] = await worker.claim(2)
      if (a === undefined || b === undefined) throw new Error('Two tasks are ready.')
      const progress = { done: Number.NaN, unit: 'x'.repeat(10_000) }
      expect((await worker.exchange({ running: [{ ...refOf(a), progress }] })).lost).toEqual([])
      expect((await server.call('GET', `/api/task-runs/${a.taskRunId}`)).status).toBe(200)
      const failure = { reason: 'error' as const, code: 'X', message: '\0'.repeat(5000), stack: 'x'.repeat(20_000) }
      const { settled } = await worker.exchange({
        results: [
          { ...refOf(a), outcome: { kind: 'failure', failure }, metrics: { cpuMs: Number.NaN }, progress },
          { ...refOf(b), outcome: { kind: 'skip', reason: '\ud800'.repeat(5000) } },
        ],
      })
      expect(settled.map(({ accepted }) => accepted)).toEqual([true, true])
      expect((await server.call('GET', `/api/task-runs/${a.taskRunId}/attempts`)).status).toBe(200)
      expect((await server.call('GET', `/api/runs/${a.run.id}/task-runs`)).status).toBe(200)
    })

    test('gives packages by their hash, whole', async () => {
      const { server, api } = await start()
      const zip = Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(3_000_000, 7)])
      const sha256 = createHash('sha256').update(zip).digest('hex')
      await server.call('PUT', `/api/packages/${sha256}`, { bytes: zip })
      const given = Buffer.from(await api.package(sha256, never))
      expect(given.equals(zip)).toBe(true)
      expect(await failure(api.package('0'.repeat(64), never))).toMatchObject({ code: 'ARTIFACT_MISSING' })
    })

    test('knows no connections and secrets where the platform keeps none, and gives none that the task does not name', async () => {
      const { api, trigger } = await deployed({ a: { connections: ['lake/eu'], secrets: ['API_KEY'] } })
      await trigger()
      const worker = workerOf(api)
      const lease = worker.lease(first(await worker.claim()))
      expect(await api.connection(lease, 'lake/eu')).toBeNull()
      expect(await api.secret(lease, 'API_KEY')).toBeNull()
      const refused = await failure(api.connection(lease, 'lake/us'))
      expect(refused).toMatchObject({ code: 'CONNECTION_NOT_DECLARED', recovery: 'config' })
      expect(await failure(api.secret(lease, 'lake/eu'))).toMatchObject({ code: 'SECRET_NOT_DECLARED' })
    })

    test('answers questions about an attempt only to the worker that holds it', async () => {
      const { server, api, trigger } = await deployed({
        a: {},
        b: { after: ['a'], connections: ['lake'], secrets: ['API_KEY'] },
      })
      const runId = await trigger()
      const worker = workerOf(api)
      await worker.end(first(await worker.claim()), success('of a'))
      const lease = worker.lease(first(await worker.claim()))
      expect(await api.output(lease, 'a')).toBe('of a')
      const questions = (of: typeof lease): readonly Promise<unknown>[] => [
        api.output(of, 'a'),
        api.connection(of, 'lake'),
        api.secret(of, 'API_KEY'),
        api.trigger(of, { workflow: 'flow' }),
        api.runState(of, runId),
        api.taskState(of, runId, 'a'),
        api.findRun(of, { workflow: 'flow', at: '2026-01-02T03:00:00Z' }),
      ]
      const other = workerOf(api)
      await other.exchange()
      const lost = { code: 'ATTEMPT_LOST', recovery: 'data' }
      for (const refused of await Promise.all(questions({ ...lease, workerId: other.id }).map(failure))) {
        expect(refused).toMatchObject(lost)
      }
      await worker.exchange({ results: [{ ...lease, outcome: success(null) }] })
      for (const refused of await Promise.all(questions(lease).map(failure))) expect(refused).toMatchObject(lost)
      const { body } = await server.call('GET', '/api/runs?workflow=flow')
      expect(body).toHaveLength(1)
    })

    test('starts runs, and finds runs and tasks of others', async () => {
      const { server, api, trigger } = await deployed({ a: {} })
      await server.call('POST', '/api/workflows', { body: manifestOf({ x: {} }, { name: 'other' }) })
      await trigger()
      const worker = workerOf(api)
      const spec = first(await worker.claim())
      const lease = worker.lease(spec)
      const at = '2026-01-02T03:00:00.000Z'
      const request = { workflow: 'other', params: { n: 1 }, key: 'once', logicalDate: at }
      const runId = await api.trigger(lease, request)
      expect(await api.trigger(lease, request)).toBe(runId)
      const { body } = await server.call('GET', `/api/runs/${runId}`)
      expect(body).toMatchObject({ trigger: 'workflow', parent_run: spec.run.id, logical_date: at, params: { n: 1 } })
      expect(await api.runState(lease, runId)).toBe('running')
      expect(await api.taskState(lease, runId, 'x')).toBe('ready')
      expect(await api.taskState(lease, runId, 'nothing')).toBeNull()
      expect(await api.findRun(lease, { workflow: 'other', at })).toEqual({ runId, state: 'running' })
      expect(await api.findRun(lease, { workflow: 'other', at: '2020-01-01T00:00:00Z' })).toBeNull()
    })

    test('says what is wrong with what a task asks for, in a way that another try does not help', async () => {
      const { api, trigger } = await deployed(
        { a: {} },
        {
          params: {
            type: 'object',
            properties: { n: { type: 'integer' } },
            required: ['n'],
            additionalProperties: false,
          },
        },
      )
      await trigger({ params: { n: 1 } })
      const worker = workerOf(api)
      const lease = worker.lease(first(await worker.claim()))
      expect(await failure(api.trigger(lease, { workflow: 'flwo' }))).toMatchObject({
        code: 'WORKFLOW_MISSING',
        recovery: 'data',
        message: expect.stringContaining('Did you mean "flow"?'),
      })
      expect(await failure(api.trigger(lease, { workflow: 'flow', params: { n: 'x' } }))).toMatchObject({
        code: 'PARAM_INVALID',
        recovery: 'config',
      })
      expect(await failure(api.runState(lease, '999999'))).toMatchObject({ code: 'RUN_MISSING', recovery: 'data' })
    })

    test('takes back at once what a worker that ends still holds', async () => {
      const { api, trigger } = await deployed({ a: {} })
      await trigger()
      const worker = workerOf(api)
      const spec = first(await worker.claim())
      await api.goodbye(worker.id)
      const again = first(await workerOf(api).claim())
      expect(again).toMatchObject({ taskRunId: spec.taskRunId, attempt: 2 })
    })
  })
}
