import { connect, createServer, type Socket } from 'node:net'

/** A network between a client and a server that fails when it is told to. */
export interface CuttingProxy extends AsyncDisposable {
  readonly port: number
  /** Cuts the first connection that carries more than so many bytes in this direction from now on; once. */
  cutAfter(direction: Direction, bytes: number): void
  /** Cuts all connections from now on, also new ones. */
  cutAll(): void
  cuts(): number
}
type Direction = 'request' | 'response'

export async function startCuttingProxy(port: number): Promise<CuttingProxy> {
  const open = new Set<Socket>()
  let plan: { direction: Direction; bytes: number } | null = null
  let down = false
  let cuts = 0
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    const end = () => {
      client.destroy()
      upstream.destroy()
    }
    const forward = (from: Socket, to: Socket, direction: Direction) => {
      open.add(from)
      let planned = plan
      let carried = 0
      from.on('data', (bytes: Buffer) => {
        if (planned !== plan) carried = 0
        planned = plan
        carried += bytes.length
        if (down || (plan?.direction === direction && carried > plan.bytes)) {
          plan = null
          cuts++
          end()
        } else if (!to.write(bytes)) {
          from.pause()
          to.once('drain', () => from.resume())
        }
      })
      from.on('error', end)
      from.on('close', () => {
        open.delete(from)
        end()
      })
    }
    forward(client, upstream, 'request')
    forward(upstream, client, 'response')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    cuts: () => cuts,
    cutAfter(direction, bytes) {
      plan = { direction, bytes }
    },
    cutAll() {
      down = true
      for (const socket of open) socket.destroy()
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
