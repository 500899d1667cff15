import { sql } from '@millrace/db'
import { expect, test } from 'vitest'
import { type CallServer, useServers } from '../test-server.fixture.ts'
import {
  bucket,
  connectors,
  join,
  made,
  newConnector,
  newProject,
  signedIn,
  statusOf,
} from './data-connectors.fixture.ts'

const servers = useServers()

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

test('case 8: who views a group finds connectors in its projects in lists, and no longer when the project leaves', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  const [viewer, stranger] = [await signedIn(server, 'viewer'), await signedIn(server, 'stranger')]
  await made(alice, '/api/data/groups', { name: 'Airline', slug: 'airline' })
  await join(alice, '/api/data/groups/airline', 'viewer', 'viewer')
  const project = await newProject(alice, { namespace: 'airline' })
  const inProject = await newConnector(alice, { namespace: 'airline/delays' })
  const own = await newConnector(alice)
  await made(alice, `${connectors}/${own.id}/project_links`, { project_id: project.id })
  const listed = async (call: CallServer) => {
    const { body, headers } = await call('GET', connectors)
    return [body.map(({ id }: { id: string }) => id), headers.get('total')]
  }
  const links = `/api/data/projects/${project.id}/inaccessible_data_connector_links`
  expect(await listed(alice)).toEqual([[own.id, inProject.id], '2'])
  expect(await listed(viewer)).toEqual([[inProject.id], '1'])
  expect((await viewer('GET', links)).body).toEqual({ count: 1 })
  expect(await listed(stranger)).toEqual([[], '0'])
  const headers = { 'if-match': project.etag }
  const moved = await alice('PATCH', `/api/data/projects/${project.id}`, { headers, body: { namespace: 'alice' } })
  expect(moved.status).toBe(200)
  expect(await listed(viewer)).toEqual([[], '0'])
  expect(await statusOf(viewer, `${connectors}/${inProject.id}`)).toBe(404)
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
