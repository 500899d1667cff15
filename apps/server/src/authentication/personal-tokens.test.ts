import { readPlatformSettings } from '@millrace/core'
import { startOidcIssuer, type TestOidcIssuer } from '@millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CallServer, useServers } from '../test-server.fixture.ts'

const servers = useServers()
let issuer: TestOidcIssuer
beforeAll(async () => {
  issuer = await startOidcIssuer()
})
afterAll(async () => await issuer.stop())

const make = async (as: CallServer, body: Record<string, unknown> = {}) =>
  await as('POST', '/api/tokens', { body: { name: 'ci', ...body } })

test('a token is shown once, kept as a hash, acts for its user, and is refused as soon as it is revoked', async () => {
  const { as, call, db } = await servers.start()
  const alice = as('alice', { email: 'alice@example.com' })
  const made = await make(alice)
  expect(made).toMatchObject({ status: 201, body: { name: 'ci', scopes: ['read', 'write'] } })
  const { id, token, expires_at } = made.body
  expect(token).toMatch(/^millrace_pat_[\w-]{43}$/)
  expect(Math.round((Date.parse(expires_at) - Date.now()) / 86_400_000)).toBe(90)
  const tables = ['authentication.personal_token', `audit.event where entity = 'personal_token'`]
  const rows = await Promise.all(tables.map((table) => db.query({ text: `select * from ${table}`, values: [] })))
  expect(JSON.stringify(rows)).not.toContain(token)
  expect(JSON.stringify(rows[1])).not.toContain('sha256')
  expect((await call('GET', '/api/data/user', { token })).body).toMatchObject({
    id: 'alice',
    email: 'alice@example.com',
  })
  const { body: listed } = await alice('GET', '/api/tokens')
  expect(listed).toMatchObject([{ id, name: 'ci', last_used_at: expect.any(String) }])
  expect(JSON.stringify(listed)).not.toContain(token)
  expect((await as('bob')('DELETE', `/api/tokens/${id}`)).status).toBe(404)
  expect((await alice('DELETE', `/api/tokens/${id}`)).status).toBe(204)
  const refused = await call('GET', '/api/data/user', { token })
  expect([refused.status, refused.body.error.message]).toEqual([401, expect.stringContaining('expired or was revoked')])
})

test('amid many requests with many tokens, each is who its token says, and none gets in after its token was revoked', async () => {
  const { as, server } = await servers.start()
  const people = await Promise.all(
    ['alice', 'bob', 'carol'].map(async (id) => ({ id, token: (await make(as(id))).body.token as string })),
  )
  let isRevoked = false
  const wrong: unknown[] = []
  const work = async ({ id, token }: (typeof people)[number]) => {
    for (let time = 0; time < 30; time++) {
      const wasRevoked = isRevoked && id === 'bob'
      const response = await fetch(`${server.url}/api/data/user`, { headers: { authorization: `Bearer ${token}` } })
      const body = (await response.json()) as { id?: string }
      // What was under way when bob's token was revoked may be answered either way.
      const isRight = wasRevoked ? response.status === 401 : body.id === id || (id === 'bob' && response.status === 401)
      if (!isRight) wrong.push({ id, wasRevoked, status: response.status, body })
    }
  }
  const { body: listed } = await as('bob')('GET', '/api/tokens')
  const during = Promise.all(people.flatMap((person) => [1, 2, 3, 4].map(() => work(person))))
  for (const { id } of listed) expect((await as('bob')('DELETE', `/api/tokens/${id}`)).status).toBe(204)
  isRevoked = true
  await during
  for (const person of people) await work(person)
  expect(wrong).toEqual([])
})

test('scopes are kept to at every endpoint, and no token makes one that may do more', async () => {
  const { as, call } = await servers.start()
  const alice = as('alice')
  const { token: reader } = (await make(alice, { scopes: ['read'] })).body
  const { token: writer } = (await make(alice, { scopes: ['write'] })).body
  const ask = async (token: string, method: string, path: string, body?: unknown) =>
    (await call(method, path, { token, ...(body === undefined ? {} : { body }) })).status
  const project = { name: 'P', namespace: 'alice' }
  expect(await ask(reader, 'GET', '/api/data/user')).toBe(200)
  expect(await ask(reader, 'POST', '/api/data/projects', project)).toBe(403)
  expect(await ask(reader, 'POST', '/api/tokens', { name: 'x', scopes: ['read'] })).toBe(403)
  expect(await ask(writer, 'GET', '/api/data/user')).toBe(403)
  expect(await ask(writer, 'GET', '/api/data/projects')).toBe(403)
  expect(await ask(writer, 'POST', '/api/tokens', { name: 'x', scopes: ['read'] })).toBe(403)
  expect(await ask(writer, 'POST', '/api/tokens', { name: 'x', scopes: ['write'] })).toBe(201)
  expect((await make(alice, { scopes: ['admin'] })).status).toBe(403)
})

test('a token of an administrator administers only with its scope, and only while its user does', async () => {
  const settings = { ...readPlatformSettings({ env: {} }), oidcIssuer: issuer.url, ratePerSecond: 0 }
  const { call } = await servers.start({ settings })
  const root = { id: 'root-1', email: 'root@example.com' }
  const { accessToken, refreshToken } = await issuer.signIn({ ...root, roles: ['millrace-admin'] })
  const tokenOf = async (scopes: string[]) =>
    (await call('POST', '/api/tokens', { token: accessToken, body: { name: 'x', scopes } })).body.token
  const [plain, admin] = [await tokenOf(['read', 'write']), await tokenOf(['read', 'write', 'admin'])]
  const ask = async (token: string) => (await call('GET', '/api/worker-tokens', { token })).status
  expect([await ask(plain), await ask(admin)]).toEqual([403, 200])
  expect((await call('GET', '/api/data/user', { token: plain })).body.is_admin).toBe(false)
  issuer.change(root)
  const { accessToken: later } = await issuer.refresh(refreshToken)
  await call('GET', '/api/data/user', { token: later })
  expect(await ask(admin)).toBe(403)
})

test('tokens expire, have a longest life, are limited in number, and go with their user', async () => {
  const { as, call, db } = await servers.start()
  const alice = as('alice')
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
  expect((await make(alice, { expires_at: inDays(-1) })).status).toBe(422)
  expect((await make(alice, { expires_at: inDays(367) })).status).toBe(422)
  const { id, token } = (await make(alice, { expires_at: inDays(365) })).body
  await db.execute({
    text: `update authentication.personal_token set expires_at = now() where id = '${id}'`,
    values: [],
  })
  expect((await call('GET', '/api/data/user', { token })).status).toBe(401)
  const made = await Promise.all(Array.from({ length: 52 }, () => make(alice)))
  expect(made.filter(({ status }) => status === 201).length).toBe(50)
  expect(made.filter(({ status }) => status === 422).length).toBe(2)
  const last = made.find(({ status }) => status === 201)?.body.token
  expect((await call('DELETE', '/api/data/users/alice')).status).toBe(204)
  expect((await call('GET', '/api/data/user', { token: last })).status).toBe(401)
})

test('the administrator of the platform is no user, and has no tokens', async () => {
  const { call } = await servers.start()
  const refused = await call('POST', '/api/tokens', { body: { name: 'x' } })
  expect([refused.status, refused.body.error.detail]).toEqual([403, 'USER_REQUIRED'])
})

test('dummy users that cannot be read are nobody', async () => {
  const { call } = await servers.start()
  for (const token of ['{}', '{"id":7}', '{nonsense}', '{"id":""}']) {
    expect([token, (await call('GET', '/api/data/user', { token })).status]).toEqual([token, 401])
  }
})
