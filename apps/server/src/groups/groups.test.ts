import { sql } from '@millrace/db'
import { expect, test } from 'vitest'
import { eventsOf, groups, newGroup, newProject, projects, signedIn, statusOf } from '../people.fixture.ts'
import { useServers } from '../test-server.fixture.ts'

const servers = useServers()

test('a group is public, belongs to who created it, and its events stand in the outbox', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  await signedIn(server, 'bob')
  const created = await alice('POST', groups, { body: { name: 'The Team', slug: 'team', description: 'All of us' } })
  expect(created).toMatchObject({ status: 201 })
  const { id } = created.body
  expect(created.body).toEqual({
    ...{ id, name: 'The Team', slug: 'team', description: 'All of us', created_by: 'alice' },
    creation_date: expect.stringMatching(/:\d\d\.000Z$/),
  })
  expect((await server.anonymous('GET', `${groups}/TEAM`)).body).toEqual(created.body)
  expect((await server.anonymous('GET', groups)).body).toEqual([created.body])
  expect((await server.anonymous('GET', `${groups}?direct_member=true`)).body).toEqual([])
  expect((await alice('GET', `${groups}?direct_member=true`)).headers.get('total')).toBe('1')
  expect((await server.anonymous('GET', `${groups}/team/permissions`)).body.write).toBe(false)
  expect((await server.anonymous('GET', `${groups}/team/members`)).body).toEqual([
    { id: 'alice', namespace: 'alice', role: 'owner' },
  ])
  expect((await server.anonymous('POST', groups, { body: { name: 'X', slug: 'x' } })).status).toBe(401)
  for (const slug of ['team', 'bob']) {
    const taken = await alice('POST', groups, { body: { name: 'Other', slug } })
    expect(taken).toMatchObject({ status: 422, body: { error: { code: 1422, detail: 'SLUG_TAKEN' } } })
  }
  expect((await alice('PATCH', `${groups}/team`, { body: { slug: 'bob' } })).status).toBe(422)
  expect((await alice('PATCH', `${groups}/team`, { body: { description: '' } })).body).not.toHaveProperty('description')
  expect(await eventsOf(server, id)).toEqual([
    { type: 'group.added', payload: { id, name: 'The Team', namespace: 'team', description: 'All of us' } },
    { type: 'memberGroup.added', payload: { groupId: id, userId: 'alice', role: 'OWNER' } },
    { type: 'group.updated', payload: { id, name: 'The Team', namespace: 'team' } },
  ])
})

test('case 5: somebody always owns a group and a project', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  await signedIn(server, 'bob')
  const { id: groupId } = await newGroup(alice, 'team')
  const { id: projectId } = await newProject(alice, { namespace: 'alice' })
  for (const [path, key, prefix] of [
    [`${groups}/team/members`, groupId, 'memberGroup'],
    [`${projects}/${projectId}/members`, projectId, 'projectAuth'],
  ]) {
    const setRole = async (id: string, role: string) => await alice('PATCH', `${path}`, { body: [{ id, role }] })
    const last = await setRole('alice', 'viewer')
    expect(last).toMatchObject({ status: 422, body: { error: { detail: 'LAST_OWNER' } } })
    expect((await alice('DELETE', `${path}/alice`)).status).toBe(422)
    expect((await setRole('*', 'viewer')).status).toBe(422)
    const unknown = await setRole('nobody', 'viewer')
    expect(unknown).toMatchObject({ status: 404, body: { error: { message: expect.stringContaining('nobody') } } })
    expect((await setRole('bob', 'viewer')).status).toBe(200)
    expect((await setRole('bob', 'viewer')).status).toBe(200)
    expect((await setRole('bob', 'owner')).status).toBe(200)
    expect((await alice('DELETE', `${path}/alice`)).status).toBe(204)
    const { body } = await server.call('GET', `${path}`)
    expect(body).toEqual([{ id: 'bob', namespace: 'bob', role: 'owner' }])
    const events = (await eventsOf(server, `${key}`)).filter(({ type }) => type.startsWith(`${prefix}`))
    expect(events.slice(1).map(({ type, payload }) => [type, payload.userId, payload.role])).toEqual([
      [`${prefix}.added`, 'bob', 'VIEWER'],
      [`${prefix}.updated`, 'bob', 'OWNER'],
      [`${prefix}.removed`, 'alice', undefined],
    ])
    // The project is in her namespace, and so hers all the same.
    expect((await setRole('alice', 'owner')).status).toBe(prefix === 'memberGroup' ? 404 : 200)
  }
})

test('members of a group are changed by its owners only, and a change tells what it changed', async () => {
  const server = await servers.start()
  const [alice, bob] = [await signedIn(server, 'alice'), await signedIn(server, 'bob')]
  await signedIn(server, 'carol')
  await newGroup(alice, 'team')
  const path = `${groups}/team/members`
  const body = [
    { id: 'alice', role: 'owner' },
    { id: 'bob', role: 'editor' },
  ]
  expect(await alice('PATCH', path, { body })).toMatchObject({ status: 200, body: [{ id: 'bob', role: 'editor' }] })
  expect((await bob('PATCH', path, { body: [{ id: 'carol', role: 'viewer' }] })).status).toBe(404)
  expect((await bob('DELETE', `${path}/bob`)).status).toBe(404)
  expect((await bob('PATCH', `${groups}/team`, { body: { name: 'Mine' } })).status).toBe(404)
  expect((await bob('DELETE', `${groups}/team`)).status).toBe(404)
  expect((await server.anonymous('PATCH', path, { body })).status).toBe(401)
  expect((await alice('PATCH', path, { body: [{ id: 'bob', role: 'king' }] })).status).toBe(422)
  expect((await alice('PATCH', path, { body: [...body, { id: 'bob', role: 'viewer' }] })).status).toBe(422)
  expect((await alice('DELETE', `${path}/carol`)).status).toBe(204)
})

test('case 6: a renamed group is found by both slugs, changed by the last one, and takes its own along when it goes', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  const { id } = await newGroup(alice, 'before')
  await newGroup(alice, 'other')
  const child = await newProject(alice, { namespace: 'before' })
  const elsewhere = await newProject(alice, { namespace: 'other' })
  const own = await newProject(alice, { namespace: 'alice' })
  const { etag } = (await alice('GET', `${projects}/${child.id}`)).body
  expect((await alice('PATCH', `${groups}/before`, { body: { slug: 'after' } })).body.slug).toBe('after')
  for (const slug of ['before', 'after']) {
    expect((await alice('GET', `${groups}/${slug}`)).body).toMatchObject({ id, slug: 'after' })
    const { body } = await alice('GET', `/api/data/namespaces/${slug}/projects/delays`)
    expect(body).toMatchObject({ id: child.id, namespace: 'after' })
    expect(body.etag).not.toBe(etag)
  }
  for (const [method, path, body] of [
    ['PATCH', `${groups}/before`, { name: 'Other' }],
    ['DELETE', `${groups}/before`, undefined],
    ['PATCH', `${groups}/before/members`, []],
    ['DELETE', `${groups}/before/members/alice`, undefined],
  ] as const) {
    const refused = await alice(method, path, body === undefined ? {} : { body })
    expect(refused).toMatchObject({
      status: 409,
      body: { error: { code: 1409, detail: expect.stringContaining('after') } },
    })
  }
  // There and back again.
  expect((await alice('PATCH', `${groups}/after`, { body: { slug: 'before' } })).status).toBe(200)
  expect((await alice('PATCH', `${groups}/before`, { body: { slug: 'after' } })).status).toBe(200)

  expect((await alice('DELETE', `${groups}/after`)).status).toBe(204)
  expect((await alice('DELETE', `${groups}/after`)).status).toBe(204)
  expect((await alice('DELETE', `${groups}/before`)).status).toBe(204)
  expect(await statusOf(alice, `${groups}/before`)).toBe(404)
  expect(await statusOf(alice, `${projects}/${child.id}`)).toBe(404)
  expect(await statusOf(alice, `${projects}/${elsewhere.id}`)).toBe(200)
  expect(await statusOf(alice, `${projects}/${own.id}`)).toBe(200)
  const relations = await server.db.execute(sql`
    select from authz.relation where object_id = any(${[id, child.id]}) or subject_id = any(${[id, child.id]})`)
  expect(relations).toBe(0)
  expect((await eventsOf(server, id)).at(-1)).toEqual({ type: 'group.removed', payload: { id } })
  expect((await eventsOf(server, child.id)).at(-1)).toEqual({ type: 'project.removed', payload: { id: child.id } })
  // The slugs are free again.
  expect((await alice('POST', groups, { body: { name: 'New', slug: 'after' } })).status).toBe(201)
})

test('a slug that a group had may be taken, and leads to who took it', async () => {
  const server = await servers.start()
  const alice = await signedIn(server, 'alice')
  await newGroup(alice, 'a')
  await alice('PATCH', `${groups}/a`, { body: { slug: 'b' } })
  const { id } = await newGroup(alice, 'a')
  expect((await alice('GET', `${groups}/a`)).body.id).toBe(id)
  await alice('PATCH', `${groups}/a`, { body: { slug: 'c' } })
  expect((await alice('GET', `${groups}/a`)).body.id).toBe(id)
})
