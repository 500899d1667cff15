import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ReceivedRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface ScriptedAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | object
  /** Ends the connection without an answer. */
  readonly cut?: boolean
}

export interface ScriptedServer extends AsyncDisposable {
  readonly url: string
  readonly received: ReceivedRequest[]
  /** Answers of the next requests, before the usual one. */
  script(...answers: readonly ScriptedAnswer[]): void
}

/** A real HTTP server that answers what it is told and remembers what it got. */
export async function startScriptedServer(
  usual: (request: ReceivedRequest) => ScriptedAnswer,
): Promise<ScriptedServer> {
  const received: ReceivedRequest[] = []
  const scripted: ScriptedAnswer[] = []
  const server = createServer(async (incoming, outgoing) => {
    const parts: Buffer[] = []
    for await (const part of incoming) parts.push(part as Buffer)
    const { method = '', url: path = '', headers } = incoming
    const request = { method, path, headers, body: Buffer.concat(parts).toString() }
    received.push(request)
    const answer = scripted.shift() ?? usual(request)
    if (answer.cut) return void incoming.socket.destroy()
    outgoing.writeHead(answer.status ?? 200, { 'Content-Type': 'application/json', ...answer.headers })
    outgoing.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {}))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    script: (...answers) => void scripted.push(...answers),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
