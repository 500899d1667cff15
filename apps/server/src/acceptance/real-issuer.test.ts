import { readPlatformSettings } from '@millrace/core'
import { findRedis, type OidcUser, startOidcIssuer, startRedis, type TestOidcIssuer } from '@millrace/testing'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { newGroup, newProject, patchProject, projects, statusOf } from '../people.fixture.ts'
import { type CallServer, type TestServer, useServers } from '../test-server.fixture.ts'

/**
 * The main acceptance cases as one platform that people signed in to at their issuer, with its events told to Redis. Each of
 * them is looked at more closely beside its feature.
 */
const stream = 'data_service.all_events'
const connectors = '/api/data/data_connectors'
const pools = '/api/data/resource_pools'
const providers = '/api/data/oauth2/providers'
const bucket = {
  configuration: { type: 's3', provider: 'AWS', access_key_id: 'AKIA-KEY', secret_access_key: 'VALUE' },
  ...{ source_path: 'flights', target_path: 'flights' },
}

describe.skipIf(findRedis() === null)('a platform with a real issuer and a real Redis', () => {
  const servers = useServers({ lasting: true })
  let issuer: TestOidcIssuer
  let redis: Awaited<ReturnType<typeof startRedis>>
  let events: Redis
  let server: TestServer
  let alice: CallServer
  let bob: CallServer
  let carol: CallServer
  let root: CallServer

  beforeAll(async () => {
    ;[issuer, redis] = await Promise.all([startOidcIssuer(), startRedis()])
    events = new Redis(redis.url())
    const settings = readPlatformSettings({ env: {} })
    server = await servers.start({
      dummyUsers: false,
      // Sends events, too.
      scheduler: { intervalMs: 1000 },
      settings: {
        ...{ ...settings, ratePerSecond: 0, allowedAddresses: '127.0.0.1', eventsRedisUrl: redis.url() },
        ...{ oidcIssuer: issuer.url, oidcClientSecret: issuer.clientSecret },
      },
    })
    alice = await signedIn({ id: 'alice-1', email: 'alice@example.com', firstName: 'Alice', lastName: 'A' })
    bob = await signedIn({ id: 'bob-1', email: 'bob@example.com' })
    carol = await signedIn({ id: 'carol-1', email: 'carol@example.com' })
    root = await signedIn({ id: 'root-1', email: 'root@example.com', roles: ['millrace-admin'] })
  })
  afterAll(async () => {
    events?.disconnect()
    await Promise.all([redis?.stop(), issuer?.stop()])
  })

  async function signedIn(user: OidcUser): Promise<CallServer> {
    const { accessToken: token } = await issuer.signIn(user)
    return (method, path, given) => server.call(method, path, { token, ...given })
  }

  /** Waits for the types of the events about somebody or something, as receivers find them. */
  async function untilTold(id: string, types: readonly string[]): Promise<void> {
    const told = async () =>
      (await events.xrangeBuffer(stream, '-', '+')).flatMap(([, [, , , headers, , payload]]) =>
        payload?.includes(id) ? [JSON.parse(`${headers}`).type] : [],
      )
    await vi.waitFor(async () => expect(await told()).toEqual(types), { timeout: 90_000, interval: 50 })
  }

  test('people are who the issuer says, administrators by its role, and others nobody', async () => {
    expect((await alice('GET', '/api/data/user')).body).toMatchObject({
      ...{ id: 'alice-1', username: 'alice', email: 'alice@example.com', first_name: 'Alice', is_admin: false },
    })
    expect((await root('GET', '/api/data/user')).body).toMatchObject({ id: 'root-1', is_admin: true })
    expect((await alice('GET', '/api/data/users')).status).toBe(403)
    // What tests may say elsewhere is worth nothing here.
    expect((await server.as('root-1', { is_admin: true })('GET', '/api/data/user')).status).toBe(401)
    const { accessToken: token } = await issuer.signIn({ id: 'dave-1', email: 'd@example.com' }, { audience: 'other' })
    expect((await server.call('GET', '/api/data/user', { token })).status).toBe(401)
    await untilTold('alice-1', ['user.added'])
  })

  test('case 1, case 13: a project from a name and a namespace has defaults, is there once, and its events arrive', async () => {
    const made = await newProject(alice, { name: 'First of All', namespace: 'alice' })
    expect(made).toMatchObject({
      ...{ slug: 'first-of-all', visibility: 'private', created_by: 'alice-1', secrets_mount_directory: '/secrets' },
      ...{ keywords: [], repositories: [] },
    })
    const body = { name: 'First of All', namespace: 'alice' }
    expect((await alice('POST', projects, { body })).status).toBe(409)
    expect((await bob('POST', projects, { body })).status).toBe(403)
    await untilTold(made.id, ['project.created', 'projectAuth.added'])
  })

  test('case 2: a change needs the ETag of what it changes', async () => {
    const { id, etag } = await newProject(alice, { name: 'Versions', namespace: 'alice' })
    const path = `${projects}/${id}`
    const body = { description: 'changed' }
    const patch = async (headers: Record<string, string>) => await alice('PATCH', path, { body, headers })
    expect((await patch({})).status).toBe(428)
    expect((await patch({ 'if-match': '"0123"' })).status).toBe(409)
    expect((await alice('GET', path)).body.etag).toBe(etag)
    const changed = await patch({ 'if-match': etag })
    expect(changed.status).toBe(200)
    expect(changed.body.etag).not.toBe(etag)
    expect((await alice('GET', path, { headers: { 'if-none-match': changed.body.etag } })).status).toBe(304)
  })

  test('case 3: lists are pages with totals', async () => {
    for (const name of ['One', 'Two', 'Three']) await newProject(carol, { name, namespace: 'carol' })
    const page = async (query = '') => {
      const { status, body, headers } = await carol('GET', `${projects}?namespace=carol${query}`)
      const totals = ['page', 'per-page', 'total', 'total-pages'].map((name) => headers.get(name))
      return [status, body.length, ...totals]
    }
    expect(await page()).toEqual([200, 3, '1', '20', '3', '1'])
    expect(await page('&page=42&per_page=3')).toEqual([200, 0, '42', '3', '3', '1'])
    for (const wrong of ['&per_page=0', '&per_page=101', '&page=0']) expect((await page(wrong))[0]).toBe(422)
  })

  test('case 4: a private project is 404 for others, public for all, and its group lets members read it', async () => {
    const { id } = await newProject(alice, { name: 'Mine', namespace: 'alice' })
    const path = `${projects}/${id}`
    const seen = async () => [await statusOf(bob, path), await statusOf(server.anonymous, path)]
    expect(await seen()).toEqual([404, 404])
    await patchProject(alice, id, { visibility: 'public' })
    expect(await seen()).toEqual([200, 200])
    await patchProject(alice, id, { visibility: 'private' })
    expect(await seen()).toEqual([404, 404])

    await newGroup(alice, 'team')
    const inGroup = `${projects}/${(await newProject(alice, { name: 'Ours', namespace: 'team' })).id}`
    expect(await statusOf(bob, inGroup)).toBe(404)
    const may = async () => Object.values((await bob('GET', `${inGroup}/permissions`)).body)
    for (const role of ['viewer', 'editor', 'owner']) {
      const body = [{ id: 'bob-1', role }]
      expect((await alice('PATCH', '/api/data/groups/team/members', { body })).status).toBe(200)
      expect(await statusOf(bob, inGroup)).toBe(200)
      expect(await may()).toEqual(Array(3).fill(role === 'owner'))
    }
  })

  test('case 5: somebody always owns it', async () => {
    await newGroup(alice, 'owned')
    const path = '/api/data/groups/owned/members'
    const setRole = async (id: string, role: string) => (await alice('PATCH', path, { body: [{ id, role }] })).status
    expect(await setRole('alice-1', 'viewer')).toBe(422)
    expect((await alice('DELETE', `${path}/alice-1`)).status).toBe(422)
    expect(await setRole('nobody', 'viewer')).toBe(404)
    expect(await setRole('bob-1', 'owner')).toBe(200)
    expect(await setRole('alice-1', 'viewer')).toBe(200)
  })

  test('case 6: a renamed group is found by both slugs, changed by the last one, and takes its own along', async () => {
    await newGroup(alice, 'before')
    const { id } = await newProject(alice, { namespace: 'before' })
    const elsewhere = await newProject(alice, { name: 'Elsewhere', namespace: 'alice' })
    expect((await alice('PATCH', '/api/data/groups/before', { body: { slug: 'after' } })).status).toBe(200)
    for (const slug of ['before', 'after']) {
      expect((await alice('GET', `/api/data/namespaces/${slug}/projects/delays`)).body.id).toBe(id)
    }
    const group = '/api/data/groups/before'
    expect((await alice('PATCH', group, { body: { name: 'X' } })).status).toBe(409)
    expect((await alice('DELETE', group)).status).toBe(409)
    expect((await alice('DELETE', '/api/data/groups/after')).status).toBe(204)
    expect(await statusOf(alice, `${projects}/${id}`)).toBe(404)
    expect(await statusOf(alice, `${projects}/${elsewhere.id}`)).toBe(200)
  })

  test('case 7: secrets are of their user, and show no value to anybody', async () => {
    const body = { name: 'warehouse', value: 'the-value-of-the-secret' }
    const made = await alice('POST', '/api/data/user/secrets', { body })
    expect(made.status).toBe(201)
    const path = `/api/data/user/secrets/${made.body.id}`
    expect([await statusOf(alice, path), await statusOf(bob, path), await statusOf(root, path)]).toEqual([
      200, 404, 404,
    ])
    const put = { name: 's', namespace: 'sessions', secret_ids: [made.body.id], owner_references: [] }
    expect((await bob('POST', '/api/secrets/kubernetes', { body: put })).status).toBe(404)
    const answers = [made.body, (await alice('GET', path)).body, server.lines]
    expect(JSON.stringify(answers)).not.toContain(body.value)
  })

  test('case 8: a link from a project opens no private data connector, and a project opens its own', async () => {
    const { id: project } = await newProject(alice, { name: 'Linked', namespace: 'alice' })
    const ofProject = `${projects}/${project}`
    for (const [id, role] of [
      ['bob-1', 'viewer'],
      ['carol-1', 'owner'],
    ]) {
      await alice('PATCH', `${ofProject}/members`, { body: [{ id, role }] })
    }
    const save = async (name: string, namespace: string) =>
      (await alice('POST', connectors, { body: { name, namespace, storage: bucket } })).body
    const own = await save('Flights', 'alice')
    const path = `${connectors}/${own.id}`
    expect(JSON.stringify(own)).not.toMatch(/AKIA-KEY|"VALUE"/)
    expect(own.storage.configuration).toMatchObject({ secret_access_key: '<sensitive>' })
    expect([await statusOf(bob, path), await statusOf(carol, path)]).toEqual([404, 404])
    expect((await alice('POST', `${path}/project_links`, { body: { project_id: project } })).status).toBe(201)
    expect([await statusOf(bob, path), await statusOf(carol, path)]).toEqual([404, 404])
    const inside = `${connectors}/${(await save('Inside', 'alice/linked')).id}`
    expect([await statusOf(bob, inside), await statusOf(carol, inside)]).toEqual([200, 200])
    expect(await statusOf(server.anonymous, inside)).toBe(404)
  })

  test('case 9: pools are public or of their members; cpu=1&gpu=1 flags exactly the class with a GPU', async () => {
    const { id } = (await server.anonymous('GET', pools)).body[0]
    const one = `${pools}/${id}`
    expect((await root('DELETE', `${one}/users/bob-1`)).status).toBe(204)
    expect([await statusOf(bob, one), await statusOf(alice, one)]).toEqual([404, 200])
    expect((await root('POST', `${one}/users`, { body: [{ id: 'bob-1' }] })).status).toBe(201)
    expect(await statusOf(bob, one)).toBe(200)
    const common = { cpu: 1, memory: 2, max_storage: 100, default_storage: 10 }
    const classes = [
      { ...common, name: 'standard', gpu: 0, default: true },
      { ...common, name: 'with gpu', gpu: 1, default: false },
    ]
    const body = { name: 'private pool', public: false, default: false, classes }
    expect((await alice('POST', pools, { body })).status).toBe(403)
    const made = await root('POST', pools, { body })
    expect(made.status).toBe(201)
    const own = `${pools}/${made.body.id}`
    expect((await root('POST', `${own}/users`, { body: [{ id: 'alice-1' }] })).status).toBe(201)
    expect([await statusOf(alice, own), await statusOf(bob, own)]).toEqual([200, 404])
    const found = (await alice('GET', `${pools}?cpu=1&gpu=1`)).body
    const matching = found.flatMap((pool: { classes: { name: string; matching: boolean }[] }) =>
      pool.classes.filter((of) => of.matching).map(({ name }) => name),
    )
    expect(matching).toEqual(['with gpu'])
    const refused = [{ quota: { cpu: 1, memory: 1, gpu: 1 } }, { public: true, default: true }]
    for (const part of refused) {
      expect((await root('POST', pools, { body: { ...body, ...part, name: 'another' } })).status).toBe(422)
    }
  })

  test('case 10: a service is connected by its issuer, and its token comes without the refresh token', async () => {
    const { url, clientId: client_id, clientSecret: client_secret } = issuer
    const body = {
      ...{ id: 'issuer', kind: 'generic_oidc', client_id, client_secret, display_name: 'Issuer', use_pkce: true },
      ...{ scope: 'openid email offline_access', url, oidc_issuer_url: url },
    }
    expect((await root('POST', providers, { body })).status).toBe(201)
    expect((await alice('GET', `${providers}/issuer`)).body).toMatchObject({ client_id: '', client_secret: '' })
    const begun = await alice('GET', `${providers}/issuer/authorize?next_url=/projects`)
    expect(begun.status).toBe(302)
    const back = new URL(await issuer.browse(begun.headers.get('location') ?? '', { id: 'alice-there' }))
    expect(await statusOf(bob, `${back.pathname}${back.search}`)).toBe(403)
    const done = await alice('GET', `${back.pathname}${back.search}`)
    expect([done.status, done.headers.get('location')]).toEqual([302, '/projects'])
    const [connection] = (await alice('GET', '/api/data/oauth2/connections')).body
    expect(connection).toMatchObject({ provider_id: 'issuer', status: 'connected' })
    const token = await alice('GET', `/api/data/oauth2/connections/${connection.id}/token`)
    expect(token.body).toMatchObject({ access_token: expect.any(String) })
    expect(token.body).not.toHaveProperty('refresh_token')
    const storage = (type: string, more = {}) => ({ ...bucket, configuration: { type, ...more } })
    for (const wrong of [storage('local'), storage('sftp', { host: 'example.com', key_file: '/etc/passwd' })]) {
      const answer = await alice('POST', connectors, { body: { name: 'Wrong', namespace: 'alice', storage: wrong } })
      expect(answer.status).toBe(422)
    }
  })

  test('case 11: who read a project by its former group reads it no more, who is in the new one does at once', async () => {
    for (const [slug, id] of [
      ['group-a', 'bob-1'],
      ['group-b', 'carol-1'],
    ] as const) {
      await newGroup(alice, slug)
      await alice('PATCH', `/api/data/groups/${slug}/members`, { body: [{ id, role: 'viewer' }] })
    }
    const { id } = await newProject(alice, { name: 'Moving', namespace: 'group-a' })
    const path = `${projects}/${id}`
    expect([await statusOf(bob, path), await statusOf(carol, path)]).toEqual([200, 404])
    expect((await patchProject(alice, id, { namespace: 'group-b' })).status).toBe(200)
    expect([await statusOf(bob, path), await statusOf(carol, path)]).toEqual([404, 200])
  })

  test('who loses the role at the issuer administers nothing with the next token', async () => {
    const former = await signedIn({ id: 'root-1', email: 'root@example.com' })
    expect((await former('GET', '/api/data/users')).status).toBe(403)
  })
})
