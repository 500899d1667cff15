import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { httpWorkerApi } from './http-worker-api.ts'
import type { ExchangeRequest } from './worker-api.ts'

const never = new AbortController().signal
const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** A server that answers as a test says; the real one is tried with the suite that it shares with the engine. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse, body: string) => void) {
  const seen: { readonly url: string; readonly authorization: string | undefined; readonly body: string }[] = []
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece)
    const body = Buffer.concat(pieces).toString()
    seen.push({ url: request.url ?? '', authorization: request.headers.authorization, body })
    answer(request, response, body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, seen, api: httpWorkerApi({ url, token: 'secret-token' }) }
}

function request(rest: Partial<ExchangeRequest> = {}): ExchangeRequest {
  const worker = { id: 'w', name: 'w', host: 'h', pid: 1, version: '1', queues: ['default'], slots: 1 }
  return { worker, results: [], running: [], want: 0, waitMs: 0, ...rest }
}

const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) =>
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
const refusal = (status: number, detail: string) => ({ error: { code: 1000 + status, message: 'No.', detail } })

test.each([
  ['a token it does not know', 401, refusal(401, 'UNAUTHORIZED'), 'WORKER_TOKEN_REFUSED', 'config'],
  ['a queue that is not permitted', 403, refusal(403, 'QUEUE_NOT_PERMITTED'), 'QUEUE_NOT_PERMITTED', 'config'],
  ['a fault of its own', 500, refusal(500, 'X'), 'X', 'transient'],
  ['a database that is away', 503, refusal(503, 'UNAVAILABLE'), 'UNAVAILABLE', 'transient'],
  ['too many requests', 429, refusal(429, 'BUSY'), 'BUSY', 'transient'],
  ['a gateway in between', 502, '<html>', 'SERVER_REFUSED', 'transient'],
  ['another server', 404, '<html>', 'SERVER_REFUSED', 'config'],
  ['a gap', 409, refusal(409, 'ARTIFACT_GAP'), 'ARTIFACT_GAP', 'data'],
])('of %s it says how to recover', async (_, status, body, code, recovery) => {
  const { api } = await serve((_request, response) => json(response, status, body, { 'retry-after': '7' }))
  const error = await api.exchange(request(), never).catch((caught) => caught)
  expect(error).toMatchObject({ code, recovery })
  if (recovery === 'transient') expect(error.details.retryAfterMs).toBe(7000)
  expect(JSON.stringify({ ...error, message: error.message, stack: error.stack })).not.toContain('secret-token')
})

test.each([
  ['ends a connection without an answer', (_: IncomingMessage, response: ServerResponse) => response.socket?.destroy()],
  [
    'ends a connection in the middle of an answer',
    (_: IncomingMessage, response: ServerResponse) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"settled":[')
      setImmediate(() => response.socket?.destroy())
    },
  ],
  ['answers with what is no JSON', (_: IncomingMessage, response: ServerResponse) => response.end('<html>')],
])('a server that %s is taken to be away', async (_, answer) => {
  const { api } = await serve((given, response) => void answer(given, response))
  await expect(api.exchange(request(), never)).rejects.toMatchObject({
    code: 'SERVER_UNREACHABLE',
    recovery: 'transient',
  })
})

test('nobody else is told the token: redirects are not followed', async () => {
  const other = await serve((_request, response) => json(response, 200, {}))
  const { api } = await serve((_request, response) => response.writeHead(307, { location: other.url }).end())
  await expect(api.exchange(request(), never)).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' })
  expect(other.seen).toEqual([])
})

test('a call that its worker gives up ends with the reason of that', async () => {
  const arrived = Promise.withResolvers<void>()
  const { api } = await serve(() => arrived.resolve())
  const controller = new AbortController()
  const call = api.exchange(request({ waitMs: 60_000 }), controller.signal)
  await arrived.promise
  controller.abort(new Error('enough'))
  await expect(call).rejects.toThrow('enough')
})

test('results that are too many for one body come in several, and only the last asks for more', async () => {
  const { api, seen } = await serve((_request, response, body) => {
    const { results } = JSON.parse(body) as ExchangeRequest
    const settled = results.map(({ taskRunId, attempt }) => ({ taskRunId, attempt, accepted: true }))
    json(response, 200, { settled, lost: [], stop: [], tasks: [], leaseMs: 1 })
  })
  const output = 'x'.repeat(3 * 1024 * 1024)
  const results = [1, 2, 3, 4, 5].map((taskRunId) => ({
    taskRunId,
    attempt: 1,
    outcome: { kind: 'success' as const, output },
  }))
  const answer = await api.exchange(request({ results, running: [{ taskRunId: 9, attempt: 1 }], want: 2 }), never)
  expect(answer.settled.map(({ taskRunId }) => taskRunId)).toEqual([1, 2, 3, 4, 5])
  const bodies = seen.map(({ body }) => JSON.parse(body) as ExchangeRequest)
  expect(bodies.map((body) => [body.results.length, body.running.length, body.want])).toEqual([
    [2, 0, 0],
    [2, 0, 0],
    [1, 1, 2],
  ])
})

test('names with strange characters stay names', async () => {
  const { api, seen } = await serve((_request, response) => json(response, 200, { value: null, state: 'success' }))
  const lease = { taskRunId: 1, attempt: 2, workerId: 'w&1' }
  await api.connection(lease, 'a/../b?c=d#e')
  await api.output(lease, 'näme&x=y')
  await api.taskState(lease, '7', 'a b')
  expect(seen.map(({ url }) => url)).toEqual([
    '/api/worker/attempts/1/2/connections/a%2F..%2Fb%3Fc%3Dd%23e?worker=w%261',
    '/api/worker/attempts/1/2/output?worker=w%261&node=n%C3%A4me%26x%3Dy',
    '/api/worker/attempts/1/2/runs/7?worker=w%261&node=a+b',
  ])
  expect(seen[0]?.authorization).toBe('Bearer secret-token')
})

test.each(['localhost:80', 'ftp://host', 'http://user:password@host', ''])('the address %o is refused', (url) => {
  expect(() => httpWorkerApi({ url, token: 't' })).toThrow(expect.objectContaining({ code: 'SERVER_URL_INVALID' }))
})
