import { readPlatformSettings } from '@millrace/core'
import { sql } from '@millrace/db'
import { expect, test } from 'vitest'
import { eventsOf, newGroup, newProject, projects, signedIn, statusOf } from '../people.fixture.ts'
import { useServers } from '../test-server.fixture.ts'

const servers = useServers()
const self = '/api/data/user'
const users = '/api/data/users'

test('who signs in for the first time is a user with a namespace, and is told about once', async () => {
  const server = await servers.start()
  const claims = { email: 'Ada.Lovelace@example.com', first_name: 'Ada', last_name: 'Lovelace' }
  const ada = server.as('ada-1', claims)
  const answers = await Promise.all(Array.from({ length: 8 }, async () => await ada('GET', self)))
  for (const { status, body } of answers) {
    expect(status).toBe(200)
    expect(body).toEqual({ id: 'ada-1', username: 'ada.lovelace', ...claims, is_admin: false })
  }
  expect(await eventsOf(server, 'ada-1')).toEqual([
    {
      type: 'user.added',
      payload: {
        ...{ id: 'ada-1', firstName: 'Ada', lastName: 'Lovelace' },
        ...{ email: 'Ada.Lovelace@example.com', namespace: 'ada.lovelace' },
      },
    },
  ])
  expect((await server.anonymous('GET', '/api/data/namespaces/Ada.Lovelace')).body).toMatchObject({
    ...{
      name: 'Ada Lovelace',
      slug: 'ada.lovelace',
      namespace_kind: 'user',
      path: 'ada.lovelace',
      created_by: 'ada-1',
    },
  })
  // What the token is silent about stays, what is new in it is taken over.
  await server.as('ada-1', { last_name: 'King' })('GET', self)
  expect((await server.anonymous('GET', `${users}/ada-1`)).body.last_name).toBe('King')
  expect(
    (await eventsOf(server, 'ada-1')).map(({ type, payload }) => [type, payload.lastName, payload.firstName]),
  ).toEqual([
    ['user.added', 'Lovelace', 'Ada'],
    ['user.updated', 'King', 'Ada'],
  ])
  expect((await server.anonymous('GET', self)).status).toBe(401)
})

test('namespaces are named after the e-mail address, else the name, else the id, and a number when that is taken', async () => {
  const server = await servers.start()
  const usernameOf = async (id: string, claims: Record<string, unknown>) =>
    (await server.as(id, claims)('GET', self)).body.username
  expect(await usernameOf('u1', { email: 'sam@example.com', first_name: 'Other' })).toBe('sam')
  for (let index = 1; index <= 5; index++)
    expect(await usernameOf(`s${index}`, { email: 'sam@b.com' })).toBe(`sam-${index}`)
  expect(await usernameOf('s6', { email: 'sam@b.com' })).toMatch(/^sam-[a-z0-9]{8}$/)
  expect(await usernameOf('u2', { first_name: 'Ida', last_name: 'Rhodes' })).toBe('ida-rhodes')
  expect(await usernameOf('u3', { last_name: 'Rhodes' })).toBe('rhodes')
  expect(await usernameOf('u4', { first_name: 'Ida' })).toBe('ida')
  expect(await usernameOf('u5', { email: '!!@example.com' })).toBe('user_u5')
  expect(await usernameOf('u6', { email: `${'x'.repeat(90)}@example.com` })).toBe('x'.repeat(80))
})

test('everybody sees users, only themselves and administrators see e-mail addresses', async () => {
  const server = await servers.start()
  const [alice, bob] = [await signedIn(server, 'alice'), await signedIn(server, 'bob')]
  const root = await signedIn(server, 'root', { is_admin: true })
  const path = `${users}/alice`
  const email = 'alice@example.com'
  expect((await server.anonymous('GET', path)).body).toEqual({ id: 'alice', username: 'alice' })
  expect((await bob('GET', path)).body).toEqual({ id: 'alice', username: 'alice' })
  expect((await alice('GET', path)).body.email).toBe(email)
  expect((await root('GET', path)).body.email).toBe(email)
  expect(await statusOf(bob, `${users}/nobody`)).toBe(404)
  expect(await statusOf(bob, `${users}/-x`)).toBe(422)
  expect(await statusOf(server.anonymous, users)).toBe(401)
  expect(await statusOf(bob, users)).toBe(403)
  expect((await bob('GET', `${users}?exact_email=ALICE@example.com`)).body).toEqual([
    { id: 'alice', username: 'alice', email },
  ])
  expect((await bob('GET', `${users}?exact_email=alice`)).body).toEqual([])
  const page = await root('GET', `${users}?per_page=2`)
  expect(page.body.map(({ id }: { id: string }) => id)).toEqual(['alice', 'bob'])
  expect(page.headers.get('total')).toBe('3')
})

test('administrators find users by parts of names and addresses, others those whom they share a group or project with', async () => {
  const server = await servers.start()
  const ada = await signedIn(server, 'ada', { first_name: 'Ada', last_name: 'Lovelace' })
  const grace = await signedIn(server, 'grace', { first_name: 'Grace', last_name: 'Hopper' })
  const alan = await signedIn(server, 'alan', { first_name: 'Alan', last_name: 'Turing' })
  const linus = await signedIn(server, 'linus', { first_name: 'Linus' })
  const root = await signedIn(server, 'root', { is_admin: true })
  const idsOf = async (call: typeof ada, path: string) => {
    const { status, headers, body } = await call('GET', path)
    return status === 200 ? [headers.get('total'), ...body.map(({ id }: { id: string }) => id)] : status
  }
  expect(await idsOf(root, `${users}?search=LOVE%20ada`)).toEqual(['1', 'ada'])
  expect(await idsOf(root, `${users}?search=hopper%40`)).toEqual(['0'])
  expect(await idsOf(root, `${users}?search=grace%40exam`)).toEqual(['1', 'grace'])
  expect(await idsOf(root, `${users}?search=%25`)).toEqual(['0'])
  expect(await idsOf(root, `${users}?search=example.com&per_page=2`)).toEqual(['5', 'grace', 'linus'])
  expect(await idsOf(root, `${users}?search=a&exact_email=b`)).toBe(422)
  expect(await idsOf(ada, `${users}?search=grace`)).toBe(403)
  expect(await idsOf(ada, `${users}?exact_email=grace%40example.com&search=g`)).toBe(403)

  expect(await idsOf(ada, '/api/people')).toEqual(['0'])
  await newGroup(ada, 'crew')
  const inGroup = await newProject(ada, { namespace: 'crew', visibility: 'public' })
  await ada('PATCH', '/api/data/groups/crew/members', { body: [{ id: 'grace', role: 'viewer' }] })
  await ada('PATCH', `${projects}/${inGroup.id}/members`, { body: [{ id: 'alan', role: 'viewer' }] })
  const own = await newProject(linus, { namespace: 'linus', visibility: 'public' })
  expect(await idsOf(ada, '/api/people')).toEqual(['2', 'grace', 'alan'])
  // Of a project in the group, whose members see it.
  expect(await idsOf(grace, '/api/people?search=ALA')).toEqual(['1', 'alan'])
  expect(await idsOf(alan, '/api/people?search=exam')).toEqual(['0'])
  expect(await idsOf(linus, '/api/people')).toEqual(['0'])
  await linus('PATCH', `${projects}/${own.id}/members`, { body: [{ id: 'alan', role: 'editor' }] })
  expect((await linus('GET', '/api/people')).body).toEqual([
    { id: 'alan', username: 'alan', first_name: 'Alan', last_name: 'Turing' },
  ])
  expect((await server.anonymous('GET', '/api/people')).status).toBe(401)
})

test('an administrator removes a user with everything of theirs, and nothing else', async () => {
  const server = await servers.start()
  const [alice, bob] = [await signedIn(server, 'alice'), await signedIn(server, 'bob')]
  const root = await signedIn(server, 'root', { is_admin: true })
  await newGroup(bob, 'team')
  await bob('PATCH', '/api/data/groups/team/members', { body: [{ id: 'alice', role: 'editor' }] })
  const own = await newProject(alice, { namespace: 'alice' })
  const shared = await newProject(alice, { namespace: 'team' })
  expect((await bob('DELETE', `${users}/alice`)).status).toBe(403)
  expect((await server.anonymous('DELETE', `${users}/alice`)).status).toBe(401)
  expect((await root('DELETE', `${users}/$`)).status).toBe(422)
  expect((await root('DELETE', `${users}/alice`)).status).toBe(204)
  expect((await root('DELETE', `${users}/alice`)).status).toBe(204)
  expect(await statusOf(bob, `${users}/alice`)).toBe(404)
  expect(await statusOf(bob, '/api/data/namespaces/alice')).toBe(404)
  expect(await statusOf(root, `${projects}/${own.id}`)).toBe(404)
  expect(await statusOf(bob, `${projects}/${shared.id}`)).toBe(200)
  expect((await bob('GET', '/api/data/groups/team/members')).body.map(({ id }: { id: string }) => id)).toEqual(['bob'])
  const left = await server.db.execute(sql`
    select from authz.relation where 'alice' in (object_id, subject_id) or object_id = ${own.id}`)
  expect(left).toBe(0)
  expect((await eventsOf(server, 'alice')).at(-1)).toEqual({ type: 'user.removed', payload: { id: 'alice' } })
  expect((await eventsOf(server, own.id)).at(-1)?.type).toBe('project.removed')
  expect((await eventsOf(server, shared.id)).at(-1)?.type).toBe('projectAuth.removed')
})

test('projects are pinned once, up to a number, and unpinned one by one or all', async () => {
  const settings = readPlatformSettings({ env: { MILLRACE_MAX_PINNED_PROJECTS: '3' } })
  const server = await servers.start({ settings })
  const alice = await signedIn(server, 'alice')
  const path = '/api/data/user/preferences'
  const pinned = `${path}/pinned_projects`
  const pin = async (project_slug: string) => await alice('POST', pinned, { body: { project_slug } })
  expect(await statusOf(alice, path)).toBe(404)
  expect((await pin('a/b')).body).toEqual({ user_id: 'alice', pinned_projects: { project_slugs: ['a/b'] } })
  expect((await pin('A/B')).body.pinned_projects.project_slugs).toEqual(['a/b'])
  expect((await pin('ab')).status).toBe(422)
  const answers = await Promise.all(['c/d', 'e/f', 'g/h', 'i/j'].map(pin))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 422, 422])
  expect((await alice('GET', path)).body.pinned_projects.project_slugs).toHaveLength(3)
  expect((await alice('DELETE', `${pinned}?project_slug=A/b`)).body.pinned_projects.project_slugs).toHaveLength(2)
  expect((await alice('DELETE', pinned)).body.pinned_projects.project_slugs).toEqual([])
  expect((await server.anonymous('GET', path)).status).toBe(401)
})
