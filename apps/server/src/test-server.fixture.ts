import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger, type PlatformSettings } from '@millrace/core'
import { type Db, openDatabase, sql } from '@millrace/db'
import { localArtifacts } from '@millrace/engine'
import { startPostgres } from '@millrace/testing'
import { defaultTaskOptions, type ManifestNode, type TaskOptionsInput, type WorkflowManifest } from '@millrace/workflow'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { migrateServer } from './database.ts'
import { startSecretsBeside, testKeys } from './secrets/secrets-service.fixture.ts'
import { type RunningServer, type StartServerOptions, startServer } from './start-server.ts'

export const adminToken = 'the-token-of-the-administrator'

export interface TestServer {
  readonly server: RunningServer
  readonly db: Db
  readonly databaseUrl: string
  readonly artifactFolder: string
  /** That the server was started with: among them paths of its keys, and where the secrets service is. */
  readonly settings: PlatformSettings
  /** Lines of the server's log. */
  readonly lines: Record<string, unknown>[]
  /** As the administrator, unless a token is given; with a body as JSON. */
  call: CallServer
  /** As a user of this id, who needs no sign-in here; `{ is_admin: true }` for one who administers. */
  as(id: string, claims?: Readonly<Record<string, unknown>>): CallServer
  /** As nobody. */
  readonly anonymous: CallServer
  workerToken(options?: { readonly queues?: readonly string[] }): Promise<string>
}

export type CallServer = (method: string, path: string, options?: CallOptions) => Promise<Answer>

export interface CallOptions {
  readonly body?: unknown
  readonly bytes?: Uint8Array
  readonly token?: string | null
  readonly headers?: Readonly<Record<string, string>>
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server says; tests look at parts of it
  readonly body: any
}

/**
 * One database server for the tests of a file; each server has a database and a folder of its own, removed after the test,
 * or with `lasting` after those of the file.
 */
export function useServers({ lasting = false } = {}): {
  start(options?: Partial<StartServerOptions>): Promise<TestServer>
} {
  let postgres: Awaited<ReturnType<typeof startPostgres>> | undefined
  let keys: Awaited<ReturnType<typeof testKeys>> | undefined
  const started: (() => Promise<void>)[] = []
  const running = () => {
    if (postgres === undefined) throw new Error('The database of this file is not running.')
    return postgres
  }
  beforeAll(async () => {
    keys = await testKeys()
    postgres = await startPostgres()
    await postgres.createDatabase('template')
    await using db = await openDatabase({ url: postgres.url('template') })
    await migrateServer(db)
  })
  const stopAll = async () => {
    for (const stop of started.splice(0).reverse()) await stop()
  }
  if (!lasting) afterEach(stopAll)
  afterAll(async () => {
    await stopAll()
    await postgres?.stop()
    await keys?.remove()
  })
  return {
    async start(options = {}) {
      const name = `server_${randomUUID().replaceAll('-', '')}`
      {
        await using admin = await openDatabase({ url: running().url(), maxConnections: 1 })
        await admin.execute(sql`create database ${sql.identifier(name)} template template strategy file_copy`)
      }
      const databaseUrl = running().url(name)
      const db = await openDatabase({ url: databaseUrl })
      const artifactFolder = await mkdtemp(join(tmpdir(), 'millrace-server-'))
      const lines: Record<string, unknown>[] = []
      const log = await createLogger({ name: 'server', level: 'debug', write: (line) => lines.push(JSON.parse(line)) })
      if (keys === undefined) throw new Error('There are no keys for secrets.')
      const { service, settings } = await startSecretsBeside(
        { db, log, keys },
        // Tests ask faster than people do.
        { ratePerSecond: 0, ...options.settings },
      )
      const server = await startServer({
        db,
        artifacts: localArtifacts(artifactFolder),
        log,
        adminToken,
        port: 0,
        scheduler: false,
        dummyUsers: true,
        version: '0.0.0',
        ...options,
        settings,
      })
      started.push(async () => {
        await server.close({ timeoutMs: 1000 })
        await service.close()
        await db.close()
        await rm(artifactFolder, { recursive: true, force: true })
      })
      const call: TestServer['call'] = async (method, path, given = {}) => {
        const { body, bytes, token = adminToken, headers } = given
        const response = await fetch(`${server.url}${path}`, {
          method,
          redirect: 'manual',
          headers: {
            ...(token === null ? {} : { authorization: `Bearer ${token}` }),
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...headers,
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          ...(bytes === undefined ? {} : { body: Buffer.from(bytes) }),
        })
        const text = await response.text()
        const isJson = response.headers.get('content-type') === 'application/json'
        return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
      }
      return {
        server,
        db,
        databaseUrl,
        artifactFolder,
        settings,
        lines,
        call,
        as: (id, claims) => (method, path, given) =>
          call(method, path, { token: JSON.stringify({ id, ...claims }), ...given }),
        anonymous: (method, path, given) => call(method, path, { token: null, ...given }),
        async workerToken({ queues } = {}) {
          const { body } = await call('POST', '/api/worker-tokens', { body: { name: 'test', queues } })
          return body.token
        },
      }
    },
  }
}

type NodeSketch = TaskOptionsInput & {
  readonly after?: readonly string[]
  readonly spacer?: boolean
  readonly mapOver?: string
  readonly connections?: readonly string[]
  readonly secrets?: readonly string[]
}

/** A manifest from names of nodes and what they come after; the order given has to be a topological one. */
export function manifestOf(
  nodes: Readonly<Record<string, NodeSketch>>,
  rest: Partial<Omit<WorkflowManifest, 'nodes'>> = {},
): WorkflowManifest {
  return {
    format: 1,
    name: 'flow',
    version: '1',
    category: 'test',
    title: null,
    description: null,
    owner: null,
    tags: [],
    params: null,
    schedule: null,
    maxActiveRuns: null,
    runTimeoutSeconds: null,
    groups: [],
    source: null,
    package: null,
    ...rest,
    nodes: Object.entries(nodes).map(([id, sketch]) => nodeOf(id, sketch)),
  }
}

function nodeOf(id: string, sketch: NodeSketch): ManifestNode {
  const { after = [], spacer = false, mapOver, connections = [], secrets = [], ...options } = sketch
  const { timeouts, resources } = defaultTaskOptions
  return {
    id,
    kind: spacer ? 'spacer' : 'task',
    name: id,
    operator: spacer ? null : { name: 'empty', config: {} },
    upstreams: mapOver === undefined ? after : [...after, mapOver],
    mapOver: mapOver ?? null,
    branch: false,
    group: null,
    connections,
    secrets,
    options: {
      ...defaultTaskOptions,
      ...options,
      timeouts: { ...timeouts, ...options.timeouts },
      resources: { ...resources, ...options.resources },
    },
  }
}

/** Comes back once one statement waits for a row that somebody else holds. */
export async function someoneWaits({ db }: Pick<TestServer, 'db'>): Promise<void> {
  const waiting = sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  await expect.poll(async () => await db.execute(waiting), { interval: 10 }).toBe(1)
}
