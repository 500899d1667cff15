import { EventEmitter, once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

/** A broker for the tests, which keeps streams in memory. Start the real system instead where there is one. */
export interface AcmeBroker extends AsyncDisposable {
  /** The same after a restart. */
  readonly port: number
  readonly connections: number
  createStream(): string
  publish(stream: string, values: readonly Uint8Array[]): void
  restart(): Promise<void>
}

interface Request {
  readonly id: number
  readonly operation: string
  readonly [field: string]: unknown
}

interface Group {
  /** Number of the first message that nobody was given yet. */
  next: number
  /** Given and not committed, by whom. */
  readonly held: Map<number, Socket>
  /** To be given again, before what is new. */
  returned: number[]
}

export async function startAcmeBroker(password: string): Promise<AcmeBroker> {
  const streams = new Map<string, { readonly value: string; readonly time: number }[]>()
  const groups = new Map<string, Group>()
  const sockets = new Set<Socket>()
  const changes = new EventEmitter().setMaxListeners(0)

  const server = createServer((socket) => {
    sockets.add(socket)
    let stop = new AbortController()
    let messages: { readonly value: string; readonly time: number }[] = []
    let group: Group = { next: 0, held: new Map(), returned: [] }

    const take = ({ max, maxBytes }: Request) => {
      const taken: object[] = []
      for (let bytes = 0; taken.length < Number(max) && bytes < Number(maxBytes); ) {
        const again = group.returned.shift()
        const n = again ?? group.next
        const message = messages[n]
        if (message === undefined) break
        if (again === undefined) group.next++
        group.held.set(n, socket)
        taken.push({ n, ...message, redelivered: again !== undefined })
        bytes += Buffer.byteLength(message.value, 'base64')
      }
      return taken
    }

    const operations: Readonly<Record<string, (request: Request) => object | Promise<object>>> = {
      hello: (request) => (request.password === password ? {} : { error: 'wrong password' }),
      join({ stream, group: name, from }) {
        const found = streams.get(String(stream))
        if (found === undefined) return { error: 'no such stream' }
        messages = found
        const key = JSON.stringify([stream, name])
        const next = from === 'earliest' ? 0 : messages.length
        group = groups.get(key) ?? { next, held: new Map(), returned: [] }
        groups.set(key, group)
        return {}
      },
      async pull(request) {
        const until = Date.now() + Number(request.waitMs)
        const { signal } = stop
        for (;;) {
          const left = until - Date.now()
          const taken = signal.aborted ? [] : take(request)
          if (taken.length > 0 || left <= 0 || signal.aborted) return { messages: taken }
          const enough = AbortSignal.any([signal, AbortSignal.timeout(left)])
          await once(changes, 'change', { signal: enough }).catch(() => {})
        }
      },
      cancel() {
        stop.abort()
        stop = new AbortController()
        return {}
      },
      commit({ numbers }) {
        for (const n of numbers as number[]) group.held.delete(n)
        return {}
      },
      lag: () => ({ lag: messages.length - group.next + group.held.size + group.returned.length }),
    }

    let known = false
    const lines = createInterface({ input: socket }).on('error', () => {})
    lines.on('line', async (line) => {
      const request = JSON.parse(line) as Request
      if (!known && request.operation !== 'hello') return socket.destroy()
      const answer = (await operations[request.operation]?.(request)) ?? { error: 'unknown operation' }
      if (request.operation === 'hello') known = !('error' in answer)
      if (socket.writable) socket.write(`${JSON.stringify({ id: request.id, ...answer })}\n`)
    })
    const leave = () => {
      sockets.delete(socket)
      stop.abort()
      const mine = [...group.held].flatMap(([n, holder]) => (holder === socket ? [n] : []))
      for (const n of mine) group.held.delete(n)
      group.returned = [...group.returned, ...mine].sort((a, b) => a - b)
      changes.emit('change')
    }
    socket
      .on('error', () => {})
      .on('end', leave)
      .on('close', leave)
  })

  const start = async (port: number) => void (await once(server.listen(port, '127.0.0.1'), 'listening'))
  const end = async () => {
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }
  await start(0)
  const { port } = server.address() as AddressInfo
  return {
    port,
    get connections() {
      return sockets.size
    },
    createStream() {
      const name = `stream-${streams.size}`
      streams.set(name, [])
      return name
    },
    publish(stream, values) {
      const time = Date.now()
      streams.get(stream)?.push(...values.map((value) => ({ value: Buffer.from(value).toString('base64'), time })))
      changes.emit('change')
    },
    async restart() {
      await end()
      await start(port)
    },
    [Symbol.asyncDispose]: end,
  }
}
