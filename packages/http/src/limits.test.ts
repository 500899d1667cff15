import { z } from '@hono/zod-openapi'
import { createLogger } from '@millrace/core'
import { expect, test } from 'vitest'
import { type ApiOptions, createApi } from './api.ts'
import type { EndpointOptions } from './endpoint.ts'
import { requestMetrics } from './request-metrics.ts'
import { serverEvents } from './sse.ts'

async function service(options: Partial<ApiOptions<Record<never, never>>> = {}) {
  const log = await createLogger({ name: 'test', level: 'silent' })
  return createApi({ log, closing: new AbortController().signal, authenticate: [], admit: {}, ...options })
}

const get = { method: 'get', tag: 't', summary: 'S', access: 'anyone' } as const
const thing = { ...get, path: '/thing', operationId: 'getThing', answers: { 200: z.object({ id: z.int() }) } }

test('HEAD is answered as GET, without a body', async () => {
  const api = await service()
  api.endpoint(thing, () => ({ status: 200, body: { id: 1 }, headers: { etag: '"A"' } }))
  const response = await api.request('/thing', { method: 'HEAD' })
  expect([response.status, response.headers.get('etag'), await response.text()]).toEqual([200, '"A"', ''])
  expect(response.headers.get('x-request-id')).not.toBeNull()
})

test('HEAD of a stream ends the stream', async () => {
  const api = await service()
  const ended = Promise.withResolvers<void>()
  const source: AsyncIterableIterator<{ data: number }> = {
    [Symbol.asyncIterator]: () => source,
    next: async () => ({ done: false, value: { data: 1 } }),
    async return() {
      ended.resolve()
      return { done: true, value: undefined }
    },
  }
  const answers = { 200: { contentType: 'text/event-stream' } }
  api.endpoint({ ...get, path: '/events', operationId: 'events', answers }, ({ signal }) => ({
    response: serverEvents(source, signal),
  }))
  await api.request('/events', { method: 'HEAD' })
  await ended.promise
})

test('a handler that takes too long is told, and its caller as well', async () => {
  const api = await service({ requestTimeoutMs: 20 })
  const told = Promise.withResolvers<void>()
  api.endpoint({ ...get, path: '/slow', operationId: 'slow', answers: { 204: null } }, async ({ signal }) => {
    signal.addEventListener('abort', () => told.resolve())
    await new Promise(() => {})
    return { status: 204 }
  })
  const response = await api.request('/slow')
  expect([response.status, await response.json()]).toMatchObject([
    504,
    { error: { code: 1504, detail: 'REQUEST_TIMEOUT', message: expect.stringContaining('after 0.02 s') } },
  ])
  await told.promise
})

test('an endpoint may have more time than the others', async () => {
  const api = await service({ requestTimeoutMs: 1 })
  api.endpoint(
    { ...get, path: '/slow', operationId: 'slow', answers: { 204: null }, timeoutSeconds: 60 },
    async ({ signal }) => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      return { status: signal.aborted ? (500 as 204) : 204 }
    },
  )
  expect((await api.request('/slow')).status).toBe(204)
})

test('answers stay out of caches unless they say otherwise, and https is for ever once it is there', async () => {
  const api = await service({ isHttps: true })
  api.endpoint(thing, () => ({ status: 200, body: { id: 1 } }))
  const kept = { ...thing, path: '/kept', operationId: 'getKept' }
  api.endpoint(kept, () => ({ status: 200, body: { id: 1 }, headers: { 'cache-control': 'max-age=5' } }))
  const { headers } = await api.request('/thing')
  expect(headers.get('cache-control')).toBe('no-store')
  expect(headers.get('strict-transport-security')).toBe('max-age=31536000')
  expect((await api.request('/kept')).headers.get('cache-control')).toBe('max-age=5')
  expect((await (await service()).request('/none')).headers.has('strict-transport-security')).toBe(false)
})

test('pages elsewhere may call only when the operator says so, and without cookies', async () => {
  const closed = await service()
  closed.endpoint(thing, () => ({ status: 200, body: { id: 1 } }))
  const headers = { origin: 'https://tools.test' }
  expect((await closed.request('/thing', { headers })).headers.has('access-control-allow-origin')).toBe(false)
  const api = await service({ corsOrigins: ['https://tools.test'] })
  api.endpoint(thing, () => ({ status: 200, body: { id: 1 } }))
  const answer = await api.request('/thing', { headers })
  expect(answer.headers.get('access-control-allow-origin')).toBe('https://tools.test')
  expect(answer.headers.has('access-control-allow-credentials')).toBe(false)
  expect(answer.headers.get('access-control-expose-headers')?.split(',')).toEqual(
    expect.arrayContaining(['ETag', 'X-Request-ID', 'total-pages', 'x-total-pages']),
  )
  const asked = { ...headers, 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'if-match' }
  expect((await api.request('/thing', { method: 'OPTIONS', headers: asked })).status).toBe(204)
  const other = await api.request('/thing', { headers: { origin: 'https://evil.test' } })
  expect(other.headers.has('access-control-allow-origin')).toBe(false)
})

test('forms are read where they are expected', async () => {
  const api = await service()
  const form: EndpointOptions<never, unknown, unknown, { grant_type: string }, { 200: z.ZodType<{ got: string }> }> = {
    ...{ ...get, method: 'post', path: '/form', operationId: 'form', form: true },
    body: z.strictObject({ grant_type: z.string() }),
    answers: { 200: z.object({ got: z.string() }) },
  }
  api.endpoint(form, ({ body }) => ({ status: 200, body: { got: body.grant_type } }))
  const send = async (body: string, type = 'application/x-www-form-urlencoded') =>
    await api.request('/form', { method: 'POST', body, headers: { 'content-type': type } })
  expect(await (await send('grant_type=a+b%26')).json()).toEqual({ got: 'a b&' })
  expect((await send('grant_type=a&grant_type=b')).status).toBe(422)
  expect((await send('grant_type=%00')).status).toBe(422)
  expect((await send('{"grant_type":"a"}', 'application/json')).status).toBe(415)
  const paths = api.document({ title: 'T', version: '1' }).paths
  expect(JSON.stringify(paths)).toContain('application/x-www-form-urlencoded')
})

test('hosts that the server does not know are refused before anything else', async () => {
  const api = await service({ isKnownHost: (hostname) => hostname === 'localhost' })
  api.endpoint(thing, () => ({ status: 200, body: { id: 1 } }))
  expect((await api.request('http://localhost:1/thing')).status).toBe(200)
  expect((await api.request('http://evil.test/thing')).status).toBe(421)
})

test('requests are counted by operation and status, with how long they took', async () => {
  const { note, read } = requestMetrics()
  const api = await service({ onAnswer: note })
  api.endpoint(thing, () => ({ status: 200, body: { id: 1 } }))
  for (const path of ['/thing', '/thing', '/guess-1', '/guess-2']) await api.request(path)
  const counts = read().map(({ operation, status, count, atMost }) => [operation, status, count, atMost.at(-1)])
  expect(counts).toEqual([
    ['getThing', 200, 2, 2],
    ['unknown', 404, 2, 2],
  ])
})
