import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Client, createClient } from '@millrace/client'
import { type Db, type EmbeddedPostgres, freePort, openDatabase, startEmbeddedPostgres } from '@millrace/db'
import { buildPackage } from '@millrace/workflow/build'
import { type WorkflowPackage, workflowPackage } from './workflow-package.fixture.ts'

const bin = fileURLToPath(new URL('../bin/millrace.js', import.meta.url))

/** Short, so that what a killed worker held is given to others soon; a busy machine must not take it for dead. */
const leaseSeconds = 4

export interface CrashPlatform extends AsyncDisposable {
  readonly postgres: EmbeddedPostgres
  /** Of the test itself; it lives as long as the database does. */
  readonly db: Db
  /** Through the first server. */
  readonly client: Client
  /** By their numbers: processes of `millrace dev --no-worker` over one database, started when they are first asked for. */
  server(number: number): Promise<Killable>
  worker(name: string): Promise<Killable>
  /** Ends the workers that are left. */
  killWorkers(): Promise<void>
  deploy(files: Readonly<Record<string, string>>): Promise<void>
}

export interface Killable {
  readonly pid: number
  /** By SIGKILL, which no process can prepare for. */
  kill(): Promise<void>
  signal(name: NodeJS.Signals): void
  /** What it wrote so far. */
  output(): string
}

/** A database, servers and workers as they are deployed: each a process of its own. */
export async function startCrashPlatform(): Promise<CrashPlatform> {
  await using started = new AsyncDisposableStack()
  const folder = started.adopt(await mkdtemp(join(tmpdir(), 'millrace-crash-')), (path) =>
    rm(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }),
  )
  const postgres = started.use(await startEmbeddedPostgres({ dataDirectory: join(folder, 'postgres') }))
  const db = started.use(await openDatabase({ url: postgres.url, maxConnections: 3, onConnectionLost: () => {} }))
  const token = randomBytes(16).toString('hex')
  const ports = new Map<number, number>()
  const children = new Set<ChildProcess>()
  const workers = new Set<ChildProcess>()
  started.defer(async () => {
    await Promise.all([...children].map(killed))
  })

  const start = async (args: readonly string[], env: Readonly<Record<string, string>>, ready: RegExp) => {
    const own = Object.entries(process.env).filter(([name]) => !/^(MILLRACE_|PG|NODE_OPTIONS|VITEST)/.test(name))
    const child = spawn(process.execPath, ['--conditions=@millrace/source', bin, ...args], {
      cwd: folder,
      env: { ...Object.fromEntries(own), ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    children.add(child)
    child.once('exit', () => children.delete(child))
    let output = ''
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (chunk: Buffer) => {
        output += chunk
        if (ready.test(output)) resolve()
      })
      child.once('exit', () => reject(new Error(`millrace ${args.join(' ')} ended:\n${output}`)))
    })
    if (args[0] === 'worker') workers.add(child)
    return {
      pid: child.pid ?? 0,
      kill: () => killed(child),
      signal: (name: NodeJS.Signals) => void child.kill(name),
      output: () => output,
    }
  }
  const server = async (number: number) => {
    const port = ports.get(number) ?? (await freePort())
    ports.set(number, port)
    const home = join(folder, `server-${number}`)
    return await start(
      ['dev', '--no-worker', '--port', `${port}`, '--data', join(folder, 'data')],
      {
        MILLRACE_HOME: home,
        MILLRACE_DATABASE_URL: postgres.url,
        MILLRACE_ADMIN_TOKEN: token,
        MILLRACE_LEASE_SECONDS: `${leaseSeconds}`,
      },
      /listens at/,
    )
  }
  const url = async () => {
    const port = ports.get(1) ?? (await freePort())
    ports.set(1, port)
    return `http://127.0.0.1:${port}`
  }
  const client = createClient({ url: await url(), token, retries: 30 })
  let workerToken: string | undefined
  const platform = {
    ...{ postgres, db, client, server },
    async worker(name: string) {
      workerToken ??= (await client.post('/api/worker-tokens', { body: { name: 'crash' } })).token
      const env = { MILLRACE_HOME: join(folder, 'worker'), MILLRACE_WORKER_TOKEN: workerToken }
      return await start(['worker', '--url', await url(), '--slots', '2', '--name', name], env, /Takes 2 tasks/)
    },
    async killWorkers() {
      await Promise.all([...workers].map(killed))
      workers.clear()
    },
    async deploy(files: Readonly<Record<string, string>>) {
      await using made: WorkflowPackage = await workflowPackage(files)
      const built = await buildPackage({ folder: made.folder, out: join(folder, 'built') })
      await client.uploadPackage(built.package.sha256, new Uint8Array(await readFile(built.zip)))
      for (const { manifest } of built.workflows) {
        await client.post('/api/workflows', { body: manifest as never })
      }
    },
  }
  const all = started.move()
  return { ...platform, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  // One that is stopped has to go on to be reaped.
  child.kill('SIGKILL')
  await once(child, 'exit')
}
