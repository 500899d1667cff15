import { sql } from '@millrace/db'
import { expect, test } from 'vitest'
import { eventsOf, newGroup, newProject, patchProject, projects, signedIn, statusOf } from '../people.fixture.ts'
import { useServers } from '../test-server.fixture.ts'

const servers = useServers()

test('case 1: a project from a name and a namespace has defaults for the rest, and its events stand in the outbox', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  const name = 'Flight  Delays (2026)'
  const { status, body, headers } = await alice('POST', projects, { body: { name, namespace: 'alice' } })
  expect(status).toBe(201)
  expect(body).toEqual({
    ...{ name, namespace: 'alice', slug: 'flight-delays-2026', visibility: 'private', created_by: 'alice' },
    ...{ secrets_mount_directory: '/secrets', keywords: [], repositories: [], is_template: false },
    id: expect.stringMatching(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/),
    creation_date: expect.stringMatching(/:\d\d\.000Z$/),
    updated_at: expect.any(String),
    etag: expect.stringMatching(/^"[0-9A-F]{32}"$/),
  })
  expect(headers.get('etag')).toBe(body.etag)
  const { id } = body
  const described = { id, name, namespace: 'alice', slug: body.slug, repositories: [], keywords: [] }
  expect(await eventsOf(server, id)).toEqual([
    {
      type: 'project.created',
      payload: { ...described, visibility: 'PRIVATE', createdBy: 'alice', creationDate: body.creation_date },
    },
    { type: 'projectAuth.added', payload: { projectId: id, userId: 'alice', role: 'OWNER' } },
  ])
  const again = await alice('POST', projects, { body: { name: 'Flight Delays 2026', namespace: 'ALICE' } })
  expect(again).toMatchObject({ status: 409, body: { error: { code: 1409, detail: 'SLUG_TAKEN' } } })
})

test('case 2: a change needs the ETag of what it changes', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  const { id, etag } = await newProject(alice, { namespace: 'alice' })
  const path = `${projects}/${id}`
  const body = { name: 'Other' }
  expect((await server.anonymous('PATCH', path, { body })).status).toBe(401)
  expect(await alice('PATCH', path, { body })).toMatchObject({
    status: 428,
    body: { error: { code: 1428, message: 'If-Match header not provided.' } },
  })
  const wrong = await alice('PATCH', path, { body, headers: { 'if-match': '"0123"' } })
  expect(wrong).toMatchObject({ status: 409, body: { error: { message: expect.stringContaining(etag) } } })
  expect((await alice('GET', path)).body.name).toBe('Delays')
  expect((await eventsOf(server, id)).length).toBe(2)

  const changed = await alice('PATCH', path, { body, headers: { 'if-match': etag } })
  expect(changed).toMatchObject({ status: 200, body: { name: 'Other' } })
  expect(changed.body.etag).not.toBe(etag)
  expect(changed.headers.get('etag')).toBe(changed.body.etag)
  const headers = { 'if-none-match': changed.body.etag }
  for (const one of [path, '/api/data/namespaces/alice/projects/delays']) {
    const same = await alice('GET', one, { headers })
    expect(same).toMatchObject({ status: 304, body: '' })
    expect(same.headers.get('etag')).toBe(changed.body.etag)
    expect((await alice('GET', one, { headers: { 'if-none-match': etag } })).status).toBe(200)
  }
  expect((await alice('PATCH', path, { body, headers: { 'if-match': etag } })).status).toBe(409)

  const told = await eventsOf(server, id)
  const nothing = await patchProject(alice, id, { name: 'Other', namespace: 'alice', keywords: [] })
  expect(nothing).toMatchObject({ status: 200, body: { etag: changed.body.etag } })
  expect(await eventsOf(server, id)).toEqual(told)
})

test('case 3: lists are pages, the last changed first', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  const made = []
  for (const name of ['One', 'Two', 'Three']) made.push(await newProject(alice, { name, namespace: 'alice' }))
  await patchProject(alice, made[0].id, { description: 'changed' })
  const all = await alice('GET', projects)
  expect(all.body.map(({ name }: { name: string }) => name)).toEqual(['One', 'Three', 'Two'])
  const told = (headers: Headers) => ['page', 'per-page', 'total', 'total-pages'].map((name) => headers.get(name))
  expect(told(all.headers)).toEqual(['1', '20', '3', '1'])
  const beyond = await alice('GET', `${projects}?page=42&per_page=3`)
  expect(beyond).toMatchObject({ status: 200, body: [] })
  expect(told(beyond.headers)).toEqual(['42', '3', '3', '1'])
  const second = await alice('GET', `${projects}?page=2&per_page=2`)
  expect(second.body.map(({ name }: { name: string }) => name)).toEqual(['Two'])
  for (const query of ['page=0', 'per_page=0', 'per_page=101']) {
    expect((await alice('GET', `${projects}?${query}`)).status).toBe(422)
  }
  expect((await alice('GET', `${projects}?namespace=Alice`)).headers.get('total')).toBe('3')
  expect((await alice('GET', `${projects}?namespace=nobody`)).body).toEqual([])
  expect((await server.anonymous('GET', projects)).headers.get('total')).toBe('0')
})

test('case 4: a private project is 404 for others, and its group lets members read it', async () => {
  const server = await servers.start()
  const [alice, bob, carol] = [
    await signedIn(server, 'alice'),
    await signedIn(server, 'bob'),
    await signedIn(server, 'carol'),
  ]
  const { id } = await newProject(alice, { namespace: 'alice' })
  const path = `${projects}/${id}`
  const seen = async () => [await statusOf(bob, path), await statusOf(server.anonymous, path)]
  expect(await seen()).toEqual([404, 404])
  await patchProject(alice, id, { visibility: 'public' })
  expect(await seen()).toEqual([200, 200])
  expect((await server.anonymous('GET', projects)).headers.get('total')).toBe('1')
  await patchProject(alice, id, { visibility: 'private' })
  expect(await seen()).toEqual([404, 404])
  for (const part of ['/members', '/permissions', '/copies']) expect(await statusOf(bob, path + part)).toBe(404)

  await newGroup(alice, 'team')
  const grouped = await newProject(alice, { namespace: 'team' })
  const inGroup = `${projects}/${grouped.id}`
  expect(await statusOf(bob, inGroup)).toBe(404)
  for (const role of ['viewer', 'editor']) {
    await alice('PATCH', '/api/data/groups/team/members', { body: [{ id: 'bob', role }] })
    expect(await statusOf(bob, inGroup)).toBe(200)
    expect((await bob('GET', `${inGroup}/permissions`)).body).toEqual({
      write: false,
      delete: false,
      change_membership: false,
    })
    expect((await patchProject(bob, grouped.id, { name: 'Mine' })).status).toBe(404)
    expect((await bob('DELETE', inGroup)).status).toBe(404)
  }
  await alice('PATCH', '/api/data/groups/team/members', { body: [{ id: 'carol', role: 'owner' }] })
  expect((await carol('GET', `${inGroup}/permissions`)).body).toEqual({
    write: true,
    delete: true,
    change_membership: true,
  })
  expect((await carol('GET', `${projects}?direct_member=true`)).body).toEqual([])
  expect((await alice('GET', `${projects}?direct_member=true`)).headers.get('total')).toBe('2')
})

test('case 11: who read a project by its former group reads it no more, who is in the new one does at once', async () => {
  const server = await servers.start()
  const [alice, bob, carol] = [
    await signedIn(server, 'alice'),
    await signedIn(server, 'bob'),
    await signedIn(server, 'carol'),
  ]
  await newGroup(alice, 'a')
  await newGroup(alice, 'b')
  await alice('PATCH', '/api/data/groups/a/members', { body: [{ id: 'bob', role: 'viewer' }] })
  await alice('PATCH', '/api/data/groups/b/members', { body: [{ id: 'carol', role: 'viewer' }] })
  const { id, etag } = await newProject(alice, { namespace: 'a' })
  const path = `${projects}/${id}`
  expect([await statusOf(bob, path), await statusOf(carol, path)]).toEqual([200, 404])
  const moved = await patchProject(alice, id, { namespace: 'b' })
  expect(moved).toMatchObject({ status: 200, body: { namespace: 'b' } })
  expect(moved.body.etag).not.toBe(etag)
  expect([await statusOf(bob, path), await statusOf(carol, path)]).toEqual([404, 200])
  expect((await carol('GET', '/api/data/namespaces/a/projects/delays')).body.namespace).toBe('b')
  expect(await statusOf(bob, '/api/data/namespaces/a/projects/delays')).toBe(404)
  // The former place is free for others, who have precedence there.
  const other = await newProject(alice, { namespace: 'a' })
  expect((await alice('GET', '/api/data/namespaces/a/projects/delays')).body.id).toBe(other.id)
  expect(await patchProject(alice, id, { namespace: 'a' })).toMatchObject({
    status: 422,
    body: { error: { detail: 'SLUG_TAKEN' } },
  })
})

test('a project is found by any mixture of the slugs that it and its namespaces had', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  await newGroup(alice, 'a')
  await newGroup(alice, 'b')
  const { id } = await newProject(alice, { namespace: 'a', slug: 'one' })
  await patchProject(alice, id, { slug: 'two' })
  await patchProject(alice, id, { namespace: 'b', slug: 'three' })
  await alice('PATCH', '/api/data/groups/b', { body: { slug: 'c' } })
  const found = []
  for (const namespace of ['a', 'b', 'C']) {
    for (const slug of ['one', 'two', 'Three']) {
      found.push((await alice('GET', `/api/data/namespaces/${namespace}/projects/${slug}`)).body.id)
    }
  }
  expect(new Set(found)).toEqual(new Set([id]))
  expect(await statusOf(alice, '/api/data/namespaces/c/projects/four')).toBe(404)
  // And back to where it was.
  expect((await patchProject(alice, id, { namespace: 'a', slug: 'one' })).status).toBe(200)
  expect((await alice('GET', '/api/data/namespaces/c/three')).body.path).toBe('a/one')
  await alice('DELETE', `${projects}/${id}`)
  const { total } = await server.db.one<{ total: number }>(sql`select count(*) as total from common.entity_slug_old`)
  expect(total).toBe(0)
})

test('moving and renaming needs more than changing what is in a project', async () => {
  const server = await servers.start()
  const [alice, bob] = [await signedIn(server, 'alice'), await signedIn(server, 'bob')]
  await newGroup(alice, 'team')
  const { id } = await newProject(alice, { namespace: 'team' })
  const path = `${projects}/${id}`
  await alice('PATCH', `${path}/members`, { body: [{ id: 'bob', role: 'editor' }] })
  expect((await patchProject(bob, id, { description: 'Text' })).status).toBe(200)
  // The values that it has already change nothing.
  const same = { visibility: 'private', namespace: 'team', slug: 'delays' }
  expect((await patchProject(bob, id, same)).status).toBe(200)
  for (const body of [{ visibility: 'public' }, { namespace: 'bob' }, { slug: 'mine' }]) {
    expect((await patchProject(bob, id, body)).status).toBe(404)
  }
  await alice('PATCH', `${path}/members`, { body: [{ id: 'bob', role: 'owner' }] })
  expect((await patchProject(bob, id, { visibility: 'public' })).status).toBe(200)
  // An owner of the project who may not write in its namespace.
  expect(await patchProject(bob, id, { slug: 'mine' })).toMatchObject({ status: 403, body: { error: { code: 1403 } } })
  expect((await patchProject(bob, id, { namespace: 'bob' })).status).toBe(403)
  expect((await patchProject(alice, id, { namespace: 'bob' })).status).toBe(403)
  expect((await patchProject(alice, id, { namespace: 'nobody' })).status).toBe(404)
  expect((await alice('GET', path)).body).toMatchObject({ namespace: 'team', slug: 'delays' })
})

test('creating a project needs a place where the caller may write', async () => {
  const server = await servers.start()
  const [alice, bob] = [await signedIn(server, 'alice'), await signedIn(server, 'bob')]
  await newGroup(alice, 'team')
  const create = async (namespace: string, call = bob) =>
    (await call('POST', projects, { body: { name: 'Delays', namespace } })).status
  expect(await create('team')).toBe(403)
  expect(await create('alice')).toBe(403)
  expect(await create('nobody')).toBe(404)
  expect(await create('bob', server.anonymous)).toBe(401)
  await alice('PATCH', '/api/data/groups/team/members', { body: [{ id: 'bob', role: 'viewer' }] })
  expect(await create('team')).toBe(403)
  await alice('PATCH', '/api/data/groups/team/members', { body: [{ id: 'bob', role: 'editor' }] })
  expect(await create('team')).toBe(201)
})

test('fields of a project are checked, cleared by empty ones, and those of the server cannot be set', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  const created = await newProject(alice, {
    namespace: 'alice',
    description: 'Why flights are late',
    documentation: '# Delays',
    keywords: ['a', 'b', 'a'],
    secrets_mount_directory: '/private',
    repositories: ['https://example.com/x/', 'https://example.com/x', 'http://example.com/y//'],
  })
  expect(created).not.toHaveProperty('documentation')
  const { id } = created
  const path = `${projects}/${id}`
  const { body } = await alice('GET', path)
  expect(body).toMatchObject({
    keywords: ['a', 'b'],
    repositories: ['https://example.com/x', 'http://example.com/y'],
    secrets_mount_directory: '/private',
  })
  expect(body).not.toHaveProperty('documentation')
  expect((await alice('GET', `${path}?with_documentation=true`)).body.documentation).toBe('# Delays')

  const refused: Record<string, unknown>[] = [
    ...[{ id }, { created_by: 'bob' }, { creation_date: '2026-01-01T00:00:00Z' }, { etag: 'x' }, { namespace_id: id }],
    ...[
      { name: '' },
      { name: 'x'.repeat(100) },
      { slug: 'Upper' },
      { slug: 'a..b' },
      { slug: 'a.git' },
      { slug: '-a' },
    ],
    ...[{ description: 'x'.repeat(501) }, { documentation: 'x'.repeat(5001) }, { visibility: 'secret' }],
    ...[{ keywords: [''] }, { keywords: ['x'.repeat(100)] }, { template_id: id }, { name: 'a\u0000b' }],
  ]
  for (const one of refused) {
    expect({ one, status: (await patchProject(alice, id, one)).status }).toEqual({ one, status: 422 })
  }
  expect((await patchProject(alice, id, { documentation: '# Late' })).body).not.toHaveProperty('documentation')
  expect((await alice('GET', `${path}?with_documentation=true`)).body.documentation).toBe('# Late')
  const cleared = await patchProject(alice, id, {
    ...{ description: '', documentation: '', keywords: [], repositories: [], secrets_mount_directory: '' },
  })
  expect(cleared.body).toMatchObject({ keywords: [], repositories: [], secrets_mount_directory: '/secrets' })
  expect(cleared.body).not.toHaveProperty('description')
  expect((await alice('GET', `${path}?with_documentation=true`)).body).not.toHaveProperty('documentation')
  const named = await alice('POST', projects, { body: { name: '日本', namespace: 'alice' } })
  expect(named).toMatchObject({ status: 422, body: { error: { detail: 'SLUG_EMPTY' } } })
})

test('repositories are elsewhere, on the web, and hold no passwords', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  const { id } = await newProject(alice, { namespace: 'alice' })
  const refused = [
    ...['localhost/x', 'LOCALHOST:8080', 'a.localhost', 'localhost.', '127.0.0.1', '127.1', '0x7f000001', '2130706433'],
    ...['[::1]/x', '[0:0:0:0:0:0:0:1]', '[::ffff:127.0.0.1]', 'user:password@example.com/x', ''],
  ]
  for (const url of [
    ...refused.map((rest) => `https://${rest}`),
    'ftp://example.com',
    'git@example.com:x',
    'javascript:1',
  ]) {
    const { status } = await patchProject(alice, id, { repositories: [url] })
    expect({ url, status }).toEqual({ url, status: 422 })
  }
})

test('every change is in the audit log, under the name of who made it, with what was there before', async () => {
  const server = await servers.start()
  const [alice, bob] = [await signedIn(server, 'alice'), await signedIn(server, 'bob')]
  const { id } = await newProject(alice, { namespace: 'alice' })
  await alice('PATCH', `${projects}/${id}/members`, { body: [{ id: 'bob', role: 'editor' }] })
  await patchProject(bob, id, { description: 'Late' })
  expect((await patchProject(bob, id, { slug: 'mine' })).status).toBe(404)
  await alice('DELETE', `${projects}/${id}`)
  const noted = await server.db.query(sql`
    select actor, entity, action, before ->> 'description' as before, after ->> 'description' as after from audit.event
    where entity_id = ${id} or (entity = 'relation' and entity_id like ${`project/${id}/editor/%`}) order by id`)
  expect(noted).toEqual([
    { actor: 'alice', entity: 'project', action: 'insert', before: null, after: null },
    { actor: 'alice', entity: 'relation', action: 'insert', before: null, after: null },
    { actor: 'bob', entity: 'project', action: 'update', before: null, after: 'Late' },
    { actor: 'alice', entity: 'relation', action: 'delete', before: null, after: null },
    { actor: 'alice', entity: 'project', action: 'delete', before: 'Late', after: null },
  ])
})
