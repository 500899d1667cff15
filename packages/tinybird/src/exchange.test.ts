import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { selfSignedCertificate } from '@millrace/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTinybirdClient } from './client.ts'
import { HTTPError } from './errors.ts'
import { type ScriptedServer, startScriptedServer, testToken } from './scripted-server.test.fixture.ts'

let server: ScriptedServer
beforeAll(async () => {
  server = await startScriptedServer()
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  server.requests.length = 0
  server.clock.waits.length = 0
})

const csv = { format: 'csv' } as const

/** Endless, and tells when it was closed. */
function endless() {
  const state = { chunks: 0, opened: 0, closed: 0 }
  const chunk = Buffer.alloc(100_000, 'x')
  const content = async function* () {
    state.opened++
    try {
      while (true) {
        state.chunks++
        yield chunk
      }
    } finally {
      state.closed++
    }
  }
  return { state, content }
}

describe('an upload', () => {
  it('goes no faster than the server reads', async () => {
    const { state, content } = endless()
    const reached = Promise.withResolvers<void>()
    server.script((request) => {
      // Nothing is read: the buffers between the two processes fill up, then all stands still.
      request.pause()
      reached.resolve()
    })
    const controller = new AbortController()
    const upload = server.client().appendStream('flights', content, { ...csv, signal: controller.signal })
    upload.catch(() => {})
    await reached.promise
    // Standing still is the absence of an event, so it has to be looked for.
    let before = -1
    while (before !== state.chunks) {
      before = state.chunks
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect(state.chunks * 100_000).toBeLessThan(20_000_000)
    controller.abort(new Error('enough'))
    await expect(upload).rejects.toThrow('enough')
    await expect.poll(() => state.closed).toBe(1)
  })

  it('is cut, not completed, when it is aborted or its source fails', async () => {
    for (const how of ['abort', 'fail'] as const) {
      const controller = new AbortController()
      const ended = Promise.withResolvers<{ complete: boolean; bytes: number }>()
      server.script((request) => {
        let bytes = 0
        request.on('data', (chunk) => (bytes += chunk.byteLength))
        request.on('close', () => ended.resolve({ complete: request.complete, bytes }))
        request.on('error', () => {})
      })
      const upload = server.client().appendStream(
        'flights',
        async function* () {
          yield Buffer.alloc(1_000_000)
          if (how === 'fail') throw new TypeError('the source broke')
          controller.abort(new Error('the user stopped'))
          yield Buffer.alloc(1_000_000)
        },
        { ...csv, signal: controller.signal },
      )
      // The source's own error, not one of the client.
      await expect(upload).rejects.toThrow(how === 'fail' ? new TypeError('the source broke') : 'the user stopped')
      expect(await ended.promise).toMatchObject({ complete: false })
    }
  })

  it('is not begun when it is aborted before', async () => {
    const { state, content } = endless()
    const signal = AbortSignal.abort(new Error('too late'))
    await expect(server.client().appendStream('flights', content, { ...csv, signal })).rejects.toThrow('too late')
    expect([state.opened, server.requests.length]).toEqual([0, 0])
  })

  it('ends with an error, once, when the server closes the connection in the middle', async () => {
    const { state, content } = endless()
    server.script((request) => {
      request.once('data', () => request.socket.destroy())
    })
    const error = await server
      .client()
      .appendStream('flights', content, csv)
      .catch((thrown) => thrown)
    expect(error).toBeInstanceOf(HTTPError)
    expect(error).toMatchObject({ status: 0, recovery: 'transient', details: { attempts: 1 } })
    expect(error.message).toContain('whether the request took effect')
    expect(error.cause).toBeInstanceOf(Error)
    expect(state).toMatchObject({ opened: 1, closed: 1 })
  })

  it('stops when the server refuses early, and is sent whole with the next attempt', async () => {
    const sizes: number[] = []
    const { state, content } = endless()
    server.script(
      (request, response) => {
        request.once('data', () => response.writeHead(408).end('{"error":"busy"}'))
      },
      { status: 413, body: { error: 'too large' } },
    )
    const limited = async function* () {
      for await (const chunk of content()) {
        yield chunk
        if (++sizes.length === 100) return
      }
    }
    const error = await server
      .client()
      .appendStream('flights', limited, csv)
      .catch((thrown) => thrown)
    expect(error).toMatchObject({ status: 413 })
    expect(server.clock.waits).toEqual([2000])
    expect(state).toMatchObject({ opened: 2, closed: 2 })
  })

  it('fails when the server takes nothing for too long', async () => {
    const { content } = endless()
    server.script((request) => void request.pause())
    const client = server.client({ writeTimeoutMs: 150 })
    await expect(client.appendStream('flights', content, csv)).rejects.toThrow('The server took no data after 0.15 s.')
  })
})

describe('an answer', () => {
  it('may take longer than any other timeout, up to the deadline', async () => {
    server.script((request, response) => {
      request.resume()
      setTimeout(() => response.end('{"successful_rows":5}'), 800)
    })
    const timeouts = { connectTimeoutMs: 600, writeTimeoutMs: 600 }
    expect(await server.client(timeouts).appendData('flights', '1\n', csv)).toMatchObject({ successfulRows: 5 })
    const impatient = server.client({ ...timeouts, requestDeadlineMs: 200 })
    await expect(impatient.appendData('flights', '1\n', csv)).rejects.toThrow(
      'The answer was not complete after 0.2 s.',
    )
    await expect(impatient.query('SELECT 1')).rejects.toMatchObject({ status: 0, details: { attempts: 1 } })
  })

  it('to a stream may take as long as after any other request, however long its source took', async () => {
    const slow = async function* () {
      for (let row = 0; row < 6; row++) {
        await new Promise((resolve) => setTimeout(resolve, 150))
        yield Buffer.from(`${row}\n`)
      }
    }
    server.script(async (request, response) => {
      await request.resume().toArray()
      response.end('{"successful_rows":6}')
    })
    const impatient = server.client({ requestDeadlineMs: 700 })
    expect(await impatient.appendStream('flights', slow, csv)).toMatchObject({ successfulRows: 6 })
    server.script((request) => void request.resume())
    await expect(impatient.appendStream('flights', slow, csv)).rejects.toThrow('not complete after 0.7 s.')
  })

  it('that breaks off is none', async () => {
    server.script((_request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{"data":[', () => response.destroy())
    })
    await expect(server.client().query('SELECT 1')).rejects.toMatchObject({ status: 0, details: { attempts: 6 } })
    await expect(server.client().appendData('flights', '1\n', csv)).rejects.toMatchObject({ status: 0 })
  })

  it.each([
    ['text/plain', 'Bad name', 'Bad name.'],
    ['text/plain', '  two\nlines! \n', 'two\nlines!'],
    ['text/html', '<h1>502</h1>', '<h1>502</h1>.'],
    ['application/json', '{"error":"first","errors":["second","third"]}', 'first, second, third.'],
    ['application/json', '{"errors":["only."],"documentation":"https://x"}', 'only.'],
    ['application/json', '{"error":true}', 'without a reason.'],
    ['application/json', '["odd"]', 'without a reason.'],
    ['application/json', '{"error":"cut', '{"error":"cut.'],
    ['application/json', '', 'without a reason.'],
  ])('of %s that says %j is told as it is', async (type, body, told) => {
    server.script({ status: 400, headers: { 'content-type': type }, body })
    await expect(server.client().truncate('flights')).rejects.toThrow(
      `Tinybird answered POST /v0/datasources/flights/truncate with 400: ${told} Change the request`,
    )
  })
})

it('does not take the page of a proxy for success', async () => {
  server.script({ headers: { 'content-type': 'text/html' }, body: '<html>Please sign in' })
  const client = server.client()
  for (const call of [client.query('SELECT 1'), client.appendData('flights', '1\n', csv), client.jobs()]) {
    await expect(call).rejects.toThrow(
      /with 200: <html>Please sign in\. That is no answer of Tinybird: check the endpoint\./,
    )
  }
  expect(server.clock.waits).toEqual([])
})

describe('a redirect', () => {
  it('is followed with method, body and token to the same origin', async () => {
    for (const status of [301, 302, 307, 308]) {
      server.requests.length = 0
      server.script({ status, headers: { location: '/v0/elsewhere?a=1' } }, { body: { successful_rows: 4 } })
      expect(await server.client().appendData('flights', '1\n', csv)).toMatchObject({ successfulRows: 4 })
      expect(server.requests[1]).toMatchObject({ method: 'POST', url: '/v0/elsewhere?a=1', text: '1\n' })
      expect(server.requests[1]?.headers.authorization).toBe(`Bearer ${testToken}`)
    }
  })

  it('does not take the token to another host, and says why that fails', async () => {
    await using other = await startScriptedServer()
    other.script({ status: 403, body: { error: 'no token' } })
    server.script({ status: 307, headers: { location: `${other.url.replace('127.0.0.1', 'localhost')}/v0/sql` } })
    const error = await server
      .client()
      .query('SELECT 1')
      .catch((thrown) => thrown)
    expect(other.requests[0]?.headers.authorization).toBeUndefined()
    expect(error).toMatchObject({ status: 403 })
    expect(error.message).toContain('redirected to localhost, which does not get the token')
    server.script({ status: 307, headers: { location: `${other.url}/v0/sql` } })
    await expect(server.client().query('SELECT 1')).rejects.toMatchObject({ status: 403 })
    expect(other.requests[1]?.headers.authorization).toBeUndefined()
  })

  it('becomes a GET with 303, and ends as an error where it leads nowhere', async () => {
    server.script({ status: 303, headers: { location: '/done' } }, { body: { successful_rows: 1 } })
    await server.client().appendData('flights', '1\n', csv)
    expect(server.requests[1]).toMatchObject({ method: 'GET', url: '/done', text: '' })
    server.script({ status: 302, headers: { location: '/again' } })
    await expect(server.client().query('SELECT 1')).rejects.toMatchObject({ status: 302 })
    server.script({ status: 302 })
    await expect(server.client().query('SELECT 1')).rejects.toMatchObject({ status: 302 })
  })
})

describe('a connection', () => {
  it('is used again', async () => {
    server.script({ body: { successful_rows: 1 } })
    const client = server.client()
    for (let n = 0; n < 5; n++) await client.appendData('flights', '1\n', csv)
    expect(new Set(server.requests.map(({ connection }) => connection)).size).toBe(1)
  })

  it('that is not made in time fails', async () => {
    // TLS to a server that says nothing: the connection is there, but never ready.
    await using silent = await listen(createTcpServer())
    const client = createTinybirdClient({
      token: testToken,
      endpoint: `https://127.0.0.1:${silent.port}`,
      connectTimeoutMs: 100,
    })
    await expect(client.truncate('flights')).rejects.toThrow('There was no connection after 0.1 s.')
  })

  it('is encrypted where the endpoint says so', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-tls-'))
    const { certificate, key } = selfSignedCertificate()
    await writeFile(join(folder, 'ca.pem'), certificate)
    let bytes = 0
    const answering = createHttpsServer({ cert: certificate, key }, (request, response) => {
      request.on('data', (chunk) => (bytes += chunk.byteLength)).on('end', () => response.end('{}'))
    })
    await using secure = await listen(answering)
    const uploader = fileURLToPath(new URL('./upload-process.test.fixture.ts', import.meta.url))
    const args = ['--conditions=@millrace/source', uploader, `https://localhost:${secure.port}`, 'stream', '5000000']
    const env = { ...process.env, NODE_OPTIONS: '', NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') }
    await promisify(execFile)(process.execPath, args, { env })
    expect(bytes).toBeGreaterThan(5_000_000)
    await rm(folder, { recursive: true })
  })

  it('to a server with a certificate that nobody trusts is refused at once', async () => {
    const { certificate, key } = selfSignedCertificate()
    await using secure = await listen(createHttpsServer({ cert: certificate, key }))
    const client = server.client({ endpoint: `https://127.0.0.1:${secure.port}` })
    await expect(client.query('SELECT 1')).rejects.toMatchObject({ status: 0, details: { attempts: 1 } })
    expect(server.clock.waits).toEqual([])
  })
})

async function listen(tcp: Server) {
  const sockets = new Set<Socket>()
  tcp.on('connection', (socket) => sockets.add(socket.on('error', () => {})))
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve))
  return {
    port: (tcp.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => tcp.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
