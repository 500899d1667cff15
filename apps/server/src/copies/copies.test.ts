import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConnector, type SqlConnector } from '@millrace/connectors'
import { sql } from '@millrace/db'
import { afterEach, describe, expect, it } from 'vitest'
import { newProject, signedIn } from '../people.fixture.ts'
import { useServers } from '../test-server.fixture.ts'

const servers = useServers()
const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

const config = { from: { connection: 'shop', table: 'public.orders' }, to: { connection: 'lake', table: 'orders' } }

/** A project of alice with the connections `shop`, a PostgreSQL database, and `lake`, a file of DuckDB that is not there yet. */
async function start(settings: Readonly<Record<string, unknown>> = { localConnections: true }) {
  const server = await servers.start({ settings: settings as never })
  const alice = await signedIn(server, 'alice')
  const project = (await newProject(alice, { namespace: 'alice' })).id as string
  const folder = await mkdtemp(join(tmpdir(), 'millrace-copies-'))
  folders.push(folder)
  const lake = join(folder, 'lake.duckdb')
  const save = async (body: Readonly<Record<string, unknown>>) =>
    expect(await alice('POST', `/api/projects/${project}/connections`, { body })).toMatchObject({ status: 201 })
  await save({ name: 'shop', uri: server.databaseUrl })
  await save({ name: 'lake', connector: 'duckdb', config: { path: lake } })
  await server.db.execute(sql`
    create table public.orders (id bigint primary key, price numeric(10, 2) not null, note text, placed timestamptz)`)
  await server.db.execute(sql`
    insert into public.orders select n, n, 'note ' || n, '2026-01-31T00:00:00Z' from generate_series(1, 1000) n`)
  await server.db.execute(sql`analyze public.orders`)
  const path = `/api/projects/${project}/copies`
  const plan = async (given: unknown, rest: Readonly<Record<string, unknown>> = {}) =>
    await alice('POST', `${path}/plan`, { body: { config: given, ...rest } })
  return { ...server, alice, project, path, lake, save, plan }
}

// Each plan starts a process.
describe('the plan of a copy', () => {
  it('shows types, changes, losses and sizes of every table, and writes nothing', async () => {
    const { plan, lake, db } = await start()
    const before = await db.query(sql`select nspname from pg_namespace order by 1`)
    const { status, body } = await plan({ ...config, mode: 'merge' })
    expect(status).toBe(200)
    expect(body).toMatchObject({ problems: [], more_tables: 0, duration_ms: expect.any(Number) })
    expect(body.tables).toMatchObject([
      {
        ...{ table: 'public.orders', target: 'orders', target_exists: false, mode: 'merge', keys: ['id'] },
        columns: [
          {
            ...{ name: 'id', source_type: 'bigint', type: 'integer(64)', target_type: 'BIGINT', nullable: false },
          },
          { name: 'price', source_type: 'numeric(10,2)', type: 'decimal(10,2)', target_type: 'DECIMAL(10,2)' },
          { name: 'note', type: 'text', nullable: true },
          { name: 'placed', type: 'timestamp (UTC)' },
        ],
        changes: [{ kind: 'create-table', ddl: expect.stringMatching(/create table/i) }],
        forecast: expect.arrayContaining([
          { column: 'price', reason: 'decimal-nan', message: expect.stringContaining('would stop the load') },
        ]),
        chunks: expect.any(Number),
        estimated_rows: 1000,
      },
    ])
    expect(existsSync(lake)).toBe(false)
    expect(await db.query(sql`select nspname from pg_namespace order by 1`)).toEqual(before)
  })

  it('shows how an existing destination drifted, and what would be refused', async () => {
    const { plan, lake } = await start()
    {
      await using connector = (await createConnector('duckdb', { path: lake })) as SqlConnector
      await connector.execute('create table orders (id integer, note text, extra text); create table odd (id boolean)')
    }
    const evolved = await plan({ ...config, mode: 'append' })
    expect(evolved.body.tables).toMatchObject([
      {
        ...{ target_exists: true, missing: ['extra'], conflicts: [] },
        changes: expect.arrayContaining([
          { kind: 'add-column', column: 'price', to: 'DECIMAL(10,2)' },
          { kind: 'widen-column', column: 'id', from: 'INTEGER', to: 'BIGINT' },
        ]),
      },
    ])
    const frozen = await plan({ ...config, mode: 'append', contract: 'freeze' })
    expect(frozen.body.problems[0]).toMatchObject({
      ...{ code: 'SCHEMA_CONFLICT', path: '/to', table: 'public.orders' },
    })
    const odd = await plan({ ...config, to: { connection: 'lake', table: 'odd' }, mode: 'append' })
    expect(odd.body.problems[0]).toMatchObject({ code: 'SCHEMA_CONFLICT', message: expect.stringContaining('id') })
  })

  it('says what is wrong and where, and plans the tables that are right', async () => {
    const { plan, db, save } = await start()
    await db.execute(sql`create table public.bare (a int)`)
    const problem = async (given: unknown) => {
      const { status, body } = await plan(given)
      expect(status, JSON.stringify(body)).toBe(200)
      const [{ code, path, message }] = body.problems
      return `${code} ${path} ${message}`
    }
    expect(await problem({ ...config, mode: 'upsert' })).toMatch(/^OPERATOR_INVALID \/mode .*must be one of/)
    expect(await problem({ from: { connection: 'shop' } })).toMatch(/^OPERATOR_INVALID .*lacks "to"/)
    expect(await problem({ ...config, from: { connection: 'shp', table: 'a' } })).toMatch(
      /^CONNECTION_UNKNOWN \/from\/connection .*Did you mean "shop"\?/,
    )
    expect(await problem({ ...config, from: { connection: 'shop', table: 'nothing' } })).toMatch(
      /^TABLE_NOT_FOUND \/from /,
    )
    expect(await problem({ ...config, from: { connection: 'shop', query: 'select from where' } })).toMatch(
      / \/from\/query .*syntax/,
    )
    expect(await problem({ ...config, to: { connection: 'lake', path: 'a.csv' } })).toMatch(
      /^OPTION_WITHOUT_EFFECT \/to\/path/,
    )
    expect(await problem({ ...config, to: { connection: '{{ var("x") }}', table: 'a' } })).toMatch(
      /^CONNECTION_TEMPLATE \/to\/connection/,
    )
    await save({ name: 'away', connector: 'postgres', config: { host: '127.0.0.1', port: 1, password: 'p4ssw0rd' } })
    const away = await problem({ ...config, from: { connection: 'away', table: 'a' } })
    expect(away).toMatch(/^\w+ \/from /)
    expect(away).not.toContain('p4ssw0rd')
    expect(await problem({ ...config, to: { connection: 'away', table: 'a' } })).toMatch(/^\w+ \/to /)
    const some = await plan({
      from: { connection: 'shop', tables: ['public.orders', 'public.bare'] },
      to: { connection: 'lake' },
      mode: 'merge',
    })
    expect(some.body).toMatchObject({
      tables: [{ table: 'public.orders' }],
      problems: [{ code: 'KEY_REQUIRED', path: '/key', table: 'public.bare' }],
    })
  })

  it('fills templates in as a run of the project would see them', async () => {
    const { plan, alice, project } = await start()
    await alice('PUT', `/api/projects/${project}/variables/table`, { body: { value: 'public.orders' } })
    const { body } = await plan({
      from: { connection: 'shop', table: '{{ var("table") }}' },
      to: { connection: 'lake', table: 'orders_{{ dt | replace("-", "") }}' },
    })
    expect(body).toMatchObject({ problems: [], tables: [{ target: expect.stringMatching(/^orders_\d{8}$/) }] })
    const unknown = await plan({ ...config, from: { connection: 'shop', table: '{{ nowhere }}' } })
    expect(unknown.body.problems).toMatchObject([{ code: 'TEMPLATE_UNKNOWN_NAME' }])
  })

  it('ends in time when a database hangs, and nothing stays connected', async () => {
    const { plan, save } = await start()
    const closed: Promise<void>[] = []
    const silent = createTcpServer((socket) => {
      closed.push(new Promise((resolve) => socket.on('error', () => {}).on('close', () => resolve())))
      socket.resume()
    })
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    try {
      const { port } = silent.address() as AddressInfo
      await save({ name: 'silent', connector: 'postgres', config: { host: '127.0.0.1', port } })
      const hung = { ...config, from: { connection: 'silent', table: 'a' } }
      expect(await plan(hung, { timeout_seconds: 2 })).toMatchObject({
        ...{ status: 504, body: { error: { detail: 'CONNECTION_TIMEOUT' } } },
      })
      await Promise.all(closed)
    } finally {
      silent.close()
    }
  })

  it('reaches nothing that users may not have the server reach, and reads no file of it', async () => {
    const { plan, save } = await start({})
    const read = await plan(config)
    expect(read).toMatchObject({ status: 200, body: { tables: [], problems: [{ code: 'CONNECTION_LOCAL' }] } })
    await save({ name: 'bucket', connector: 's3', config: { bucket: 'b', region: 'us-east-1' } })
    await save({ name: 'other', connector: 'postgres', config: { host: '127.0.0.1' } })
    const files = { from: { connection: 'bucket', query: "select * from read_text('/etc/passwd')" }, to: config.to }
    expect((await plan({ ...files, to: { connection: 'other', table: 'a' } })).body.problems).toMatchObject([
      { code: 'CONNECTION_LOCAL', path: '/from/query' },
    ])
    const inside = await plan({ from: { connection: 'shop', table: 'a' }, to: { connection: 'other', table: 'a' } })
    expect(inside.body.problems).toMatchObject([
      { code: 'ADDRESS_REFUSED', message: expect.stringContaining('not a public one') },
    ])
  })

  it('is refused for rubbish', async () => {
    const { plan } = await start()
    for (const rubbish of [null, [], 'select', 1]) expect((await plan(rubbish)).status).toBe(422)
    for (const odd of [
      {},
      { from: [], to: 1 },
      { from: { connection: '__proto__', table: 't' }, to: { connection: 'constructor', table: 't' } },
      { ...config, from: { connection: 'shop', table: '"' } },
      { ...config, parallel: 1e9 },
      { ...config, __proto__x: { a: 1 } },
    ]) {
      const { status, body } = await plan(odd)
      expect([status, body.problems?.length > 0], JSON.stringify([odd, body])).toEqual([200, true])
    }
  })
})

describe('copies', () => {
  it('are workflows of their project: saved, found, changed and removed', async () => {
    const { alice, path, project } = await start()
    const made = await alice('PUT', `${path}/orders`, {
      body: { title: 'Orders', config, schedule: { cron: '0 6 * * *', timezone: 'Europe/Zurich' } },
    })
    expect(made).toMatchObject({
      status: 201,
      body: {
        ...{ name: 'orders', workflow: 'copy-orders', project_id: project, title: 'Orders', config, paused: false },
        schedule: { cron: '0 6 * * *', timezone: 'Europe/Zurich' },
        version: expect.stringMatching(/^c-[0-9a-f]{16}$/),
      },
    })
    expect(made.headers.get('etag')).toBe(made.body.etag)
    const workflow = await alice('GET', '/api/workflows/copy-orders')
    expect(workflow.body).toMatchObject({ project_id: project, category: 'copy', title: 'Orders', nodes: 1 })
    const same = await alice('PUT', `${path}/orders`, {
      body: { title: 'Orders', config, schedule: { cron: '0 6 * * *', timezone: 'Europe/Zurich' } },
    })
    expect(same).toMatchObject({ status: 200, body: made.body })
    const changed = await alice('PUT', `${path}/orders`, {
      body: { config: { ...config, mode: 'merge' }, paused: true },
      headers: { 'if-match': made.body.etag },
    })
    expect(changed).toMatchObject({ status: 200, body: { paused: true, config: { mode: 'merge' } } })
    expect(changed.body.schedule).toBeUndefined()
    expect((await alice('GET', '/api/workflows/copy-orders/versions')).body).toMatchObject([
      { deployed_by: 'alice', is_current: true },
      { deployed_by: 'alice', is_current: false },
    ])
    expect((await alice('GET', '/api/workflows?category=copy')).body).toMatchObject([
      { name: 'copy-orders', deployed_by: 'alice' },
    ])
    const run = await alice('POST', '/api/workflows/copy-orders/runs', { body: {} })
    expect(run.status).toBe(201)
    expect((await alice('GET', path)).body).toMatchObject([
      { name: 'orders', last_run: { id: `${run.body.id}`, state: expect.any(String) } },
    ])
    expect((await alice('GET', `${path}/orders`)).body).toMatchObject({ version: changed.body.version })
    expect((await alice('DELETE', `${path}/orders`)).body.error.detail).toBe('WORKFLOW_ACTIVE')
    await alice('POST', `/api/runs/${run.body.id}/cancel`)
    expect((await alice('DELETE', `${path}/orders`)).status).toBe(204)
    expect((await alice('GET', `${path}/orders`)).body.error.detail).toBe('COPY_MISSING')
    expect((await alice('PUT', `${path}/orders`, { body: { config } })).status).toBe(201)
    const log = await alice('GET', `/api/projects/${project}/audit?entity=workflow`)
    const [made1, made2] = [made, changed].map(({ body }) => body.version)
    expect(log.body).toMatchObject([
      { action: 'insert', actor: 'alice', entity_id: 'copy-orders' },
      { action: 'delete', actor: 'alice', before: { current_version: made2, paused: true } },
      { action: 'update', actor: 'alice', before: { paused: false }, after: { paused: true } },
      { action: 'update', before: { current_version: made1 }, after: { current_version: made2 } },
      { action: 'insert', actor: 'alice', request_id: expect.any(String), after: { current_version: made1 } },
    ])
    expect(log.body).toHaveLength(5)
  })

  it('are refused with what cannot be, and nothing is kept of it', async () => {
    const { alice, path } = await start()
    const refused = async (name: string, body: unknown) => {
      const answer = await alice('PUT', `${path}/${name}`, { body })
      expect(answer.status, JSON.stringify(answer.body)).toBe(422)
      return `${answer.body.error.detail} ${answer.body.error.message}`
    }
    expect(await refused('a', { config: { from: {}, to: {} } })).toMatch(/COPY_INVALID[\s\S]*lacks "connection"/)
    expect(await refused('a', { config: { ...config, to: { connection: 'lke', table: 'a' } } })).toMatch(
      /CONNECTION_UNKNOWN .*config\/to\/connection.*Did you mean "lake"\?/,
    )
    expect(await refused('a', { config, schedule: { cron: 'each day' } })).toMatch(/each day/)
    expect(await refused('a', { config, schedule: { cron: '@daily', timezone: 'Mars/Olympus' } })).toMatch(/Mars/)
    expect(await refused('a', { config, sched: null })).toMatch(/sched/)
    expect(await refused('Upper%20Case', { config })).toMatch(/lower-case/)
    expect(await refused('a'.repeat(91), { config })).toMatch(/90/)
    expect((await alice('GET', path)).body).toEqual([])
  })

  it('have names of the whole server, and are not put over what somebody deployed', async () => {
    const server = await start()
    const { alice, path } = server
    const bob = await signedIn(server, 'bob')
    const other = (await newProject(bob, { namespace: 'bob' })).id as string
    await bob('POST', `/api/projects/${other}/connections`, { body: { name: 'shop', uri: server.databaseUrl } })
    const own = { from: { connection: 'shop', table: 'a' }, to: { connection: 'shop', table: 'b' } }
    expect((await alice('PUT', `${path}/orders`, { body: { config } })).status).toBe(201)
    const taken = await bob('PUT', `/api/projects/${other}/copies/orders`, { body: { config: own } })
    expect(taken).toMatchObject({ status: 409, body: { error: { detail: 'COPY_NAME_TAKEN' } } })
    const onlyNew = { body: { config }, headers: { 'if-none-match': '*' } }
    expect((await alice('PUT', `${path}/orders`, onlyNew)).body.error.detail).toBe('COPY_EXISTS')
    expect((await alice('PUT', `${path}/another`, onlyNew)).status).toBe(201)
  })

  it('of two saved at once both are versions, one is current; with an ETag one has to read again', async () => {
    const { alice, path } = await start()
    const save = (table: string, headers = {}) =>
      alice('PUT', `${path}/orders`, { body: { config: { ...config, to: { connection: 'lake', table } } }, headers })
    const made = await Promise.all([save('a'), save('b')])
    expect(made.map(({ status }) => status).sort()).toEqual([200, 201])
    expect((await alice('GET', '/api/workflows/copy-orders/versions')).body).toHaveLength(2)
    const { etag } = (await alice('GET', `${path}/orders`)).body
    const changed = await Promise.all([save('c', { 'if-match': etag }), save('d', { 'if-match': etag })])
    expect(changed.map(({ status }) => status).sort()).toEqual([200, 409])
  })

  it('are seen by members, and planned and changed by those who may write; for all others they are not there', async () => {
    const server = await start()
    const { alice, path, project } = server
    const [viewer, editor, stranger] = await Promise.all(
      ['viewer', 'editor', 'stranger'].map((name) => signedIn(server, name)),
    )
    const members = [
      { id: 'viewer', role: 'viewer' },
      { id: 'editor', role: 'editor' },
    ]
    await alice('PATCH', `/api/data/projects/${project}/members`, { body: members })
    await alice('PUT', `${path}/orders`, { body: { config } })
    const statuses = async (caller: typeof alice | undefined) => {
      const ask = async (...call: Parameters<typeof alice>) => (await caller?.(...call))?.status
      return [
        await ask('GET', path),
        await ask('GET', `${path}/orders`),
        await ask('POST', `${path}/plan`, { body: { config: {} } }),
        await ask('PUT', `${path}/orders`, { body: { config } }),
        await ask('DELETE', `${path}/orders`),
      ]
    }
    expect(await statuses(stranger)).toEqual([404, 404, 404, 404, 404])
    expect(await statuses(viewer)).toEqual([200, 200, 404, 404, 404])
    expect(await statuses(server.anonymous)).toEqual([401, 401, 401, 401, 401])
    expect(await statuses(editor)).toEqual([200, 200, 200, 200, 204])
  })
})
