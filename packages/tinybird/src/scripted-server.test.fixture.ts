import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { createTinybirdClient } from './client.ts'
import type { TinybirdClient, TinybirdOptions } from './types.ts'
import { type VirtualClock, virtualClock } from './virtual-clock.test.fixture.ts'

export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly url: string
  readonly headers: IncomingMessage['headers']
  /** As it was sent. */
  readonly raw: Buffer
  /** Decompressed. */
  readonly text: string
  /** Which connection it came over, counted from 1. */
  readonly connection: number
}

/** `cut` reads the request and closes the connection without an answer. */
export type Reply =
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  | 'cut'
  /** Answers by itself; the request's body is not read. */
  | ((request: IncomingMessage, response: ServerResponse) => void)

export interface ScriptedServer extends AsyncDisposable {
  readonly url: string
  readonly requests: SeenRequest[]
  readonly clock: VirtualClock
  readonly messages: string[]
  client(options?: Partial<TinybirdOptions>): TinybirdClient
  /** Answers of the next requests in turn; the last one stays. */
  script(...replies: readonly Reply[]): void
}

export const testToken = 'p.eyJ1IjogInNlY3JldCJ9.a-b_c'

/** A real HTTP server that answers what it is told. */
export async function startScriptedServer(): Promise<ScriptedServer> {
  const requests: SeenRequest[] = []
  const messages: string[] = []
  const sockets = new Map<Socket, number>()
  const clock = virtualClock()
  let replies: Reply[] = [{}]
  const server = createServer(async (request, response) => {
    const reply = (replies.length > 1 ? replies.shift() : replies[0]) ?? {}
    if (typeof reply === 'function') {
      reply(request, response)
      return
    }
    const raw = await buffer(request).catch(() => null)
    // Given up by the client.
    if (raw === null) return
    requests.push(seen(request, raw, sockets.get(request.socket) ?? 0))
    if (reply === 'cut') {
      request.socket.destroy()
      return
    }
    const { status = 200, headers = {}, body = {} } = reply
    const json = typeof body !== 'string'
    response.writeHead(status, { 'content-type': json ? 'application/json' : 'text/plain', ...headers })
    response.end(json && !Buffer.isBuffer(body) ? JSON.stringify(body) : body)
  })
  server.on('connection', (socket) => sockets.set(socket, sockets.size + 1))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    requests,
    clock,
    messages,
    client: (options) =>
      createTinybirdClient({
        token: testToken,
        endpoint: url,
        tag: 'nightly',
        clock,
        onMessage: (level, message) => messages.push(`${level} ${message}`),
        ...options,
      }),
    script(...next) {
      replies = [...next]
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

function seen(request: IncomingMessage, raw: Buffer, connection: number): SeenRequest {
  const url = new URL(request.url ?? '', 'http://host')
  const gzipped = request.headers['content-encoding'] === 'gzip'
  return {
    method: request.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    url: request.url ?? '',
    headers: request.headers,
    raw,
    text: String(gzipped ? gunzipSync(raw) : raw),
    connection,
  }
}
