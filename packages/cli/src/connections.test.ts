import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger, readPlatformSettings } from '@millrace/core'
import { type Db, openDatabase, sql } from '@millrace/db'
import { httpWorkerApi, localArtifacts } from '@millrace/engine'
import { startServer } from '@millrace/server'
import { startPostgres, type TestPostgres } from '@millrace/testing'
import { defaultTaskOptions, type ManifestNode, type WorkflowManifest } from '@millrace/workflow'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startDevSecrets } from './dev/dev-secrets.ts'
import { projectValues } from './project/project-values.ts'
import { createSecrets } from './secrets.ts'
import { runWorker } from './worker/run-worker.ts'

const password = 'the-password-of-the-loader'
const apiKey = 'the-key-of-the-weather-api'

let postgres: TestPostgres
let platform: Awaited<ReturnType<typeof startAll>>

beforeAll(async () => {
  postgres = await startPostgres()
  platform = await startAll()
})

afterAll(async () => {
  await platform?.[Symbol.asyncDispose]()
  await postgres?.stop()
})

/** A server with its secrets service, and a worker that has nothing of its own and knows the server by its address alone. */
async function startAll() {
  await using started = new AsyncDisposableStack()
  const home = await mkdtemp(join(tmpdir(), 'millrace-connections-'))
  started.defer(() => rm(home, { recursive: true, force: true }))
  for (const name of ['state', 'source', 'target']) await postgres.createDatabase(name)
  const db = started.use(await openDatabase({ url: postgres.url('state') }))
  const lines: unknown[] = []
  const log = await createLogger({ name: 'platform', level: 'debug', write: (line) => lines.push(line) })
  const defaults = readPlatformSettings({ env: {} })
  const settings = await startDevSecrets(started, { db, data: home, settings: defaults, log })
  const server = await startServer({
    ...{ db, artifacts: localArtifacts(join(home, 'artifacts')), log, adminToken: 'the-admin-token', port: 0 },
    ...{ settings: { ...settings, ratePerSecond: 0 }, dummyUsers: true },
  })
  started.defer(() => server.close({ timeoutMs: 1000 }))
  const answers: string[] = []
  const call = async (token: string, method: string, path: string, body?: unknown) => {
    const response = await fetch(`${server.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    answers.push(text)
    const isJson = response.headers.get('content-type') === 'application/json'
    return { status: response.status, body: isJson ? JSON.parse(text) : text }
  }
  const alice = call.bind(null, JSON.stringify({ id: 'alice', email: 'alice@example.com' }))
  const admin = call.bind(null, 'the-admin-token')
  const { token } = (await admin('POST', '/api/worker-tokens', { name: 'one' })).body
  // What it was told once is no leak.
  answers.length = 0
  const secrets = createSecrets()
  started.use(
    runWorker({
      ...{ api: httpWorkerApi({ url: server.url, token }), name: 'one', queues: ['default'], slots: 2, home, log },
      ...{ values: projectValues(home, secrets, {}), settings: defaults, drainMs: 0 },
    }),
  )
  await alice('GET', '/api/data/user')
  const project: string = (await alice('POST', '/api/data/projects', { name: 'Shop', namespace: 'alice' })).body.id
  const resources = started.move()
  return { alice, admin, project, db, lines, answers, home, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}

function manifest(name: string, nodes: Readonly<Record<string, Partial<ManifestNode>>>): WorkflowManifest {
  return {
    ...{ format: 1, name, version: '1', category: 'test', title: null, description: null, owner: null, tags: [] },
    ...{ params: null, schedule: null, maxActiveRuns: null, runTimeoutSeconds: null, groups: [] },
    ...{ source: null, package: null },
    nodes: Object.entries(nodes).map(([id, node]) => ({
      ...{ id, kind: 'task', name: id, operator: null, upstreams: [], mapOver: null, branch: false, group: null },
      ...{ connections: [], secrets: [], options: { ...defaultTaskOptions, retries: 0 } },
      ...node,
    })),
  }
}

/** Runs a new workflow to its end. */
async function run(name: string, nodes: Readonly<Record<string, Partial<ManifestNode>>>, project = platform.project) {
  const { alice } = platform
  const deployed = await alice('POST', `/api/workflows?project=${project}`, manifest(name, nodes))
  expect(deployed.status, JSON.stringify(deployed.body)).toBe(201)
  const { id } = (await alice('POST', `/api/workflows/${name}/runs`)).body
  const isOver = async () => ['success', 'failed'].includes((await alice('GET', `/api/runs/${id}`)).body.state)
  await expect.poll(isOver, { interval: 200 }).toBe(true)
  const { state } = (await alice('GET', `/api/runs/${id}`)).body
  await alice('GET', `/api/runs/${id}/events?limit=1000`)
  const logs: string[] = []
  const failures: string[] = []
  const tasks = (await alice('GET', `/api/runs/${id}/task-runs`)).body as { id: number; state: string }[]
  for (const task of tasks) {
    logs.push((await alice('GET', `/api/task-runs/${task.id}/log`)).body)
    await alice('GET', `/api/task-runs/${task.id}`)
    failures.push(JSON.stringify((await alice('GET', `/api/task-runs/${task.id}/attempts`)).body))
  }
  const outputs = await Promise.all(
    tasks.map(async (task) => (await alice('GET', `/api/task-runs/${task.id}/output`)).body.value),
  )
  return {
    id,
    state,
    states: tasks.map((task) => task.state),
    log: logs.join('\n'),
    failures: failures.join('\n'),
    outputs,
  }
}

const code = (text: string): Partial<ManifestNode> => ({ operator: { name: 'typescript', config: { code: text } } })

/** Every row of every table, as text. */
async function everyRow(db: Db): Promise<string> {
  const tables = await db.query<{ schema: string; name: string }>(sql`
    select schemaname as schema, tablename as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`)
  const texts = await Promise.all(
    tables.map(async ({ schema, name }) => {
      const rows = await db.query<{ row: string }>(sql`select t::text as row from ${sql.identifier(schema, name)} t`)
      return rows.map(({ row }) => row).join('\n')
    }),
  )
  return texts.join('\n')
}

async function everyFile(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return (await Promise.all(files.map((file) => readFile(file, 'latin1')))).join('\n')
}

test('A workflow copies a table by connections of its project, and the password is nowhere but in its sealed place', async () => {
  const { alice, project, db, lines, answers, home } = platform
  await using source = await openDatabase({ url: postgres.url('source') })
  await source.execute(
    sql`create table public.orders as select n as id, 'order ' || n as note from generate_series(1, 500) n`,
  )
  const { hostname, port, username } = new URL(postgres.url('source'))
  const connection = (database: string) => ({
    ...{ name: database, connector: 'postgres' },
    config: { host: hostname, port: Number(port), user: username, database, password },
  })
  for (const database of ['source', 'target']) {
    const saved = await alice('POST', `/api/projects/${project}/connections`, connection(database))
    expect(saved.status, JSON.stringify(saved.body)).toBe(201)
  }
  await alice('POST', `/api/projects/${project}/secrets`, { name: 'weather', value: apiKey })
  const ended = await run('copy_orders', {
    copy: {
      operator: {
        name: 'transfer',
        config: {
          from: { connection: 'source', table: 'public.orders' },
          to: { connection: 'target', table: 'public.orders' },
          verify: 'content',
        },
      },
      connections: ['source', 'target'],
    },
    babble: {
      ...code(`export async function run({ connections, secrets, log }) {
        const { values } = await connections.get('source')
        const key = await secrets.get('weather')
        log.info('The password is ' + values.password + ' and the key ' + key, { key })
        console.log(values.password)
        return { password: values.password, hasKey: key.length }
      }`),
      connections: ['source'],
      secrets: ['weather'],
    },
    fail: code(`export async function run({ connections }) { await connections.get('source') }`),
  })
  expect(ended.states, ended.failures).toEqual(['success', 'success', 'failed'])
  expect(ended.failures).toContain('CONNECTION_NOT_DECLARED')
  expect(ended.log).toContain('The password is *** and the key ***')
  expect(ended.outputs).toContainEqual({ password: '***', hasKey: apiKey.length })
  await using target = await openDatabase({ url: postgres.url('target') })
  expect(await target.one(sql`select count(*) as count from public.orders`)).toEqual({ count: 500 })

  const all = [JSON.stringify(lines), answers.join('\n'), await everyRow(db), await everyFile(home)].join('\n')
  expect(all).toContain('copy_orders')
  expect(all).not.toContain(password)
  expect(all).not.toContain(apiKey)

  const audited = (await alice('GET', `/api/projects/${project}/audit?per_page=100`)).body as Record<string, unknown>[]
  const reads = audited.filter(({ action }) => action === 'read')
  expect(reads.map(({ entity, actor, after }) => ({ entity, actor, ...(after as object) }))).toEqual(
    expect.arrayContaining(
      [
        ['connection', 'source', 'copy'],
        ['connection', 'target', 'copy'],
        ['connection', 'source', 'babble'],
        ['task_secret', 'weather', 'babble'],
      ].map(([entity, name, node]) => ({
        ...{ entity, actor: `run:${ended.id}`, name, node, workflow: 'copy_orders', project_id: project },
      })),
    ),
  )
  for (const kept of ['connections', 'secrets']) {
    const [used] = (await alice('GET', `/api/projects/${project}/${kept}`)).body
    expect(used.last_used_at, kept).toEqual(expect.any(String))
  }
})

test('A task gets what is nearest to it, nothing of another project, and a clear failure for what has expired', async () => {
  const { alice, admin, project, db } = platform
  const other: string = (await alice('POST', '/api/data/projects', { name: 'Other', namespace: 'alice' })).body.id
  const webhook = (url: string) => ({ name: 'alarm', connector: 'webhook', config: { url } })
  await admin('POST', '/api/connections', webhook('https://platform.example.com/'))
  await alice('POST', '/api/namespaces/alice/connections', webhook('https://namespace.example.com/'))
  await alice('POST', `/api/projects/${project}/connections`, webhook('https://project.example.com/'))
  await alice('POST', `/api/projects/${project}/connections`, { ...webhook('https://own.example.com/'), name: 'own' })
  await alice('POST', `/api/projects/${other}/secrets`, { name: 'gone', value: apiKey })
  await db.execute(sql`update secrets.task_secret set expires_at = '2026-01-31T00:00:00Z' where name = 'gone'`)
  const ask = {
    ...code(`export async function run({ connections, secrets }) {
      const host = async (name) => await connections.get(name).then(({ values }) => new URL(values.url).host.split('.').length, (error) => error.code)
      const { values } = await connections.get('alarm')
      return [values.url.length, await host('own'), await secrets.get('gone').then(() => 'there', (error) => error.code)]
    }`),
    connections: ['alarm', 'own'],
    secrets: ['gone'],
  }
  const here = await run('ask_here', { ask })
  expect(here.outputs).toEqual([['https://project.example.com/'.length, 3, 'SECRET_UNKNOWN']])
  const there = await run('ask_there', { ask }, other)
  expect(there.outputs).toEqual([['https://namespace.example.com/'.length, 'CONNECTION_UNKNOWN', 'SECRET_EXPIRED']])
  const failing = await run(
    'ask_for_expired',
    { ask: { ...code(`export async function run({ secrets }) { await secrets.get('gone') }`), secrets: ['gone'] } },
    other,
  )
  expect(failing.state).toBe('failed')
  expect(failing.failures).toContain('The secret \\"gone\\" expired at 2026-01-31T00:00:00.000Z. Give it a new value.')
})
