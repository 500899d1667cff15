import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import { sql } from '@millrace/db'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { newGroup, newProject, signedIn } from '../people.fixture.ts'
import { type CallServer, manifestOf, useServers } from '../test-server.fixture.ts'

const servers = useServers()
const open = new Set<AsyncDisposable>()
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const one of open) await one[Symbol.asyncDispose]()
  open.clear()
})

const password = 'p4ssw0rd-of-the-shop'
const shop = {
  name: 'shop',
  connector: 'postgres',
  description: 'The shop',
  config: { host: 'db.example.com', port: '5433', user: 'loader', password },
}

async function start(settings: Readonly<Record<string, unknown>> = {}) {
  const server = await servers.start({ settings: settings as never })
  const alice = await signedIn(server, 'alice')
  const root = await signedIn(server, 'root', { is_admin: true })
  const project = (await newProject(alice, { namespace: 'alice' })).id as string
  return { ...server, alice, root, project, path: `/api/projects/${project}/connections` }
}

async function save(call: CallServer, path: string, body: Readonly<Record<string, unknown>> = shop) {
  const answer = await call('POST', path, { body })
  expect(answer).toMatchObject({ status: 201 })
  return answer.body
}

async function patch(call: CallServer, path: string, body: unknown) {
  const etag = (await call('GET', path)).headers.get('etag') ?? 'none'
  return await call('PATCH', path, { body, headers: { 'if-match': etag } })
}

describe('connections', () => {
  it('are saved with the types of their connector, and show no secret again, anywhere', async () => {
    const { alice, path, db, lines } = await start()
    const made = await alice('POST', path, { body: shop })
    expect(made).toMatchObject({
      status: 201,
      body: {
        ...{ name: 'shop', connector: 'postgres', description: 'The shop', created_by: 'alice' },
        config: { host: 'db.example.com', port: 5433, user: 'loader', password: '<sensitive>' },
      },
    })
    const one = await alice('GET', `${path}/${made.body.id}`)
    expect(one.body).toEqual(made.body)
    expect(one.headers.get('etag')).toBe(made.body.etag)
    const again = { headers: { 'if-none-match': made.body.etag } }
    expect((await alice('GET', `${path}/${made.body.id}`, again)).status).toBe(304)
    expect((await alice('GET', path)).body).toEqual([made.body])
    const everything = await db.query(sql`
      select c::text from connections.connection c union all select a::text from audit.event a
      union all select s::text from secrets.sealed s union all select v::text from connections.secret_value v`)
    expect(everything.length).toBeGreaterThan(3)
    expect(JSON.stringify([everything, lines])).not.toContain(password)
  })

  it('are saved from an address, whose settings may be overridden', async () => {
    const { alice, path } = await start()
    const { config, connector } = await save(alice, path, {
      ...{ name: 'a', uri: `postgres://loader:${password}@db.example.com/shop`, config: { user: 'reader' } },
    })
    expect({ config, connector }).toEqual({
      connector: 'postgres',
      config: { host: 'db.example.com', database: 'shop', user: 'reader', password: '<sensitive>' },
    })
  })

  it('are refused with what the connector does not take, and the message holds no secret', async () => {
    const { alice, path } = await start()
    const refused = async (body: Readonly<Record<string, unknown>>) => {
      const answer = await alice('POST', path, { body: { name: 'a', ...body } })
      expect(answer.status).toBe(422)
      expect(JSON.stringify(answer.body)).not.toContain(password)
      return `${answer.body.error.detail}: ${answer.body.error.message}`
    }
    expect(await refused({ connector: 'postgresq' })).toMatch(/^UNKNOWN_CONNECTOR: .*postgres/)
    expect(await refused({})).toMatch(/^CONNECTION_INVALID: Give "connector"/)
    expect(await refused({ connector: 'postgres', config: { hots: 'a' } })).toMatch(/Did you mean "host"\?/)
    expect(await refused({ connector: 'postgres', config: { port: 'a' } })).toMatch(/^INVALID_CONFIGURATION/)
    expect(await refused({ connector: 'sqlite' })).toMatch(/^MISSING_CONFIGURATION/)
    expect(await refused({ connector: 'sqlite', config: { path: 'a.db' } })).toMatch(/absolute path/)
    expect(await refused({ connector: 'postgres', uri: 'mysql://a/b' })).toMatch(/not one of the connector/)
    expect(await refused({ uri: `postgres://u:${password}@[` })).toMatch(/^INVALID_URI/)
    expect(await refused({ connector: 's3', config: { endpoint: `https://me:${password}@s3.example.com` } })).toMatch(
      /holds a password/,
    )
    expect(await refused({ connector: 'postgres', config: { password: '<sensitive>' } })).toMatch(/there is none yet/)
    expect(await refused({ connector: 'postgres', config: {}, project_id: 'x' })).toMatch(/project_id is not known/)
    expect(await refused({ connector: 'postgres', config: { __proto__: 'x', constructor: 'x' } })).toMatch(
      /UNKNOWN_CONFIGURATION/,
    )
  })

  it('change by merging, with the ETag that was read; null takes a setting away', async () => {
    const { alice, path, db } = await start()
    const { id } = await save(alice, path)
    const one = `${path}/${id}`
    const body = { config: { host: 'other.example.com', user: null, password: '<sensitive>' }, description: '' }
    expect((await alice('PATCH', one, { body })).status).toBe(428)
    expect((await alice('PATCH', one, { body, headers: { 'if-match': '"old"' } })).status).toBe(409)
    const changed = await patch(alice, one, body)
    expect(changed.status).toBe(200)
    expect(changed.body.config).toEqual({ host: 'other.example.com', port: 5433, password: '<sensitive>' })
    expect(changed.body.description).toBeUndefined()
    expect((await patch(alice, one, { config: { nothing: null } })).body.error.detail).toBe('UNKNOWN_CONFIGURATION')
    const sealed = async () =>
      (await db.query<{ id: string }>(sql`select id from secrets.sealed`)).map(({ id }) => id).join()
    const before = await sealed()
    const etag = (await alice('GET', one)).headers.get('etag')
    await patch(alice, one, { config: { password: 'another' } })
    expect(await sealed()).not.toBe(before)
    expect((await alice('GET', one)).headers.get('etag')).not.toBe(etag)
    expect((await patch(alice, one, { config: { password: null } })).body.config).toEqual({
      ...{ host: 'other.example.com', port: 5433 },
    })
    expect(await sealed()).toBe('')
    expect((await patch(alice, one, { config: { password: '<sensitive>' } })).status).toBe(422)
  })

  it('have a name of their own in each place, and are gone with their project, secrets and all', async () => {
    const { alice, root, path, project, db } = await start()
    const { id } = await save(alice, path)
    expect((await alice('POST', path, { body: shop })).body.error.detail).toBe('CONNECTION_NAME_TAKEN')
    const other = await save(alice, path, { ...shop, name: 'other' })
    expect((await patch(alice, `${path}/${other.id}`, { name: 'shop' })).status).toBe(409)
    await save(alice, '/api/namespaces/alice/connections')
    const ofAll = await save(root, '/api/connections')
    expect((await alice('GET', `/api/namespaces/alice/connections/${id}`)).status).toBe(404)
    expect((await root('GET', `/api/connections/${id}`)).status).toBe(404)
    expect((await alice('DELETE', `${path}/${ofAll.id}`)).status).toBe(404)
    expect((await alice('DELETE', `${path}/${other.id}`)).status).toBe(204)
    expect((await alice('DELETE', `${path}/${other.id}`)).status).toBe(404)
    expect((await alice('DELETE', `/api/data/projects/${project}`)).status).toBe(204)
    expect((await alice('GET', path)).status).toBe(404)
    const left = await db.one(sql`
      select (select count(*) from connections.connection) as connections, (select count(*) from secrets.sealed) as sealed`)
    expect(left).toEqual({ connections: 2, sealed: 2 })
  })

  it('two changes at once: one wins, the other has to read again', async () => {
    const { alice, path } = await start()
    const { id, etag } = await save(alice, path)
    const answers = await Promise.all(
      ['a', 'b'].map((description) =>
        alice('PATCH', `${path}/${id}`, { body: { description }, headers: { 'if-match': etag } }),
      ),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
  })

  it('are seen by members, and changed and tried by those who may write; for all others they are not there', async () => {
    const server = await servers.start()
    const owner = await signedIn(server, 'olga')
    const group = await newGroup(owner, 'crew')
    const { id } = await newProject(owner, { namespace: 'crew', visibility: 'public' })
    const callers: Record<string, CallServer> = { anonymous: server.anonymous, olga: owner }
    for (const name of ['stranger', 'viewer', 'editor', 'crewviewer']) callers[name] = await signedIn(server, name)
    callers.root = await signedIn(server, 'root', { is_admin: true })
    await owner('PATCH', `/api/data/projects/${id}/members`, {
      body: [
        { id: 'viewer', role: 'viewer' },
        { id: 'editor', role: 'editor' },
      ],
    })
    await owner('PATCH', `/api/data/groups/${group.slug}/members`, { body: [{ id: 'crewviewer', role: 'viewer' }] })
    const ofProject = await save(owner, `/api/projects/${id}/connections`)
    const ofGroup = await save(owner, '/api/namespaces/crew/connections')
    const ofAll = await save(callers.root, '/api/connections')
    const table: Record<string, unknown> = {}
    for (const [who, call] of Object.entries(callers)) {
      const row: Record<string, string> = {}
      for (const [where, path, one] of [
        ['project', `/api/projects/${id}/connections`, ofProject.id],
        ['group', '/api/namespaces/crew/connections', ofGroup.id],
        ['platform', '/api/connections', ofAll.id],
      ] as const) {
        const body = { ...shop, name: `of-${who}` }
        const if_match = { 'if-match': '"none"' }
        const answers = [
          await call('GET', path),
          await call('GET', `${path}/${one}`),
          await call('GET', `${path}/${one}/used-by`),
          await call('POST', path, { body }),
          await call('PATCH', `${path}/${one}`, { body: {}, headers: if_match }),
          await call('POST', `${path}/test`, { body: { connector: 'nothing' } }),
          await call('GET', `${path}/${one}/relations/preview`),
        ]
        row[where] = answers.map(({ status }) => status).join(' ')
      }
      table[who] = row
    }
    const nobody = '401 401 401 401 401 401 401'
    const stranger = '404 404 404 404 404 404 422'
    const reader = '200 200 200 404 404 404 422'
    const writer = '200 200 200 201 409 422 422'
    const notAdmin = '403 403 403 403 403 403 403'
    expect(table).toEqual({
      anonymous: { project: nobody, group: nobody, platform: nobody },
      stranger: { project: stranger, group: stranger, platform: notAdmin },
      viewer: { project: reader, group: stranger, platform: notAdmin },
      editor: { project: writer, group: stranger, platform: notAdmin },
      crewviewer: { project: reader, group: reader, platform: notAdmin },
      olga: { project: writer, group: writer, platform: notAdmin },
      root: { project: writer, group: writer, platform: writer },
    })
    const usable = await callers.viewer?.('GET', `/api/projects/${id}/usable-connections?per_page=100`)
    expect(usable?.body).toContainEqual({
      name: 'of-olga',
      connector: 'postgres',
      description: 'The shop',
      of: 'project',
    })
    expect(usable?.body).toContainEqual({
      name: 'of-root',
      connector: 'postgres',
      description: 'The shop',
      of: 'project',
    })
    expect((await callers.stranger?.('GET', `/api/projects/${id}/usable-connections`))?.status).toBe(404)

    const readable: Record<string, number | string> = {}
    for (const [who, call] of Object.entries(callers)) {
      const { status, headers, body } = await call('GET', '/api/readable-connections?per_page=100')
      readable[who] =
        status === 200
          ? body
              .map((one: { of: string }) => one.of)
              .toSorted()
              .join(' ')
          : status
      if (status === 200) expect(headers.get('total')).toBe(`${body.length}`)
    }
    const [inProject, inGroup] = ['project project project project', ' namespace namespace namespace']
    expect(readable).toEqual({
      ...{ anonymous: 401, stranger: '', viewer: inProject, editor: inProject },
      crewviewer: `${inGroup.trim()} ${inProject}`,
      olga: `${inGroup.trim()} ${inProject}`,
      root: `${inGroup.trim()} platform platform ${inProject}`,
    })
    const [found, ...others] = (await owner('GET', '/api/readable-connections?search=OLGA%20shop&connector=postgres'))
      .body
    expect([found.name, others.length]).toEqual(['of-olga', 1])
    expect(others.concat(found)).toContainEqual({
      ...{ id: expect.any(String), name: 'of-olga', connector: 'postgres', description: 'The shop', of: 'project' },
      ...{ project: { id, name: 'Delays', slug: 'delays' }, namespace: { slug: 'crew', kind: 'group' } },
      updated_at: expect.any(String),
    })
    expect((await owner('GET', '/api/readable-connections?connector=mysql')).body).toEqual([])
  })

  it('tell which versions of workflows name them, where nothing nearer has the name', async () => {
    const { alice, root, path, project } = await start()
    const deploy = async (name: string, version: string, query: string, caller = alice) => {
      const manifest = manifestOf(
        { extract: {}, load: { after: ['extract'], connections: ['shop', 'lake'] } },
        { name, version },
      )
      expect((await caller('POST', `/api/workflows${query}`, { body: manifest })).status).toBe(201)
    }
    await deploy('daily', '1', `?project=${project}`)
    await deploy('daily', '2', `?project=${project}`)
    await deploy('global', '1', '', root)
    const ofAll = await save(root, '/api/connections')
    const uses = async (call: CallServer, one: string) =>
      (await call('GET', `${one}/used-by`)).body.map(
        ({ workflow, version, current, nodes }: Record<string, unknown>) =>
          `${workflow} ${version} ${current} ${nodes}`,
      )
    const all = ['daily 2 true load', 'daily 1 false load', 'global 1 true load']
    expect(await uses(root, `/api/connections/${ofAll.id}`)).toEqual(all)
    const { id } = await save(alice, path)
    expect(await uses(alice, `${path}/${id}`)).toEqual(all.slice(0, 2))
    expect(await uses(root, `/api/connections/${ofAll.id}`)).toEqual(all.slice(2))
  })
})

describe('the catalogue', () => {
  it('lists connectors, and has the schema of each for forms', async () => {
    const { alice, anonymous } = await start()
    const { body } = await alice('GET', '/api/connectors')
    expect(body.map(({ name }: { name: string }) => name)).toContain('postgres')
    const one = await alice('GET', '/api/connectors/postgres')
    expect(one.body.config_schema).toMatchObject({ type: 'object', properties: { password: { writeOnly: true } } })
    expect(one.body).toMatchObject({
      ...{
        category: 'Databases and warehouses',
        missing_drivers: [],
        documentation: 'connectors.md#postgresql-postgres',
      },
      capabilities: { source: true, sink: true, stream: false, modes: ['replace', 'append', 'merge', 'insert-only'] },
      description: 'Reads tables and queries of PostgreSQL, writes tables, and runs SQL.',
    })
    expect(one.body.config_schema.properties).toMatchObject({
      host: { 'x-group': 'connection' },
      user: { 'x-group': 'sign-in' },
      sslmode: { 'x-group': 'encryption' },
    })
    const modes = Object.fromEntries(
      body.map(({ name, capabilities }: { name: string; capabilities: { modes: string[] } }) => [
        name,
        capabilities.modes,
      ]),
    )
    expect(modes).toMatchObject({ s3: ['replace', 'append'], slack: [], bigquery: [] })
    for (const { name } of body) {
      const { config_schema } = (await alice('GET', `/api/connectors/${name}`)).body
      expect(config_schema, name).toMatchObject({ $schema: 'http://json-schema.org/draft-07/schema#', type: 'object' })
      expect(JSON.stringify(config_schema), name).not.toContain('"$ref"')
    }
    expect((await alice('GET', '/api/connectors/nothing')).status).toBe(404)
    expect((await anonymous('GET', '/api/connectors')).status).toBe(401)
  })
})

describe('trying a connection', () => {
  it('connects, lists tables and shows their first rows', async () => {
    const { alice, path, db, databaseUrl } = await start({ allowedAddresses: '127.0.0.1,::1,localhost' })
    await db.execute(sql`create table public.orders (id bigint, note text, at timestamptz)`)
    await db.execute(sql`
      insert into public.orders
      select n, case n when 1 then null when 2 then repeat('é', 2000) else 'a "quoted", text' end, '2026-01-31T00:00:00Z'
      from generate_series(1, 30) n`)
    const tested = await alice('POST', `${path}/test`, { body: { uri: databaseUrl } })
    expect(tested.body).toMatchObject({ ok: true, duration_ms: expect.any(Number), server_version: expect.any(String) })
    const { id } = await save(alice, path, { name: 'here', uri: databaseUrl })
    expect((await alice('POST', `${path}/${id}/test`)).body.ok).toBe(true)
    const relations = await alice('GET', `${path}/${id}/relations`)
    expect(relations.body.tables).toContain('public.orders')
    expect(relations.body.levels).toEqual(['schema', 'table'])
    const found = await alice('GET', `${path}/${id}/relations?search=ORDER`)
    expect(found.body).toMatchObject({
      relations: [{ name: 'public.orders', scope: ['public'], label: 'orders', kind: 'table' }],
      cut: false,
    })
    await db.execute(sql`alter table public.orders add primary key (at, id)`)
    const columns = await alice('GET', `${path}/${id}/relations/columns?table=public.orders`)
    expect(columns.body.columns).toEqual([
      { name: 'id', source_type: 'bigint', type: 'integer(64)', nullable: false, key: 2 },
      { name: 'note', source_type: 'text', type: 'text', nullable: true },
      { name: 'at', source_type: 'timestamp with time zone', type: 'timestamp (UTC)', nullable: false, key: 1 },
    ])
    await db.execute(
      sql`alter table public.orders drop constraint orders_pkey, alter id drop not null, alter at drop not null`,
    )
    const preview = await alice('GET', `${path}/${id}/relations/preview?table=public.orders&limit=3`)
    expect(preview.body).toMatchObject({
      columns: [
        { name: 'id', type: 'bigint', nullable: true },
        { name: 'note', type: 'text', nullable: true },
        { name: 'at', type: 'timestamp with time zone', nullable: true },
      ],
      rows: [
        ['1', null, '2026-01-31 00:00:00+00'],
        ['2', `${'é'.repeat(1000)}…`, '2026-01-31 00:00:00+00'],
        ['3', 'a "quoted", text', '2026-01-31 00:00:00+00'],
      ],
      cut: true,
    })
    const missing = await alice('GET', `${path}/${id}/relations/preview?table=nothing`)
    expect(missing).toMatchObject({ status: 422, body: { error: { detail: 'CONNECTION_FAILED' } } })
  })

  it('says what is wrong, without the password', async () => {
    const { alice, path } = await start({ allowedAddresses: 'localhost' })
    const body = { uri: `postgres://me:${password}@localhost:1/shop` }
    const answer = await alice('POST', `${path}/test`, { body })
    expect(answer).toMatchObject({ status: 200, body: { ok: false, message: expect.stringContaining('localhost') } })
    expect(JSON.stringify(answer.body)).not.toContain(password)
  })

  it('reaches no machine that users may not have the server reach, whichever driver and setting leads there', async () => {
    const { alice, path } = await start()
    const reached: string[] = []
    const web = createServer((request, response) => {
      reached.push(request.url ?? '')
      response.end('{}')
    })
    const port = await listening(web)
    const here = `http://127.0.0.1:${port}`
    const keys = { access_key_id: 'a', secret_access_key: 'b', region: 'us-east-1' }
    const tried: Record<string, Record<string, unknown>> = {
      postgres: { host: '127.0.0.1', port },
      mysql: { host: 'localhost', port },
      clickhouse: { host: '127.0.0.1', port },
      s3: { bucket: 'a', endpoint: here, path_style: true, ...keys },
      tinybird: { token: 'a', endpoint: here },
      'redis-streams': { host: '::ffff:127.0.0.1', port },
    }
    const answers = await Promise.all(
      Object.entries(tried).map(async ([connector, config]) => {
        for (;;) {
          const { status, body } = await alice('POST', `${path}/test`, { body: { connector, config } })
          if (status !== 429) return [connector, body.ok, body.message] as const
        }
      }),
    )
    for (const answer of answers)
      expect(answer).toEqual([answer[0], false, expect.stringContaining('not a public one')])
    expect(reached).toEqual([])
    const socket = await alice('POST', `${path}/test`, {
      body: { connector: 'mysql', config: { socket: '/run/mysqld/mysqld.sock' } },
    })
    expect(socket.body).toMatchObject({ ok: false, message: expect.stringMatching(/refused|not a public one/) })
  })

  it('reads no file of a shared server; where it may, it does', async () => {
    const shared = await start()
    const config = { path: '/tmp/millrace-no-such-file.db' }
    const { id } = await save(shared.alice, shared.path, { name: 'file', connector: 'sqlite', config })
    const refused = await shared.alice('POST', `${shared.path}/${id}/test`)
    expect(refused).toMatchObject({ status: 422, body: { error: { detail: 'CONNECTION_LOCAL' } } })
    const own = await start({ localConnections: true })
    const tried = await own.alice('POST', `${own.path}/test`, { body: { connector: 'sqlite', config } })
    expect(tried).toMatchObject({ status: 200, body: { ok: false, message: expect.stringContaining('no-such-file') } })
  })

  it('has no credentials of the server, wherever a driver looks for some', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'KEYOFTHESERVER')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
    vi.stubEnv('PGPASSWORD', 'secret')
    const { alice, path } = await start({ allowedAddresses: '127.0.0.1' })
    const asked: string[] = []
    const web = createServer((request, response) => {
      asked.push(JSON.stringify(request.headers))
      response.writeHead(403).end()
    })
    const config = {
      bucket: 'a',
      endpoint: `http://127.0.0.1:${await listening(web)}`,
      region: 'us-east-1',
      path_style: true,
    }
    const { body } = await alice('POST', `${path}/test`, { body: { connector: 's3', config } })
    expect(body).toMatchObject({ ok: false })
    expect(`${asked}`).not.toContain('KEYOFTHESERVER')
    const given = { ...config, access_key_id: 'KEYOFALICE', secret_access_key: 'secret' }
    await alice('POST', `${path}/test`, { body: { connector: 's3', config: given } })
    expect(`${asked}`).toContain('KEYOFALICE')
  })

  it('ends with whoever asked for it: nothing stays connected', async () => {
    const { server, project } = await start({ allowedAddresses: '127.0.0.1' })
    const [opened, closed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const silent = createTcpServer((socket) => {
      opened.resolve()
      socket.on('error', () => {}).on('close', () => closed.resolve())
      socket.resume()
    })
    const port = await listening(silent)
    const leave = new AbortController()
    const asking = fetch(`${server.url}/api/projects/${project}/connections/test`, {
      method: 'POST',
      headers: { authorization: `Bearer ${JSON.stringify({ id: 'alice' })}`, 'content-type': 'application/json' },
      body: JSON.stringify({ connector: 'postgres', config: { host: '127.0.0.1', port } }),
      signal: leave.signal,
    })
    await opened.promise
    leave.abort()
    await expect(asking).rejects.toThrow()
    await closed.promise
  })
})

/** Listens on a free port until the test is over. */
async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.add({ [Symbol.asyncDispose]: async () => void server.close() })
  return (server.address() as AddressInfo).port
}
