import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { ConfigError } from '@millrace/core'

export interface Listening extends AsyncDisposable {
  readonly url: string
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** @throws ConfigError PORT_IN_USE. */
export async function listen(handler: Handler, host = '127.0.0.1', port = 0): Promise<Listening> {
  const server = createServer((request, response) => {
    // A client that goes away is told by `close`; its errors are of no interest.
    request.on('error', () => {})
    response.on('error', () => {})
    handler(request, response).catch(() => response.destroy())
  })
  // A load takes as long as it takes.
  server.requestTimeout = 0
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') return reject(error)
      const message = `The port ${port} of ${host} is in use. Choose another one, or 0 for any that is free.`
      reject(new ConfigError('PORT_IN_USE', { message, cause: error }))
    })
    server.listen(port, host, resolve)
  })
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
