import { sql } from '@millrace/db'
import { expect, test } from 'vitest'
import { type CallServer, type TestServer, useServers } from '../test-server.fixture.ts'

const servers = useServers()
const connectors = '/api/data/data_connectors'
const bucket = {
  configuration: {
    type: 's3',
    provider: 'AWS',
    region: 'eu-central-1',
    access_key_id: 'AKIA-THE-KEY',
    secret_access_key: 'THE-SECRET-VALUE',
  },
  source_path: 'flights/2026',
  target_path: 'flights',
}

async function signedIn(server: TestServer, id: string, claims?: Record<string, unknown>): Promise<CallServer> {
  const call = server.as(id, { email: `${id}@example.com`, ...claims })
  expect((await call('GET', '/api/data/user')).status).toBe(200)
  return call
}

async function made(call: CallServer, path: string, body: Record<string, unknown>) {
  const answer = await call('POST', path, { body })
  expect(answer).toMatchObject({ status: 201 })
  return answer.body
}

async function newConnector(call: CallServer, body: Record<string, unknown> = {}) {
  return await made(call, connectors, { name: 'Flights', namespace: 'alice', storage: bucket, ...body })
}

async function newProject(call: CallServer, body: Record<string, unknown> = {}) {
  return await made(call, '/api/data/projects', { name: 'Delays', namespace: 'alice', ...body })
}

async function join(owner: CallServer, path: string, id: string, role: string) {
  expect((await owner('PATCH', `${path}/members`, { body: [{ id, role }] })).status).toBe(200)
}

async function statusOf(call: CallServer, path: string): Promise<number> {
  return (await call('GET', path)).status
}

test('a connector from a name, a namespace and a storage has defaults for the rest', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  const { status, body, headers } = await alice('POST', connectors, {
    body: { name: 'Flight Data', namespace: 'Alice', storage: bucket },
  })
  expect(status).toBe(201)
  expect(body).toMatchObject({
    id: expect.stringMatching(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/),
    namespace: 'alice',
    slug: 'flight-data',
    visibility: 'private',
    keywords: [],
    created_by: 'alice',
    storage: {
      storage_type: 's3',
      source_path: 'flights/2026',
      target_path: 'flights',
      readonly: true,
      configuration: { region: 'eu-central-1', access_key_id: '<sensitive>', secret_access_key: '<sensitive>' },
    },
  })
  const sensitive = body.storage.sensitive_fields.map(({ name }: { name: string }) => name)
  expect(sensitive).toEqual(['access_key_id', 'secret_access_key'])
  expect(headers.get('etag')).toBe(body.etag)
  const again = await alice('POST', connectors, { body: { name: 'Flight data', namespace: 'alice', storage: bucket } })
  expect(again).toMatchObject({ status: 409, body: { error: { code: 1409, detail: 'SLUG_TAKEN' } } })
})

test('sensitive values stand neither in the database, nor in the audit log, nor in the log', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  const { id, etag } = await newConnector(alice, {
    storage: { ...bucket, configuration: { ...bucket.configuration, my_own_password: 'THE-SECRET-VALUE' } },
  })
  const storage = { configuration: { session_token: 'THE-SECRET-VALUE' } }
  const changed = await alice('PATCH', `${connectors}/${id}`, { headers: { 'if-match': etag }, body: { storage } })
  expect(changed).toMatchObject({
    status: 200,
    body: { storage: { configuration: { session_token: '<sensitive>', my_own_password: '<sensitive>' } } },
  })
  const [rows] = await server.db.query<{ text: string }>(sql`
    select (select string_agg(d::text, '') from data_connectors.data_connector d)
      || (select string_agg(e::text, '') from audit.event e) as text`)
  const found = /THE-SECRET-VALUE|AKIA-THE-KEY/
  expect(rows?.text).not.toMatch(found)
  expect(rows?.text).toContain('<sensitive>')
  expect(JSON.stringify(server.lines)).not.toMatch(found)
})

test('case 2: a change needs the version it is made to', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  const { id, etag } = await newConnector(alice)
  const path = `${connectors}/${id}`
  const body = { description: 'Arrivals' }
  expect(await alice('PATCH', path, { body })).toMatchObject({ status: 428, body: { error: { code: 1428 } } })
  expect(await alice('PATCH', path, { body, headers: { 'if-match': '"0"' } })).toMatchObject({ status: 409 })
  const changed = await alice('PATCH', path, { body, headers: { 'if-match': etag } })
  expect(changed).toMatchObject({ status: 200, body: { description: 'Arrivals' } })
  expect(changed.body.etag).not.toBe(etag)
  const headers = { 'if-none-match': changed.body.etag }
  expect(await alice('GET', path, { headers })).toMatchObject({ status: 304, body: '' })
  expect(await alice('GET', path, { headers: { 'if-none-match': etag } })).toMatchObject({ status: 200 })
  const cleared = await alice('PATCH', path, { body: { description: '' }, headers: { 'if-match': changed.body.etag } })
  expect(cleared.body).not.toHaveProperty('description')
})

test('the ETag changes when the namespace is renamed', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  await made(alice, '/api/data/groups', { name: 'Airline', slug: 'airline' })
  const { id, etag } = await newConnector(alice, { namespace: 'airline' })
  expect((await alice('PATCH', '/api/data/groups/airline', { body: { slug: 'carrier' } })).status).toBe(200)
  const { body } = await alice('GET', `${connectors}/${id}`)
  expect(body.namespace).toBe('carrier')
  expect(body.etag).not.toBe(etag)
})

test('options that are given replace former ones, and null takes one away', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  const { id, etag } = await newConnector(alice)
  const storage = {
    configuration: { region: null, endpoint: 'https://s3.example.com', list_chunk: 10 },
    readonly: false,
  }
  const { body } = await alice('PATCH', `${connectors}/${id}`, { headers: { 'if-match': etag }, body: { storage } })
  expect(body.storage).toMatchObject({
    readonly: false,
    source_path: 'flights/2026',
    configuration: {
      type: 's3',
      provider: 'AWS',
      endpoint: 'https://s3.example.com',
      list_chunk: 10,
      access_key_id: '<sensitive>',
      secret_access_key: '<sensitive>',
    },
  })
  expect(body.storage.configuration).not.toHaveProperty('region')
})

test('case 3: pages of connectors', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  for (const name of ['One', 'Two', 'Three']) await newConnector(alice, { name })
  const first = await alice('GET', connectors)
  expect(['page', 'per-page', 'total', 'total-pages'].map((name) => first.headers.get(name))).toEqual([
    '1',
    '20',
    '3',
    '1',
  ])
  expect(first.body.map(({ name }: { name: string }) => name)).toEqual(['Three', 'Two', 'One'])
  const past = await alice('GET', `${connectors}?page=42&per_page=3`)
  expect([past.body, past.headers.get('total')]).toEqual([[], '3'])
  for (const per of [0, 101]) expect((await alice('GET', `${connectors}?per_page=${per}`)).status).toBe(422)
  expect((await server.anonymous('GET', connectors)).body).toEqual([])
  expect((await alice('GET', `${connectors}?namespace=alice`)).body).toHaveLength(3)
  expect((await alice('GET', `${connectors}?namespace=alice/none`)).body).toEqual([])
})

test('case 4: a private connector is 404 for others; public it is there for all, and private again gone', async () => {
  const server = await servers.start()
  const [alice, bob] = [await signedIn(server, 'alice'), await signedIn(server, 'bob')]
  const { id, etag } = await newConnector(alice)
  const path = `${connectors}/${id}`
  const seen = async () => [await statusOf(bob, path), await statusOf(server.anonymous, path)]
  expect(await seen()).toEqual([404, 404])
  expect((await bob('GET', path)).body.error.message).toBe(
    (await bob('GET', `${connectors}/01JD3Z6Q7N6YXQ0M2R4T8V9WAB`)).body.error.message.replace(
      '01JD3Z6Q7N6YXQ0M2R4T8V9WAB',
      id,
    ),
  )
  const shown = await alice('PATCH', path, { headers: { 'if-match': etag }, body: { visibility: 'public' } })
  expect(await seen()).toEqual([200, 200])
  expect((await server.anonymous('GET', connectors)).body).toHaveLength(1)
  expect((await bob('PATCH', path, { headers: { 'if-match': shown.body.etag }, body: { name: 'Mine' } })).status).toBe(
    404,
  )
  expect((await bob('DELETE', path)).status).toBe(404)
  await alice('PATCH', path, { headers: { 'if-match': shown.body.etag }, body: { visibility: 'private' } })
  expect(await seen()).toEqual([404, 404])
})

test('case 8: members of a project do not read a private connector of somebody else, before and after it is linked', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  const project = await newProject(alice)
  const { id } = await newConnector(alice)
  const path = `${connectors}/${id}`
  const members: CallServer[] = []
  for (const role of ['viewer', 'editor', 'owner']) {
    members.push(await signedIn(server, `the-${role}`))
    await join(alice, `/api/data/projects/${project.id}`, `the-${role}`, role)
  }
  const seen = async () => await Promise.all(members.map((member) => statusOf(member, path)))
  expect(await seen()).toEqual([404, 404, 404])
  const link = await made(alice, `${path}/project_links`, { project_id: project.id })
  expect(await seen()).toEqual([404, 404, 404])
  const ofProject = `/api/data/projects/${project.id}`
  for (const member of members) {
    expect((await member('GET', `${ofProject}/data_connector_links`)).body).toEqual([])
    expect((await member('GET', `${ofProject}/inaccessible_data_connector_links`)).body).toEqual({ count: 1 })
  }
  expect((await alice('GET', `${ofProject}/data_connector_links`)).body).toEqual([link])
  expect((await alice('GET', `${ofProject}/inaccessible_data_connector_links`)).body).toEqual({ count: 0 })
})

test('case 8: a connector in a project is read by who reads the project as a member, and only by these', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  const stranger = await signedIn(server, 'stranger')
  const project = await newProject(alice, { visibility: 'public' })
  const { id, namespace, etag } = await newConnector(alice, { namespace: 'alice/delays' })
  expect(namespace).toBe('alice/delays')
  const path = `${connectors}/${id}`
  const roles = ['viewer', 'editor', 'owner']
  const members: CallServer[] = []
  for (const role of roles) {
    members.push(await signedIn(server, `the-${role}`))
    await join(alice, `/api/data/projects/${project.id}`, `the-${role}`, role)
  }
  for (const member of members) expect(await statusOf(member, path)).toBe(200)
  expect([await statusOf(stranger, path), await statusOf(server.anonymous, path)]).toEqual([404, 404])
  const changes = await Promise.all(
    members.map((member) => member('PATCH', path, { headers: { 'if-match': etag }, body: { name: 'New' } })),
  )
  expect(changes.map(({ status }) => status)).toEqual([404, 404, 200])
  const created = await Promise.all(
    [...members, stranger].map((member, place) =>
      member('POST', connectors, { body: { name: `C ${place}`, namespace: 'alice/delays', storage: bucket } }),
    ),
  )
  expect(created.map(({ status }) => status)).toEqual([403, 201, 201, 403])
  expect((await alice('GET', `/api/data/projects/${project.id}/data_connector_links`)).body).toEqual([])
  expect(await statusOf(alice, '/api/data/namespaces/alice/projects/delays/data_connectors/flights')).toBe(200)
})

test('case 8: an editor of a group reads and makes connectors of the group, and changes none', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  await made(alice, '/api/data/groups', { name: 'Airline', slug: 'airline' })
  const [editor, viewer] = [await signedIn(server, 'editor'), await signedIn(server, 'viewer')]
  await join(alice, '/api/data/groups/airline', 'editor', 'editor')
  await join(alice, '/api/data/groups/airline', 'viewer', 'viewer')
  const { id, etag } = await newConnector(alice, { namespace: 'airline' })
  const path = `${connectors}/${id}`
  expect([await statusOf(editor, path), await statusOf(viewer, path)]).toEqual([200, 200])
  const change = { headers: { 'if-match': etag }, body: { name: 'New' } }
  expect((await editor('PATCH', path, change)).status).toBe(404)
  expect((await editor('DELETE', path)).status).toBe(404)
  const permissions = await Promise.all([alice, editor].map((call) => call('GET', `${path}/permissions`)))
  expect(permissions.map(({ body }) => body)).toEqual([
    { write: true, delete: true, change_membership: true },
    { write: false, delete: false, change_membership: false },
  ])
  await newConnector(editor, { namespace: 'airline', name: 'Made by the editor' })
  const refused = await viewer('POST', connectors, { body: { name: 'C', namespace: 'airline', storage: bucket } })
  expect(refused).toMatchObject({ status: 403, body: { error: { code: 1403 } } })
})

test('case 11: what moves from a group to another is gone for members of the first and there for those of the second', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  const [inA, inB] = [await signedIn(server, 'in-a'), await signedIn(server, 'in-b')]
  for (const [slug, member] of [
    ['a', 'in-a'],
    ['b', 'in-b'],
  ] as const) {
    await made(alice, '/api/data/groups', { name: slug, slug })
    await join(alice, `/api/data/groups/${slug}`, member, 'viewer')
  }
  const { id, etag } = await newConnector(alice, { namespace: 'a' })
  const path = `${connectors}/${id}`
  expect([await statusOf(inA, path), await statusOf(inB, path)]).toEqual([200, 404])
  const moved = await alice('PATCH', path, { headers: { 'if-match': etag }, body: { namespace: 'b', slug: 'new' } })
  expect(moved).toMatchObject({ status: 200, body: { namespace: 'b', slug: 'new' } })
  expect([await statusOf(inA, path), await statusOf(inB, path)]).toEqual([404, 200])
  for (const was of ['a/data_connectors/flights', 'a/data_connectors/new', 'b/data_connectors/flights'])
    expect(await statusOf(alice, `/api/data/namespaces/${was}`)).toBe(200)
  const related = await server.db.query(sql`
    select subject_type from authz.relation where object_id = ${id} and relation = 'data_connector_namespace'`)
  expect(related).toHaveLength(1)
})

test('a connector that moves into a project is linked to it, and the link stays as long as it is there', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  const project = await newProject(alice)
  const { id, etag } = await newConnector(alice)
  const path = `${connectors}/${id}`
  const moved = await alice('PATCH', path, { headers: { 'if-match': etag }, body: { namespace: 'alice/delays' } })
  expect(moved).toMatchObject({ status: 200, body: { namespace: 'alice/delays' } })
  const { body: links } = await alice('GET', `${path}/project_links`)
  expect(links).toMatchObject([{ data_connector_id: id, project_id: project.id }])
  expect((await alice('DELETE', `${path}/project_links/${links[0].id}`)).status).toBe(422)
  await alice('PATCH', path, { headers: { 'if-match': moved.body.etag }, body: { namespace: 'alice' } })
  expect((await alice('DELETE', `${path}/project_links/${links[0].id}`)).status).toBe(204)
  expect((await alice('DELETE', `${path}/project_links/${links[0].id}`)).status).toBe(404)
})

test('a move needs the right to put things where it goes, and a free slug there', async () => {
  const server = await servers.start()
  const [alice, bob] = [await signedIn(server, 'alice'), await signedIn(server, 'bob')]
  await newProject(bob, { namespace: 'bob', name: 'Secret' })
  const { id, etag } = await newConnector(alice)
  const move = async (namespace: string) =>
    (await alice('PATCH', `${connectors}/${id}`, { headers: { 'if-match': etag }, body: { namespace } })).status
  expect([await move('bob'), await move('bob/secret'), await move('nobody')]).toEqual([403, 404, 404])
  const other = await newConnector(alice, { name: 'Other' })
  const taken = await alice('PATCH', `${connectors}/${id}`, {
    headers: { 'if-match': etag },
    body: { slug: other.slug },
  })
  expect(taken).toMatchObject({ status: 422, body: { error: { detail: 'SLUG_TAKEN' } } })
})

test('a link needs the connector to be seen and the project to be writable, and is there once', async () => {
  const server = await servers.start()
  const [alice, bob] = [await signedIn(server, 'alice'), await signedIn(server, 'bob')]
  const shown = await newConnector(alice, { visibility: 'public' })
  const hidden = await newConnector(alice, { name: 'Hidden' })
  const mine = await newProject(bob, { namespace: 'bob', name: 'Mine' })
  const readable = await newProject(alice, { name: 'Readable', visibility: 'public' })
  const link = async (connector: string, project_id: string) =>
    (await bob('POST', `${connectors}/${connector}/project_links`, { body: { project_id } })).status
  expect(await link(hidden.id, mine.id)).toBe(404)
  expect(await link(shown.id, readable.id)).toBe(404)
  expect(await link(shown.id, mine.id)).toBe(201)
  expect(await link(shown.id, mine.id)).toBe(409)
  expect((await alice('GET', `${connectors}/${shown.id}/project_links`)).body).toEqual([])
})

test('of two that make the same connector at once, one is told that the slug is taken', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  const body = { name: 'Flights', namespace: 'alice', storage: bucket }
  const answers = await Promise.all(Array.from({ length: 6 }, () => alice('POST', connectors, { body })))
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409])
})

test('of two changes of the same version at once, one is refused', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  const { id, etag } = await newConnector(alice)
  const answers = await Promise.all(
    ['A', 'B', 'C', 'D'].map((name) =>
      alice('PATCH', `${connectors}/${id}`, { headers: { 'if-match': etag }, body: { name } }),
    ),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409])
})

test('what is removed leaves nothing behind, and its slug is free', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  const project = await newProject(alice)
  const { id, etag } = await newConnector(alice, { visibility: 'public' })
  await made(alice, `${connectors}/${id}/project_links`, { project_id: project.id })
  await alice('PATCH', `${connectors}/${id}`, { headers: { 'if-match': etag }, body: { slug: 'renamed' } })
  expect((await alice('DELETE', `${connectors}/${id}`)).status).toBe(204)
  expect((await alice('DELETE', `${connectors}/${id}`)).status).toBe(404)
  const left = await server.db.query(sql`
    select 1 from authz.relation where object_id = ${id} or subject_id = ${id}
    union all select 1 from common.entity_slug_old where entity_id = ${id}
    union all select 1 from data_connectors.project_link`)
  expect(left).toEqual([])
  await newConnector(alice)
})

test('what is linked while it is removed leaves nothing behind', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  const projects = [await newProject(alice), await newProject(alice, { name: 'Other' })]
  for (const round of ['a', 'b', 'c']) {
    const { id } = await newConnector(alice, { name: round, visibility: 'public' })
    const answers = await Promise.all([
      ...projects.map((project) =>
        alice('POST', `${connectors}/${id}/project_links`, { body: { project_id: project.id } }),
      ),
      alice('DELETE', `${connectors}/${id}`),
    ])
    expect(answers.at(-1)?.status).toBe(204)
    for (const { status } of answers.slice(0, -1)) expect(status).toBeOneOf([201, 404])
    const left = await server.db.query(sql`
      select 1 from authz.relation where object_id = ${id} union all select 1 from data_connectors.project_link`)
    expect(left).toEqual([])
  }
})

test('connectors go with their project, and with their group', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  await made(alice, '/api/data/groups', { name: 'Airline', slug: 'airline' })
  const project = await newProject(alice, { namespace: 'airline' })
  const kept = await newConnector(alice)
  const inProject = await newConnector(alice, { namespace: 'airline/delays', visibility: 'public' })
  const inGroup = await newConnector(alice, { namespace: 'airline', visibility: 'public' })
  expect((await alice('DELETE', `/api/data/projects/${project.id}`)).status).toBe(204)
  expect(await statusOf(alice, `${connectors}/${inProject.id}`)).toBe(404)
  expect((await alice('DELETE', '/api/data/groups/airline')).status).toBe(204)
  expect(await statusOf(alice, `${connectors}/${inGroup.id}`)).toBe(404)
  expect(await statusOf(alice, `${connectors}/${kept.id}`)).toBe(200)
  const left = await server.db.query(sql`
    select object_id from authz.relation where object_type = 'data_connector' and object_id <> ${kept.id}`)
  expect(left).toEqual([])
})

test('refuses bodies that are not right', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  const wrong: [string, Record<string, unknown>][] = [
    ['no field that there is', { slag: 'a' }],
    ['an id of its own', { id: '01JD3Z6Q7N6YXQ0M2R4T8V9WAB' }],
    ['another creator', { created_by: 'bob' }],
    ['a DOI that is none of its storage', { doi: '10.1/2' }],
    ['a slug that is none', { slug: 'UPPER CASE' }],
    ['too long a description', { description: 'x'.repeat(501) }],
    ['a path out of the storage', { storage: { ...bucket, source_path: 'a/../../b' } }],
    ['storage of the machine', { storage: { ...bucket, configuration: { type: 'local' } } }],
    ['neither configuration nor address', { storage: { target_path: 'a' } }],
  ]
  for (const [what, body] of wrong) {
    const answer = await alice('POST', connectors, {
      body: { name: 'C', namespace: 'alice', storage: bucket, ...body },
    })
    expect(answer, what).toMatchObject({ status: 422, body: { error: { code: 1422 } } })
  }
})

test('nobody makes or changes a connector without signing in', async () => {
  const server = await servers.start()
  const body = { name: 'C', namespace: 'alice', storage: bucket }
  const id = '01JD3Z6Q7N6YXQ0M2R4T8V9WAB'
  const answers = await Promise.all([
    server.anonymous('POST', connectors, { body }),
    server.anonymous('PATCH', `${connectors}/${id}`, { body: {} }),
    server.anonymous('DELETE', `${connectors}/${id}`),
    server.anonymous('GET', `${connectors}/${id}/secrets`),
    server.anonymous('POST', `${connectors}/global`, { body: {} }),
  ])
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401])
})
