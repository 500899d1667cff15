import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger, type PlatformSettings, readPlatformSettings } from '@millrace/core'
import { openDatabase } from '@millrace/db'
import { localArtifacts } from '@millrace/engine'
import { type StartServerOptions, startServer } from '@millrace/server'
import { startDevSecrets } from './dev/dev-secrets.ts'
import { projectValues } from './project/project-values.ts'
import { createSecrets } from './secrets.ts'
import { runWorker } from './worker/run-worker.ts'

export const serverToken = 'the-token-of-the-server'

/** A server with its scheduler and a worker, all in this process, on a database that is given. */
export interface Platform extends AsyncDisposable {
  readonly url: string
}

export async function startPlatform(
  databaseUrl: string,
  {
    env = {},
    serverSettings = {},
    ...options
  }: Partial<StartServerOptions> & {
    /** Of tasks. */
    readonly env?: Readonly<Record<string, string>>
    readonly serverSettings?: Partial<PlatformSettings>
  } = {},
): Promise<Platform> {
  await using started = new AsyncDisposableStack()
  const home = await mkdtemp(join(tmpdir(), 'millrace-platform-'))
  started.defer(() => rm(home, { recursive: true, force: true }))
  const db = started.use(await openDatabase({ url: databaseUrl }))
  const log = await createLogger({ name: 'platform', write: () => {} })
  const artifacts = localArtifacts(join(home, 'artifacts'))
  const settings = readPlatformSettings({ env: {} })
  const ofServer = await startDevSecrets(started, { db, data: home, settings: { ...settings, ...serverSettings }, log })
  const own = { db, artifacts, log, adminToken: serverToken, port: 0, settings: ofServer }
  const server = await startServer({ ...own, ...options })
  started.defer(() => server.close({ timeoutMs: 1000 }))
  const values = projectValues(home, createSecrets(), env)
  const worker = { api: server.workerApi, name: 'one', queues: ['default'], slots: 4, values, home, settings, log }
  started.use(runWorker({ ...worker, drainMs: 0 }))
  const resources = started.move()
  return { url: server.url, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}

/** What tasks ask before they go on: a test holds them, lets them go, and has them fail. */
export interface Gate extends AsyncDisposable {
  readonly url: string
  /** Holds requests of this name from now on. */
  hold(name: string): void
  /** When a task has asked. */
  asked(name: string): Promise<void>
  /** Answers the one that waits and those to come. */
  answer(name: string, text: string): void
}

export async function openGate(): Promise<Gate> {
  const places = new Map<
    string,
    { asked: PromiseWithResolvers<void>; text: string | null; waiting: ServerResponse[] }
  >()
  const placeOf = (name: string) => {
    const place = places.get(name) ?? { asked: Promise.withResolvers<void>(), text: 'ok', waiting: [] }
    places.set(name, place)
    return place
  }
  const server = createServer((request, response) => {
    const place = placeOf(decodeURIComponent(request.url?.slice(1) ?? ''))
    if (place.text === null) place.waiting.push(response)
    else response.end(place.text)
    place.asked.resolve()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hold(name) {
      places.set(name, { asked: Promise.withResolvers<void>(), text: null, waiting: [] })
    },
    asked: (name) => placeOf(name).asked.promise,
    answer(name, text) {
      const place = placeOf(name)
      place.text = text
      for (const response of place.waiting.splice(0)) response.end(text)
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A way to a server that can be cut. */
export interface Wire extends AsyncDisposable {
  readonly url: string
  cut(): void
}

export async function openWire(target: string): Promise<Wire> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    const other = connect(Number(port), hostname)
    for (const one of [socket, other]) {
      sockets.add(one)
      one.on('error', () => {}).on('close', () => sockets.delete(one))
    }
    socket.pipe(other).pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    async [Symbol.asyncDispose]() {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A workflow whose tasks ask the gate, and one that needs what is not there. */
export function shop({ marker = 'first', gate = '' } = {}): string {
  return `
import { Task, type TaskContext, Workflow, z } from '@millrace/workflow'

const params = z.object({ gate: z.string().default('${gate}'), rows: z.int().default(3), note: z.string().default('${marker}') })
type Params = z.infer<typeof params>

async function ask({ params, task, signal }: TaskContext<Params, never>) {
  const name = task.mapIndex === null ? task.id : task.id + '-' + task.mapIndex
  const answer = await (await fetch(params.gate + '/' + name, { signal })).text()
  if (answer !== 'ok') throw new Error(answer)
}

class Extract extends Task<Params> {
  async run(context: TaskContext<Params>) {
    context.log.info('reading ' + context.params.rows + ' rows')
    await ask(context as never)
    context.log.info('read all')
    return Array.from({ length: context.params.rows }, (_, row) => row)
  }
}

class Load extends Task<Params, number> {
  async run(context: TaskContext<Params, number>) {
    context.log.warn('loading row ' + context.item)
    await ask(context as never)
  }
}

class Report extends Task<Params> {
  async run(context: TaskContext<Params>) {
    console.log('reported')
    await ask(context as never)
  }
}

export const daily = new Workflow({
  category: 'shop', name: 'daily', params, schedule: '0 6 * * *', timezone: 'Europe/Berlin',
})
  .addNode(Extract)
  .addNode(Load, { mapOver: Extract })
  .addNode(Report, { upstreams: Load })

class Train extends Task {
  static override connections = ['lake']
  static override options = { pool: 'warehouse', queue: 'gpu' }
  async run() {}
}

export const rare = new Workflow({ category: 'shop', name: 'rare' }).addNode(Train)
`
}
