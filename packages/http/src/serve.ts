import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { ConfigError } from '@millrace/core'
import { notePeer } from './client-address.ts'

export interface ServeOptions {
  readonly fetch: (request: Request) => Promise<Response>
  /** Default `127.0.0.1`. */
  readonly host?: string
  /** 0 takes a free one. */
  readonly port: number
}

export interface HttpServer {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string
  /**
   * Takes no more connections, lets requests that run end, and cuts off what is still there after `timeoutMs` (default
   * 10,000). Answers that wait for something have to be ended by their own signal before.
   */
  close(options?: { readonly timeoutMs?: number }): Promise<void>
}

/**
 * Listens for HTTP.
 *
 * @throws ConfigError PORT_IN_USE, PORT_NOT_PERMITTED, HOST_UNKNOWN.
 */
export async function serve(options: ServeOptions): Promise<HttpServer> {
  const { host = '127.0.0.1', port } = options
  const server = createServer(
    {
      // A client that sends its request byte by byte must not hold a connection for ever.
      headersTimeout: 30_000,
      requestTimeout: 300_000,
      // Longer than load balancers keep idle connections (60 s as a rule): they, not we, have to close first.
      keepAliveTimeout: 75_000,
    },
    getRequestListener(
      (request, { incoming }) => {
        notePeer(request, incoming.socket.remoteAddress)
        return options.fetch(request)
      },
      { overrideGlobalObjects: false },
    ),
  )
  await listen(server, host, port)
  const address = server.address() as AddressInfo
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return {
    url: `http://${name}:${address.port}`,
    close: ({ timeoutMs = 10_000 } = {}) => close(server, timeoutMs),
  }
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)))
    server.listen(port, host, resolve)
  })
}

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): Error {
  const place = `${host}:${port}`
  switch (cause.code) {
    case 'EADDRINUSE':
      return new ConfigError('PORT_IN_USE', {
        message: `Another process listens on ${place}. Stop it, or choose another port.`,
        cause,
      })
    case 'EACCES':
      return new ConfigError('PORT_NOT_PERMITTED', {
        message: `This account may not listen on ${place}. Choose a port above 1023.`,
        cause,
      })
    case 'ENOTFOUND':
    case 'EADDRNOTAVAIL':
      return new ConfigError('HOST_UNKNOWN', {
        message: `This machine has no address "${host}" to listen on. Use 127.0.0.1, or 0.0.0.0 for all of its addresses.`,
        cause,
      })
    default:
      return cause
  }
}

async function close(server: Server, timeoutMs: number): Promise<void> {
  const late = setTimeout(() => server.closeAllConnections(), timeoutMs)
  // Connections whose last answer ends now would be kept for further requests, which nobody would answer.
  const idle = setInterval(() => server.closeIdleConnections(), 20)
  try {
    await new Promise<void>((resolve) => server.close(() => resolve()))
  } finally {
    clearTimeout(late)
    clearInterval(idle)
  }
}
