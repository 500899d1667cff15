import { sql } from '@millrace/db'
import { expect, test } from 'vitest'
import { useServers } from '../test-server.fixture.ts'
import { bucket, connectors, made, newConnector, newProject, signedIn, statusOf } from './data-connectors.fixture.ts'

const servers = useServers()

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

test('rubbish in any text is the fault of the caller, or kept as it is, and never one of the server', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  const { id, etag } = await newConnector(alice)
  const texts = [
    "'; drop table data_connectors.data_connector; --",
    '\u0000',
    '\ud800',
    '%00',
    '../../etc/passwd',
    '{{7*7}}<%= 7*7 %>',
    'a\r\nb: c',
    'x'.repeat(200_000),
    '__proto__',
    '🛫'.repeat(60),
  ]
  const project_id = '01JD3Z6Q7N6YXQ0M2R4T8V9WAB'
  for (const text of texts) {
    const encoded = encodeURIComponent(text.toWellFormed()).slice(0, 5000)
    const storage = { configuration: { type: 's3', region: text, [text.slice(0, 90)]: text }, target_path: text }
    const answers = await Promise.all([
      alice('POST', connectors, { body: { name: text, namespace: 'alice', storage: bucket } }),
      alice('POST', connectors, { body: { name: 'C', namespace: text, storage: bucket } }),
      alice('POST', connectors, { body: { name: 'C', namespace: 'alice', slug: text, storage: bucket } }),
      alice('POST', connectors, { body: { name: 'D', namespace: 'alice', description: text, storage } }),
      alice('PATCH', `${connectors}/${id}`, { headers: { 'if-match': etag }, body: { keywords: [text], storage } }),
      alice('PATCH', `${connectors}/${id}/secrets`, { body: [{ name: text, value: null }] }),
      alice('POST', `${connectors}/global`, { body: { storage: { configuration: { type: 'doi', doi: text } } } }),
      alice('POST', '/api/data/storage', { body: { project_id, name: text, storage_url: text, target_path: text } }),
      alice('POST', '/api/data/storage_schema/validate', { body: { type: text, [text]: { [text]: text } } }),
      alice('POST', '/api/data/storage_schema/test_connection', { body: storage }),
      alice('GET', `${connectors}?namespace=${encoded}`),
      alice('GET', `${connectors}/${encoded}`),
      alice('GET', `${connectors}/global/${encoded}`),
      alice('GET', `/api/data/namespaces/${encoded}/data_connectors/${encoded}`),
      alice('GET', `/api/data/data_connector_links?doi=${encoded}`),
      alice('GET', `/api/data/repository?url=${encoded}`),
      alice('GET', `/api/data/repositories/${encoded}`),
    ])
    for (const [place, { status, body }] of answers.entries())
      expect(status, `${place} ${text.slice(0, 50)} ${JSON.stringify(body).slice(0, 300)}`).toBeLessThan(500)
  }
})
