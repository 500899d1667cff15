import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Client, createClient, followEvents } from '@millrace/client'
import { type Db, openDatabase } from '@millrace/db'
import { buildPackage } from '@millrace/workflow/build'

export interface Platform {
  readonly client: Client
  readonly db: Db
  /** Replaces the worker by one with so many slots. */
  setSlots(slots: number): Promise<void>
}

/** A server on its own embedded database, a worker, and the workflows of the benchmark, each a process of its own. */
export async function startPlatform(folder: string, cleanUp: AsyncDisposableStack): Promise<Platform> {
  const adminToken = randomBytes(16).toString('hex')
  const server = startProcess(cleanUp, 'server-process.ts', [folder, adminToken])
  const { url, database } = JSON.parse(await server.firstLine) as { url: string; database: string }
  const client = createClient({ url, token: adminToken })
  const db = cleanUp.use(await openDatabase({ url: database, maxConnections: 3 }))
  const { token } = await client.post('/api/worker-tokens', { body: { name: 'bench' } })
  await deploy(url, adminToken, folder)
  let worker: Started | undefined
  return {
    client,
    db,
    async setSlots(slots) {
      await worker?.stop()
      worker = startProcess(cleanUp, 'worker-process.ts', [url, token, `${slots}`, join(folder, 'cache')])
      await worker.firstLine
    },
  }
}

async function deploy(url: string, token: string, folder: string): Promise<void> {
  const built = await buildPackage({ folder: join(import.meta.dirname, 'package'), out: join(folder, 'built') })
  const put = async (method: string, path: string, type: string, body: string | Uint8Array<ArrayBuffer>) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': type }
    const response = await fetch(`${url}${path}`, { method, headers, body })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  }
  const zip = new Uint8Array(await readFile(built.zip))
  await put('PUT', `/api/packages/${built.package.sha256}`, 'application/zip', zip)
  for (const { manifest } of built.workflows) {
    await put('POST', '/api/workflows', 'application/json', JSON.stringify(manifest))
  }
}

interface Started {
  readonly firstLine: Promise<string>
  stop(): Promise<void>
}

function startProcess(cleanUp: AsyncDisposableStack, script: string, args: readonly string[]): Started {
  const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, script), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const stop = async () => {
    child.stdin?.end()
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
  cleanUp.defer(stop)
  const { stdout } = child
  if (stdout === null) throw new Error(`${script} has no output.`)
  const firstLine = (async () => {
    for await (const line of createInterface({ input: stdout })) return line
    throw new Error(`${script} did not start.`)
  })()
  return { firstLine, stop }
}

export interface TimedRun {
  readonly id: string
  /** From the call until the caller knows of the end. */
  readonly wallMs: number
  /** Before the call, in milliseconds since 1970, with fractions. */
  readonly calledAt: number
  readonly state: string
}

/** Starts a run and waits for its end, as a person's program does. */
export async function timeRun(
  { client }: Platform,
  workflow: string,
  params: Readonly<Record<string, number>> = {},
): Promise<TimedRun> {
  const start = performance.now()
  const { id } = await client.post('/api/workflows/{workflow}/runs', {
    params: { path: { workflow } },
    body: { params },
  })
  const events = followEvents(client, `${id}`)
  for (;;) {
    const { done, value } = await events.next()
    if (!done) continue
    const wallMs = performance.now() - start
    if (value !== 'success') throw new Error(`Run ${id} of ${workflow} ended as ${value}.`)
    return { id: `${id}`, wallMs, calledAt: performance.timeOrigin + start, state: value }
  }
}
