import { connect } from 'node:net'
import pg from 'pg'

/** Requests that so many clients make, each its next one when it has the answer to the last. */
export type Load =
  | {
      readonly kind: 'http'
      readonly port: number
      readonly clients: number
      readonly seconds: number
      readonly requests: readonly string[]
    }
  | {
      readonly kind: 'sql'
      readonly url: string
      readonly clients: number
      readonly seconds: number
      readonly statement: Statement
    }

export interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
}

export interface LoadResult {
  readonly latenciesMs: readonly number[]
  readonly seconds: number
}

/** As many as the server has. */
const connections = 10

process.on('message', async (load: Load) => {
  try {
    process.send?.({ result: await run(load) })
  } catch (error) {
    process.send?.({ failure: String((error as Error).stack) })
  }
})
process.on('disconnect', () => process.exit())

async function run(load: Load): Promise<LoadResult> {
  const latenciesMs: number[] = []
  await using ask = load.kind === 'http' ? await httpClients(load) : sqlClients(load)
  const start = performance.now()
  const end = start + load.seconds * 1000
  let asked = 0
  const clients = Array.from({ length: load.clients }, async (_, client) => {
    for (;;) {
      const before = performance.now()
      if (before >= end) return
      await ask.once(client, asked++)
      latenciesMs.push(performance.now() - before)
    }
  })
  await Promise.all(clients)
  return { latenciesMs, seconds: (performance.now() - start) / 1000 }
}

interface Asking extends AsyncDisposable {
  once(client: number, asked: number): Promise<void>
}

function sqlClients({ url, statement }: Extract<Load, { kind: 'sql' }>): Asking {
  const pool = new pg.Pool({ connectionString: url, max: connections })
  const query = { name: 'measured', text: statement.text, values: [...statement.values] }
  return {
    once: async () => void (await pool.query(query)),
    [Symbol.asyncDispose]: async () => await pool.end(),
  }
}

/** Sockets that are kept open, and no more of HTTP than these answers need: the client shares the machine with what is measured. */
async function httpClients({ port, clients, requests }: Extract<Load, { kind: 'http' }>): Promise<Asking> {
  const texts = requests.map((request) => Buffer.from(request))
  const sockets = await Promise.all(Array.from({ length: clients }, async () => await openSocket(port)))
  return {
    once: async (client, asked) => await (sockets[client] as Socket).ask(texts[asked % texts.length] as Buffer),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.end()
    },
  }
}

interface Socket {
  ask(request: Buffer): Promise<void>
  end(): void
}

async function openSocket(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  let waiting: { resolve(): void; reject(error: Error): void } | null = null
  let answer = ''
  let length = -1
  socket.setEncoding('latin1')
  socket.on('data', (text: string) => {
    answer += text
    if (length < 0) length = lengthOf(answer)
    if (length < 0 || answer.length < length) return
    const isGood = answer.startsWith('HTTP/1.1 200')
    const done = waiting
    const first = answer.slice(0, 1000)
    answer = ''
    length = -1
    if (isGood) done?.resolve()
    else done?.reject(new Error(`The server answered:\n${first}`))
  })
  socket.on('error', (error) => waiting?.reject(error))
  socket.on('close', () => waiting?.reject(new Error('The server closed the connection.')))
  return {
    ask: (request) =>
      new Promise<void>((resolve, reject) => {
        waiting = { resolve, reject }
        socket.write(request)
      }),
    end: () => void socket.destroy(),
  }
}

/** Of head and body; -1 while the head is not complete. */
function lengthOf(answer: string): number {
  const end = answer.indexOf('\r\n\r\n')
  if (end < 0) return -1
  const length = /\r\ncontent-length: (\d+)/i.exec(answer.slice(0, end))?.[1]
  if (length === undefined) throw new Error(`An answer without its length:\n${answer.slice(0, end)}`)
  return end + 4 + Number(length)
}
