import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  ApiError,
  createClient,
  followEvents,
  followLive,
  followLog,
  type RunEvent,
  UnreachableError,
} from '@millrace/client'
import { createLogger } from '@millrace/core'
import { httpWorkerApi, type WorkerInfo } from '@millrace/engine'
import { describe, expect, test } from 'vitest'
import { startServer } from './start-server.ts'
import { adminToken, manifestOf, type TestServer, useServers } from './test-server.fixture.ts'

const servers = useServers()
const worker: WorkerInfo = {
  id: '6d8e0a52-7f3b-4d64-9d0c-0b2c3b9f7a10',
  name: 'w',
  host: 'h',
  pid: 1,
  version: '1',
  queues: ['default'],
  slots: 4,
}
const never = new AbortController().signal

async function clientOf({ server }: TestServer) {
  return createClient({ url: server.url, token: adminToken })
}

describe('the client', () => {
  test('calls operations by their paths and gives their answers', async () => {
    const started = await servers.start()
    const client = await clientOf(started)
    expect(await client.get('/version')).toEqual({ version: '0.0.0' })
    const body = manifestOf({ a: {} })
    await client.post('/api/workflows', { body: body as never })
    const run = await client.post('/api/workflows/{workflow}/runs', {
      params: { path: { workflow: 'flow' } },
      body: { key: 'k' },
    })
    expect(run.state).toBe('running')
    const runs = await client.page('/api/runs', { params: { query: { state: ['running', 'queued'], per_page: 5 } } })
    expect(runs).toMatchObject({ page: 1, perPage: 5, total: 1, totalPages: 1, items: [{ id: run.id, key: 'k' }] })
    await client.put('/api/pools/{pool}', { params: { path: { pool: 'db/1' } }, body: { slots: 3 } })
    await client.delete('/api/pools/{pool}', { params: { path: { pool: 'db/1' } } })
  })

  test('throws what the server refuses, with all it says', async () => {
    const started = await servers.start()
    const client = await clientOf(started)
    const error = await client.get('/api/runs/{run}', { params: { path: { run: '77' } } }).catch((caught) => caught)
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ status: 404, code: 1404, detail: 'RUN_MISSING', traceId: expect.any(String) })
    expect(started.lines.some(({ requestId }) => requestId === error.traceId)).toBe(true)
  })

  test('R10: does not try again with a token that was refused', async () => {
    const started = await servers.start()
    let sent = 0
    const counting = (request: Request) => {
      sent += 1
      return fetch(request)
    }
    const stranger = createClient({ url: started.server.url, token: 'wrong', fetch: counting })
    await expect(stranger.get('/api/runs')).rejects.toMatchObject({ status: 401 })
    expect(sent).toBe(1)
  })

  test('sends again what may be repeated, and nothing else', async () => {
    const seen: string[] = []
    const answers: (number | 'cut')[] = []
    const flaky = createServer((request, response) => {
      seen.push(request.method ?? '')
      const answer = answers.shift() ?? 200
      if (answer === 'cut') return request.socket.destroy()
      response.writeHead(answer, { 'content-type': 'application/json', 'retry-after': '0' }).end('{"version":"1"}')
    })
    await new Promise<void>((resolve) => flaky.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(flaky.address() as AddressInfo).port}`
    const client = createClient({ url })
    try {
      answers.push('cut', 503, 429)
      expect(await client.get('/version')).toEqual({ version: '1' })
      expect(seen.splice(0)).toEqual(['GET', 'GET', 'GET', 'GET'])
      answers.push('cut')
      const params = { path: { workflow: 'f' } }
      await expect(client.post('/api/workflows/{workflow}/runs', { params, body: {} })).rejects.toBeInstanceOf(
        UnreachableError,
      )
      answers.push(503)
      await expect(client.post('/api/workflows/{workflow}/runs', { params, body: {} })).rejects.toMatchObject({
        status: 503,
      })
      answers.push(429)
      await client.post('/api/workflows/{workflow}/runs', { params, body: {} })
      expect(seen).toEqual(['POST', 'POST', 'POST', 'POST'])
    } finally {
      flaky.close()
    }
  })

  test('stops when it is told to, also after memory was tidied up meanwhile', async () => {
    const started = await servers.start()
    const client = await clientOf(started)
    const stop = new AbortController()
    const stream = followLive(client, { runs: true }, { signal: stop.signal })
    expect((await stream.next()).value).toEqual({ kind: 'ready' })
    const next = stream.next().catch((error: unknown) => error)
    setFlagsFromString('--expose-gc')
    const tidyUp: () => void = runInNewContext('gc')
    // What a request leaves is let go of when the loop has gone on for a moment.
    for (let at = 0; at < 5; at++) {
      tidyUp()
      await client.get('/version')
    }
    stop.abort()
    expect(await next).toMatchObject({ name: 'AbortError' })
  })

  test('follows a run and a log over a restart of the server, and misses nothing', async () => {
    const started = await servers.start()
    const { server, call, workerToken, db } = started
    const port = Number(new URL(server.url).port)
    const client = await clientOf(started)
    const api = httpWorkerApi({ url: server.url, token: await workerToken() })
    await call('POST', '/api/workflows', { body: manifestOf({ a: {}, b: { after: ['a'] } }) })
    const { body: run } = await call('POST', '/api/workflows/flow/runs', { body: {} })
    const events: RunEvent[] = []
    const started2 = Promise.withResolvers<void>()
    const lost = Promise.withResolvers<void>()
    const following = (async () => {
      const stream = followEvents(client, run.id, { onLost: () => lost.resolve() })
      for (;;) {
        const next = await stream.next()
        if (next.done) return next.value
        events.push(next.value)
        if (next.value.kind === 'task.started') started2.resolve()
      }
    })()
    const first = await api.exchange({ worker, results: [], running: [], want: 1, waitMs: 1000 }, never)
    const ref = { taskRunId: first.tasks[0]?.taskRunId ?? 0, attempt: 1 }
    await started2.promise
    const lines: string[] = []
    const firstLine = Promise.withResolvers<void>()
    const logging = (async () => {
      const stream = followLog(client, ref.taskRunId)
      for (;;) {
        const next = await stream.next()
        if (next.done) return next.value
        lines.push(next.value.text)
        firstLine.resolve()
      }
    })()
    const one = Buffer.from('{"at":1,"level":"info","source":"log","text":"ünö"}\n')
    await api.appendLog({ ...ref, workerId: worker.id, offset: 0 }, one)
    await firstLine.promise
    await server.close()
    await lost.promise
    await using again = await startServer({
      db,
      artifacts: server.engine.artifacts,
      log: await createLogger({ name: 'server', level: 'silent' }),
      adminToken,
      port,
      scheduler: false,
    })
    expect(again.url).toBe(server.url)
    const two = Buffer.from('{"at":2,"level":"info","source":"log","text":"two"}\n')
    await api.appendLog({ ...ref, workerId: worker.id, offset: one.length }, two)
    const done = { outcome: { kind: 'success' as const, output: null } }
    const next = await api.exchange(
      { worker, results: [{ ...ref, ...done }], running: [], want: 1, waitMs: 1000 },
      never,
    )
    const last = { taskRunId: next.tasks[0]?.taskRunId ?? 0, attempt: 1, ...done }
    await api.exchange({ worker, results: [last], running: [], want: 0, waitMs: 0 }, never)
    expect(await logging).toBe(one.length + two.length)
    expect(lines).toEqual(['ünö', 'two'])
    expect(await following).toBe('success')
    expect(events.map(({ kind, node }) => (node === undefined ? kind : `${kind} ${node}`))).toEqual(
      expect.arrayContaining([
        'run.created',
        'run.started',
        'task.started a',
        'task.ended a',
        'task.started b',
        'run.ended',
      ]),
    )
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
  })
})
