import { expect, test } from 'vitest'
import { newGroup, newProject, patchProject, signedIn, statusOf } from '../people.fixture.ts'
import { type CallServer, useServers } from '../test-server.fixture.ts'

const servers = useServers()
const namespaces = '/api/data/namespaces'

async function pathsOf(call: CallServer, query = '') {
  const { body, headers } = await call('GET', `${namespaces}?${query}`)
  return { total: Number(headers.get('total')), paths: body.map(({ path }: { path: string }) => path) }
}

test('namespaces are one list: the own one, groups, then projects, by what one may do there', async () => {
  const server = await servers.start()
  const [alice, bob] = [await signedIn(server, 'alice'), await signedIn(server, 'bob')]
  for (const slug of ['viewed', 'edited', 'owned', 'foreign']) await newGroup(bob, slug)
  for (const [slug, role] of [
    ['viewed', 'viewer'],
    ['edited', 'editor'],
    ['owned', 'owner'],
  ]) {
    await bob('PATCH', `/api/data/groups/${slug}/members`, { body: [{ id: 'alice', role }] })
  }
  await newProject(bob, { namespace: 'viewed' })
  await newProject(alice, { namespace: 'alice' })
  expect(await pathsOf(alice)).toEqual({ total: 5, paths: ['alice', 'foreign', 'owned', 'edited', 'viewed'] })
  expect((await pathsOf(alice, 'minimum_role=viewer')).paths).toEqual(['alice', 'owned', 'edited', 'viewed'])
  expect((await pathsOf(alice, 'minimum_role=editor')).paths).toEqual(['alice', 'owned', 'edited'])
  expect((await pathsOf(alice, 'minimum_role=owner')).paths).toEqual(['alice', 'owned'])
  const everything = 'kinds=user&kinds=group&kinds=project'
  expect(await pathsOf(alice, `${everything}&minimum_role=viewer`)).toEqual({
    total: 6,
    paths: ['alice', 'owned', 'edited', 'viewed', 'alice/delays', 'viewed/delays'],
  })
  expect(await pathsOf(alice, `${everything}&minimum_role=viewer&page=2&per_page=4`)).toEqual({
    total: 6,
    paths: ['alice/delays', 'viewed/delays'],
  })
  await newProject(bob, { namespace: 'bob' })
  await newProject(bob, { namespace: 'bob', slug: 'open', visibility: 'public' })
  expect(await pathsOf(alice, 'kinds=project&per_page=2')).toEqual({ total: 3, paths: ['bob/open', 'alice/delays'] })
  expect(await pathsOf(alice, 'page=9')).toEqual({ total: 5, paths: [] })
  expect((await pathsOf(alice, 'kinds=project&minimum_role=owner')).paths).toEqual(['alice/delays'])
  expect(await statusOf(server.anonymous, namespaces)).toBe(401)
  expect(await statusOf(alice, `${namespaces}?kinds=planet`)).toBe(422)
})

test('a namespace is read by the slugs that it has and had, a project as one by those who may see it', async () => {
  const server = await servers.start()
  const [alice, bob] = [await signedIn(server, 'alice'), await signedIn(server, 'bob')]
  const { id } = await newGroup(alice, 'before')
  const project = await newProject(alice, { namespace: 'before' })
  await alice('PATCH', '/api/data/groups/before', { body: { slug: 'after' } })
  for (const slug of ['before', 'AFTER']) {
    const { body } = await server.anonymous('GET', `${namespaces}/${slug}`)
    expect(body).toEqual({
      ...{ id, name: 'Group before', slug: 'after', namespace_kind: 'group', path: 'after', created_by: 'alice' },
      creation_date: expect.any(String),
    })
  }
  for (const slug of ['before', 'after']) {
    const path = `${namespaces}/${slug}/delays`
    expect(await statusOf(bob, path)).toBe(404)
    expect((await alice('GET', path)).body).toMatchObject({
      ...{ id: project.id, slug: 'delays', namespace_kind: 'project', path: 'after/delays' },
    })
  }
  await patchProject(alice, project.id, { visibility: 'public' })
  expect(await statusOf(server.anonymous, `${namespaces}/after/delays`)).toBe(200)
  expect(await statusOf(alice, `${namespaces}/nobody`)).toBe(404)
  expect(await statusOf(alice, `${namespaces}/nobody/delays`)).toBe(404)
  expect(await statusOf(alice, `${namespaces}/..%2f..`)).toBe(422)
})
