import { randomUUID } from 'node:crypto'
import type { WorkerInfo } from '@millrace/engine'
import type { AttemptSpec, Outcome } from '@millrace/workflow'
import { describe, expect, test } from 'vitest'
import { manifestOf, type TestServer, useServers } from '../test-server.fixture.ts'

const servers = useServers()
const never = new AbortController().signal
const success: Outcome = { kind: 'success', output: null }
const failed: Outcome = { kind: 'failure', failure: { reason: 'error', code: 'TASK_FAILED', message: 'No rows.' } }

function workerOf({ server: { workerApi } }: TestServer) {
  const worker: WorkerInfo = {
    id: randomUUID(),
    name: 'w1',
    host: 'host',
    pid: 1,
    version: '1',
    queues: ['default'],
    slots: 10,
  }
  const idle = { worker, results: [], running: [], want: 0, waitMs: 0 }
  return {
    claim: async (want = 1): Promise<readonly AttemptSpec[]> =>
      (await workerApi.exchange({ ...idle, want, waitMs: 5000 }, never)).tasks,
    end: async ({ taskRunId, attempt }: AttemptSpec, outcome: Outcome = success) =>
      await workerApi.exchange({ ...idle, results: [{ taskRunId, attempt, outcome }] }, never),
    /** Does everything that is ready until nothing is, each node by its outcome. */
    async work(outcomes: Readonly<Record<string, Outcome>> = {}) {
      for (;;) {
        const { tasks } = await workerApi.exchange({ ...idle, want: 10 }, never)
        if (tasks.length === 0) return
        for (const spec of tasks) await this.end(spec, outcomes[spec.node.id])
      }
    },
  }
}

async function withFlow(...[nodes, rest]: Parameters<typeof manifestOf>) {
  const started = await servers.start()
  await started.call('POST', '/api/workflows', { body: manifestOf(nodes, rest) })
  return { ...started, worker: workerOf(started) }
}

describe('triggering', () => {
  const params = {
    type: 'object',
    properties: { day: { type: 'string' }, limit: { type: 'integer', default: 10 } },
    required: ['day'],
    additionalProperties: false,
  }

  test('makes a run with checked parameters and their defaults', async () => {
    const { call } = await withFlow({ a: {} }, { params })
    const body = { params: { day: 'monday' }, logical_date: '2026-01-02T03:04:05+01:00', priority: 5 }
    const { status, body: run } = await call('POST', '/api/workflows/flow/runs', { body })
    expect(status).toBe(201)
    expect(run).toMatchObject({
      id: expect.stringMatching(/^\d+$/),
      workflow: 'flow',
      version: '1',
      state: 'running',
      trigger: 'manual',
      params: { day: 'monday', limit: 10 },
      logical_date: '2026-01-02T02:04:05.000Z',
      data_interval: { end: '2026-01-02T02:04:05.000Z' },
      priority: 5,
      open_tasks: 1,
    })
    expect(Object.values(run)).not.toContain(null)
    expect((await call('GET', `/api/runs/${run.id}`)).body).toEqual({ ...run, task_states: { ready: 1 } })
  })

  test('refuses parameters that do not fit, naming each, and makes no run', async () => {
    const { call } = await withFlow({ a: {} }, { params })
    const wrong = await call('POST', '/api/workflows/flow/runs', { body: { params: { limit: 'x', dya: 'monday' } } })
    expect(wrong.status).toBe(422)
    expect(wrong.body.error.message).toMatch(/dya/)
    expect(wrong.body.error.message).toMatch(/limit/)
    expect(wrong.body.error.message).toMatch(/day/)
    expect((await call('POST', '/api/workflows/flow/runs', { body: { param: {} } })).body.error.message).toContain(
      'body.param is not known (did you mean params?)',
    )
    expect((await call('GET', '/api/runs')).headers.get('total')).toBe('0')
  })

  test('needs no body where all parameters have defaults', async () => {
    const { call } = await withFlow({ a: {} })
    expect((await call('POST', '/api/workflows/flow/runs')).status).toBe(201)
  })

  test('with a key that was used gives that run, also when two ask at once', async () => {
    const { call } = await withFlow({ a: {} })
    const ask = () => call('POST', '/api/workflows/flow/runs', { body: { key: 'daily-2026-01-01' } })
    const answers = await Promise.all([ask(), ask(), ask(), ask()])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201])
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
  })

  test('takes the version that is asked for, and says which there are not', async () => {
    const { call } = await withFlow({ a: {} })
    await call('POST', '/api/workflows', { body: manifestOf({ a: {}, b: {} }, { version: '2' }) })
    const old = await call('POST', '/api/workflows/flow/runs', { body: { version: '1' } })
    expect(old.body).toMatchObject({ version: '1', open_tasks: 1 })
    expect((await call('POST', '/api/workflows/flow/runs', { body: { version: '9' } })).status).toBe(404)
    expect((await call('POST', '/api/workflows/folw/runs', { body: {} })).body.error).toMatchObject({
      code: 1404,
      detail: 'WORKFLOW_MISSING',
    })
  })
})

test('runs are listed newest first, by workflow, state, trigger and dates, in pages or from a run on', async () => {
  const { call, worker } = await withFlow({ a: {} })
  await call('POST', '/api/workflows', { body: manifestOf({ a: {} }, { name: 'other' }) })
  const ids: string[] = []
  for (const day of ['01', '02', '03', '04', '05']) {
    const body = { logical_date: `2026-01-${day}T00:00:00Z` }
    ids.unshift((await call('POST', '/api/workflows/flow/runs', { body })).body.id)
  }
  await worker.work()
  await call('POST', '/api/workflows/other/runs', { body: {} })
  const list = async (query: string): Promise<string[]> =>
    (await call('GET', `/api/runs?${query}`)).body.map(({ id }: { id: string }) => id)
  expect(await list('workflow=flow')).toEqual(ids)
  expect(await list('state=running&state=queued')).toHaveLength(1)
  expect(await list('trigger=schedule')).toEqual([])
  expect(await list('from=2026-01-02T00:00:00Z&to=2026-01-04T00:00:00Z')).toEqual(ids.slice(2, 4))
  expect(await list('workflow=flow&per_page=2&page=2')).toEqual(ids.slice(2, 4))
  expect(await list(`workflow=flow&per_page=2&before=${ids[1]}`)).toEqual(ids.slice(2, 4))
  const headers = (await call('GET', '/api/runs?per_page=4')).headers
  expect([headers.get('total'), headers.get('total-pages')]).toEqual(['6', '2'])
  expect((await call('GET', '/api/runs?state=done')).body.error.message).toContain('query.state')
})

test('the graph of a run has its nodes, edges, states and what came of items', async () => {
  const { call, worker } = await withFlow({
    list: {},
    join: { after: ['list'], spacer: true },
    each: { mapOver: 'list' },
  })
  const { body: run } = await call('POST', '/api/workflows/flow/runs')
  const [list] = await worker.claim()
  if (list !== undefined) await worker.end(list, { kind: 'success', output: [1, 2, 3] })
  const [one] = await worker.claim()
  if (one !== undefined) await worker.end(one, failed)
  const { body } = await call('GET', `/api/runs/${run.id}/graph`)
  expect(body).toMatchObject({
    nodes: [
      { id: 'list', kind: 'task', state: 'success', ended_at: expect.any(String) },
      { id: 'join', kind: 'spacer', state: 'success' },
      { id: 'each', state: 'expanded', items: { total: 3, success: 0, failed: 1, skipped: 0 } },
    ],
    edges: [
      { from: 'list', to: 'join' },
      { from: 'list', to: 'each' },
    ],
    groups: [],
  })
  expect((await call('GET', `/api/runs/${run.id}`)).body).toMatchObject({
    task_states: { success: 2, failed: 1, ready: 2 },
    first_failure: { node: 'each', map_index: 0, attempt: 1, code: 'TASK_FAILED', message: 'No rows.' },
  })
})

test('task runs say why they are in their state', async () => {
  const { call, worker } = await withFlow({ a: { pool: 'db' }, b: { after: ['a'] }, c: { queue: 'gpu' } })
  const { body: run } = await call('POST', '/api/workflows/flow/runs')
  const reasons = async () => {
    const { body } = await call('GET', `/api/runs/${run.id}/task-runs`)
    return Object.fromEntries(body.map((row: { node: string; reason: string }) => [row.node, row.reason]))
  }
  expect(await reasons()).toMatchObject({
    a: 'waiting for pool `db`, which does not exist: create it, or deploy without it',
    b: 'waiting for a (ready)',
    c: expect.stringContaining('none serves queue `gpu`'),
  })
  const claimed = worker.claim()
  await call('PUT', '/api/pools/db', { body: { slots: 1 } })
  const [a] = await claimed
  expect(await reasons()).toMatchObject({ a: expect.stringMatching(/^running on w1 on host since /) })
  if (a !== undefined) await worker.end(a, failed)
  const { body } = await call('GET', `/api/runs/${run.id}/task-runs?state=failed&state=upstream_failed`)
  expect(body).toMatchObject([
    { node: 'a', state: 'failed', reason: expect.stringContaining('No rows.'), attempt: 1, failures: 1 },
    { node: 'b', state: 'upstream_failed', reason: 'it needs a, which failed' },
  ])
  expect((await call('GET', `/api/runs/${run.id}/task-runs?node=b`)).body).toHaveLength(1)
  expect((await call('GET', `/api/runs/${run.id}/task-runs?node=d`)).status).toBe(404)
})

describe('a run that failed', () => {
  const failedRun = async () => {
    const started = await withFlow({ a: {}, b: { after: ['a'] }, c: { after: ['b'] }, x: {} })
    const { body: run } = await started.call('POST', '/api/workflows/flow/runs')
    await started.worker.work({ b: failed })
    const states = async () => {
      const { body } = await started.call('GET', `/api/runs/${run.id}/graph`)
      return body.nodes.map(({ state }: { state: string }) => state).join(' ')
    }
    expect(await states()).toBe('success failed upstream_failed success')
    const { body } = await started.call('GET', `/api/runs/${run.id}`)
    expect(body.first_failure).toMatchObject({ node: 'b', attempt: 1, code: 'TASK_FAILED', message: 'No rows.' })
    expect(body.first_failure).not.toHaveProperty('map_index')
    return { ...started, path: `/api/runs/${run.id}`, states }
  }

  test('is retried from where it failed', async () => {
    const { call, path, states, worker } = await failedRun()
    const retried = await call('POST', `${path}/retry`)
    expect(retried.body).toMatchObject({ state: 'running', open_tasks: 2 })
    expect(await states()).toBe('success ready waiting success')
    expect((await call('GET', path)).body).not.toHaveProperty('first_failure')
    await worker.work()
    expect((await call('GET', path)).body.state).toBe('success')
    const again = await call('POST', `${path}/retry`)
    expect(again.status).toBe(409)
    expect(again.body.error.detail).toBe('NOTHING_TO_RETRY')
  })

  test('has nodes cleared, with what follows or without', async () => {
    const { call, path, states, worker } = await failedRun()
    await call('POST', `${path}/clear`, { body: { nodes: ['a'] } })
    expect(await states()).toBe('ready waiting waiting success')
    await worker.work()
    await call('POST', `${path}/clear`, { body: { nodes: ['a'], downstream: false } })
    expect(await states()).toBe('ready success success success')
    const unknown = await call('POST', `${path}/clear`, { body: { nodes: ['e'] } })
    expect(unknown.status).toBe(404)
    expect(unknown.body.error.detail).toBe('NODE_MISSING')
  })

  test('has a task marked, and goes on from there', async () => {
    const { call, path, states, worker } = await failedRun()
    const marked = await call('POST', `${path}/mark`, { body: { node: 'b', state: 'success', note: 'loaded by hand' } })
    expect(marked.body.state).toBe('running')
    expect(await states()).toBe('success success ready success')
    const [b] = (await call('GET', `${path}/task-runs?node=b`)).body
    expect(b.reason).toBe('marked as success: loaded by hand')
    await worker.work()
    expect((await call('GET', path)).body.state).toBe('success')
  })
})

test('what waits for its next try is tried at once, and refused is what does not', async () => {
  const { call, worker } = await withFlow({ a: { retries: 1, retryDelaySeconds: 3600 }, b: {} })
  const { body: run } = await call('POST', '/api/workflows/flow/runs')
  await worker.work({ a: failed, b: { kind: 'defer', seconds: 3600, reason: 'no file yet' } })
  const path = `/api/runs/${run.id}/try-now`
  const [a] = (await call('GET', `/api/runs/${run.id}/task-runs?node=a`)).body
  expect(a.reason).toMatch(/^waiting until .*: retry 1 of 1 after: No rows\.$/)
  expect((await call('POST', path, { body: { map_index: 0 } })).status).toBe(422)
  expect((await call('POST', path, { body: { node: 'a' } })).body).toMatchObject({ id: run.id, state: 'running' })
  expect(await call('POST', path, { body: { node: 'a' } })).toMatchObject({
    status: 409,
    body: { error: { detail: 'TASK_NOT_PAUSED', message: expect.stringContaining('it is in the queue') } },
  })
  expect((await call('POST', path)).status).toBe(200)
  await worker.work()
  expect((await call('GET', `/api/runs/${run.id}`)).body.state).toBe('success')
})

test('a run is cancelled whatever it does, and cancelling it again changes nothing', async () => {
  const { call, worker } = await withFlow({ a: {}, b: { after: ['a'] } })
  const { body: run } = await call('POST', '/api/workflows/flow/runs')
  const [a] = await worker.claim()
  const cancelled = await call('POST', `/api/runs/${run.id}/cancel`)
  expect(cancelled.body).toMatchObject({ state: 'running', reason: 'cancelled by request', open_tasks: 1 })
  const stop: Outcome = { kind: 'failure', failure: { reason: 'cancelled', code: 'CANCELLED', message: 'Stopped.' } }
  if (a !== undefined) await worker.end(a, stop)
  expect((await call('POST', `/api/runs/${run.id}/cancel`)).body).toMatchObject({ state: 'cancelled', open_tasks: 0 })
})

test('the priority of a run is that of its tasks', async () => {
  const { call, worker } = await withFlow({ a: { priority: 1 } })
  const first = (await call('POST', '/api/workflows/flow/runs')).body.id
  const second = (await call('POST', '/api/workflows/flow/runs')).body.id
  expect((await call('PATCH', `/api/runs/${second}`, { body: { priority: 10 } })).body.priority).toBe(10)
  expect((await worker.claim(2)).map(({ run }) => run.id)).toEqual([second, first])
  expect((await call('PATCH', `/api/runs/${second}`, { body: { state: 'success' } })).status).toBe(422)
})

test('what happened to a run is told in order, from any event on', async () => {
  const { call, worker } = await withFlow({ a: {} })
  const { body: run } = await call('POST', '/api/workflows/flow/runs')
  await worker.work()
  const { body: events } = await call('GET', `/api/runs/${run.id}/events`)
  expect(events.map(({ kind }: { kind: string }) => kind)).toEqual([
    'run.created',
    'run.started',
    'task.started',
    'task.ended',
    'run.ended',
  ])
  expect(events[3]).toMatchObject({ node: 'a', data: { state: 'success' } })
  const rest = await call('GET', `/api/runs/${run.id}/events?after=${events[2].id}&limit=1`)
  expect(rest.body).toEqual([events[3]])
  const stream = await call('GET', `/api/runs/${run.id}/events/stream`, {
    headers: { 'last-event-id': `${events[3].id}` },
  })
  expect(stream.body).toBe(
    `: connected\n\nid: ${events[4].id}\nevent: event\ndata: ${JSON.stringify(events[4])}\n\nevent: end\ndata: {"state":"success"}\n\n`,
  )
  expect((await call('GET', '/api/runs/99/events/stream')).status).toBe(404)
})

test('outputs, attempts and logs of a task run are there to be read', async () => {
  const started = await withFlow({ a: {} })
  const { call, worker, server } = started
  const { body: run } = await call('POST', '/api/workflows/flow/runs')
  const [before] = (await call('GET', `/api/runs/${run.id}/task-runs`)).body
  const early = await call('GET', `/api/task-runs/${before.id}/log`)
  expect(early.status).toBe(404)
  expect(early.body.error.message).toContain('was not started yet')
  const [spec] = await worker.claim()
  if (spec === undefined) throw new Error('A task is ready.')
  const line = Buffer.from('{"at":1,"level":"info","source":"log","text":"a"}\n')
  const [held] = (await call('GET', '/api/workers')).body
  const ref = { taskRunId: spec.taskRunId, attempt: 1, workerId: held.id }
  for (const offset of [0, line.length]) await server.workerApi.appendLog({ ...ref, offset }, line)
  const part = await call('GET', `/api/task-runs/${spec.taskRunId}/log?offset=${line.length}&limit=10`)
  expect(part.body).toBe('{"at":1,"l')
  expect(part.headers.get('log-next-offset')).toBe(`${line.length + 10}`)
  expect(part.headers.get('log-complete')).toBe('false')
  await worker.end(spec, { kind: 'success', output: { rows: 3, none: null } })
  const whole = await call('GET', `/api/task-runs/${spec.taskRunId}/log?attempt=1`)
  expect(whole.headers.get('log-complete')).toBe('true')
  expect(whole.body).toBe(`${line}${line}`)
  expect((await call('GET', `/api/task-runs/${spec.taskRunId}/log?attempt=2`)).status).toBe(404)
  expect((await call('GET', `/api/task-runs/${spec.taskRunId}/output`)).body).toEqual({
    value: { rows: 3, none: null },
  })
  expect((await call('GET', `/api/task-runs/${spec.taskRunId}/attempts`)).body).toMatchObject([
    { attempt: 1, outcome: 'success', worker: 'w1', log_bytes: line.length * 2 },
  ])
})
