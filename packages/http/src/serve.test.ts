import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { createLogger } from '@millrace/core'
import { afterEach, expect, test } from 'vitest'
import { createApi } from './api.ts'
import { healthEndpoints } from './health.ts'
import { type HttpServer, serve } from './serve.ts'
import { type ServerEvent, serverEvents } from './sse.ts'

const servers: HttpServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close({ timeoutMs: 100 })))
})

async function start(events: (signal: AbortSignal) => AsyncIterable<ServerEvent> = async function* () {}) {
  const closing = new AbortController()
  const log = await createLogger({ name: 'test', level: 'silent' })
  const api = createApi({ log, closing: closing.signal, authenticate: [], admit: {} })
  let broken = false
  const check = async () => {
    if (broken) throw new Error('down')
  }
  healthEndpoints(api, { version: '1.2.3', checks: { database: check }, closing: closing.signal })
  const waiting = Promise.withResolvers<void>()
  api.endpoint(
    {
      method: 'get',
      path: '/wait',
      operationId: 'wait',
      tag: 't',
      summary: 'Waits',
      access: 'anyone',
      answers: { 204: null },
    },
    async ({ signal }) => {
      waiting.resolve()
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return { status: 204 }
    },
  )
  api.endpoint(
    {
      method: 'get',
      path: '/events',
      operationId: 'events',
      tag: 't',
      summary: 'Events',
      access: 'anyone',
      answers: { 200: { contentType: 'text/event-stream' } },
    },
    ({ signal }) => ({ response: serverEvents(events(signal), signal) }),
  )
  const server = await serve({ fetch: api.fetch, port: 0 })
  servers.push(server)
  return {
    url: server.url,
    closing,
    waiting: waiting.promise,
    server,
    breakDown: () => {
      broken = true
    },
  }
}

test('tells its version, that it lives, and whether it is ready', async () => {
  const { url, breakDown, closing } = await start()
  expect(await (await fetch(`${url}/version`)).json()).toEqual({ version: '1.2.3' })
  expect(await (await fetch(`${url}/api/health`)).json()).toEqual({ status: 'ok' })
  expect(await (await fetch(`${url}/api/ready`)).json()).toEqual({ ready: true, checks: { database: 'ok' } })
  breakDown()
  const broken = await fetch(`${url}/api/ready`)
  expect(broken.status).toBe(503)
  expect(await broken.json()).toEqual({ ready: false, checks: { database: 'failed' } })
  closing.abort()
  expect((await fetch(`${url}/api/ready`)).status).toBe(503)
})

test('answers calls that wait at once when it closes, and takes no new ones', async () => {
  const { url, waiting, closing, server } = await start()
  const answer = fetch(`${url}/wait`)
  await waiting
  closing.abort()
  const closed = server.close()
  expect((await answer).status).toBe(204)
  await closed
  await expect(fetch(`${url}/version`)).rejects.toThrow()
})

test('cuts off clients that never finish their request when its time to close is over', async () => {
  const { url, server, closing } = await start()
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  await new Promise<void>((resolve) => socket.once('connect', resolve))
  socket.write('POST /wait HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc')
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.resume().on('error', () => {})
  closing.abort()
  await server.close({ timeoutMs: 50 })
  await ended
})

test('tells the call when its client went away', async () => {
  const left = Promise.withResolvers<void>()
  const { url } = await start(async function* (signal) {
    signal.addEventListener('abort', () => left.resolve())
    yield { data: 'first' }
    await left.promise
  })
  const client = new AbortController()
  const response = await fetch(`${url}/events`, { signal: client.signal })
  await response.body?.getReader().read()
  client.abort()
  await left.promise
})

test('sends events with their names and ids, and ends with their source', async () => {
  const { url } = await start(async function* () {
    yield { id: '1', event: 'log', data: { text: 'a\nb' } }
    yield { id: '2', data: [1] }
  })
  const response = await fetch(`${url}/events`)
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  expect(await response.text()).toBe(': connected\n\nid: 1\nevent: log\ndata: {"text":"a\\nb"}\n\nid: 2\ndata: [1]\n\n')
})

test('ends streams when it closes, and tells their source', async () => {
  const ended = Promise.withResolvers<void>()
  const { url, closing, server } = await start(async function* (signal) {
    try {
      yield { data: 1 }
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    } finally {
      ended.resolve()
    }
  })
  const response = await fetch(`${url}/events`)
  const events = response.body?.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]()
  let text = ''
  while (!text.includes('data: 1')) text += (await events?.next())?.value
  closing.abort()
  await server.close()
  expect(await events?.next()).toMatchObject({ done: true })
  await ended.promise
})

test('asks the source for no more than a slow client takes', async () => {
  let made = 0
  const { url } = await start(async function* () {
    while (true) yield { data: 'x'.repeat(64 * 1024 + made++ * 0) }
  })
  const response = await fetch(`${url}/events`)
  const reader = response.body?.getReader()
  await reader?.read()
  // The buffers of both ends of the connection fill, and then nothing more is made.
  let before = -1
  while (before !== made) {
    before = made
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  expect(made).toBeLessThan(1000)
  await reader?.cancel()
})

test('says who has to give way when its port is taken', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo
  try {
    await expect(serve({ fetch: async () => new Response(), port })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: `Another process listens on 127.0.0.1:${port}. Stop it, or choose another port.`,
    })
  } finally {
    other.close()
  }
  await expect(serve({ fetch: async () => new Response(), port: 0, host: '203.0.113.1' })).rejects.toMatchObject({
    code: 'HOST_UNKNOWN',
  })
})
