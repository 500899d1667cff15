import { createPublicKey } from 'node:crypto'
import { createLogger, type PlatformSettings, readPlatformSettings } from '@millrace/core'
import { startOidcIssuer, type TestOidcIssuer } from '@millrace/testing'
import { type JWTPayload, SignJWT } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Answer, useServers } from '../test-server.fixture.ts'
import { createOidc } from './oidc.ts'

const servers = useServers()
let issuer: TestOidcIssuer
beforeAll(async () => {
  issuer = await startOidcIssuer()
})
afterEach(() => issuer.comeBack())
afterAll(async () => await issuer.stop())

const ada = { id: 'ada-1', email: 'ada@example.com', firstName: 'Ada', lastName: 'L' }

function settings(more: Partial<PlatformSettings> = {}): PlatformSettings {
  const base = readPlatformSettings({ env: {} })
  return { ...base, oidcIssuer: issuer.url, oidcClientSecret: issuer.clientSecret, ratePerSecond: 0, ...more }
}

async function start(more: Partial<PlatformSettings> = {}) {
  return await servers.start({ settings: settings(more), dummyUsers: false })
}

/** A token signed by the issuer's own key that the issuer never gave out. */
async function forge(
  claims: JWTPayload,
  header: { readonly alg?: string; readonly kid?: string } = {},
  key?: Uint8Array,
) {
  const now = Math.floor(Date.now() / 1000)
  const { privateKey, kid, alg } = issuer.signingKey()
  const whole = { iss: issuer.url, aud: 'millrace', sub: ada.id, email: ada.email, exp: now + 60, iat: now, ...claims }
  return await new SignJWT(whole).setProtectedHeader({ alg, kid, ...header }).sign(key ?? privateKey)
}

const problem = ({ status, body }: Answer) => [status, body.error?.message]

test('a token of the issuer makes its bearer a user, with a namespace', async () => {
  const { call, db } = await start()
  const { accessToken } = await issuer.signIn(ada)
  const { status, body } = await call('GET', '/api/data/user', { token: accessToken })
  expect([status, body]).toMatchObject([
    200,
    { id: 'ada-1', email: 'ada@example.com', first_name: 'Ada', is_admin: false },
  ])
  const rows = await db.query({ text: 'select email from users."user"', values: [] })
  expect(rows).toEqual([{ email: 'ada@example.com' }])
})

test('the role of the issuer makes administrators, and taking it away ends that', async () => {
  const { call, db } = await start()
  const admins = async () =>
    await db.query({ text: `select subject_id from authz.relation where relation = 'admin'`, values: [] })
  const first = await issuer.signIn({ ...ada, roles: ['millrace-admin'] })
  expect((await call('GET', '/api/worker-tokens', { token: first.accessToken })).status).toBe(200)
  expect(await admins()).toEqual([{ subject_id: 'ada-1' }])
  issuer.change({ ...ada, roles: ['other'] })
  const { accessToken } = await issuer.refresh(first.refreshToken)
  expect((await call('GET', '/api/worker-tokens', { token: accessToken })).status).toBe(403)
  expect(await admins()).toEqual([])
})

test('a bad token makes its bearer nobody, and whoever has to sign in is told why', async () => {
  const { call } = await start()
  const now = Math.floor(Date.now() / 1000)
  const good = await forge({})
  const [head = '', body = '', signature = ''] = good.split('.')
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const publicPem = createPublicKey(issuer.signingKey().privateKey).export({ type: 'spki', format: 'pem' })
  const bad: Record<string, string> = {
    expired: await forge({ exp: now - 60 }),
    early: await forge({ nbf: now + 600 }),
    audience: await forge({ aud: 'other' }),
    issuer: await forge({ iss: 'https://evil.example.com' }),
    nameless: await forge({ email: undefined }),
    kind: await forge({ typ: 'ID' }),
    none: `${encode({ alg: 'none' })}.${body}.`,
    symmetric: await forge({}, { alg: 'HS256' }, new TextEncoder().encode(String(publicPem))),
    tampered: `${head}.${encode({ ...JSON.parse(Buffer.from(body, 'base64url').toString()), sub: 'eve' })}.${signature}`,
    rubbish: 'a.b.c',
    unknown: 'hello',
  }
  const answers: Record<string, unknown> = {}
  for (const [name, token] of Object.entries(bad)) {
    answers[name] = problem(await call('GET', '/api/data/user', { token }))
    expect([name, (await call('GET', '/api/data/projects', { token })).status]).toEqual([name, 200])
  }
  const unsigned = [401, expect.stringContaining('not signed by the issuer')]
  expect(answers).toEqual({
    expired: [401, expect.stringContaining('has expired')],
    early: [401, expect.stringContaining('not good yet')],
    audience: [401, expect.stringContaining('its audience has to be millrace')],
    issuer: [401, expect.stringContaining('another issuer')],
    nameless: [401, expect.stringContaining('names neither an e-mail nor the client')],
    kind: [401, expect.stringContaining('another kind')],
    ...{ none: unsigned, symmetric: unsigned, tampered: unsigned, rubbish: unsigned },
    unknown: [401, expect.stringContaining('not known')],
  })
  expect((await call('GET', '/api/data/user', { token: good })).status).toBe(200)
})

test('a token of a service has an e-mail made from its client', async () => {
  const { call } = await start()
  const { body } = await call('GET', '/api/data/user', {
    token: await forge({ sub: 'svc-1', email: undefined, azp: 'etl' }),
  })
  expect(body).toMatchObject({ id: 'svc-1', email: 'service-account-etl@services.invalid' })
})

test('a subject that fits into no address becomes one that does, always the same', async () => {
  const { call } = await start()
  const id = async () =>
    (await call('GET', '/api/auth/session', { token: await forge({ sub: 'auth0|../x' }) })).body.user.id
  expect(await id()).toMatch(/^[0-9a-f]{32}$/)
  expect(await id()).toBe(await id())
  expect((await call('GET', '/api/auth/session', { token: await forge({ sub: 'admin' }) })).body.user.id).not.toBe(
    'admin',
  )
})

test('audiences, algorithms and the place of roles are what the operator says', async () => {
  const { call } = await start({ oidcAudiences: 'a, b', oidcRolesClaim: 'https://x.test/roles', oidcAdminRole: 'boss' })
  const { accessToken } = await issuer.signIn(ada, { audience: 'b' })
  expect((await call('GET', '/api/data/user', { token: accessToken })).status).toBe(200)
  const boss = await forge({ aud: 'a', 'https://x.test/roles': ['boss'] })
  expect((await call('GET', '/api/data/user', { token: boss })).body.is_admin).toBe(true)
  const log = await createLogger({ name: 'test', level: 'silent' })
  expect(() => createOidc(settings({ oidcAlgorithms: 'RS256,HS256' }), log)).toThrow('HS256')
  expect(() => createOidc(settings({ oidcIssuer: 'keycloak' }), log)).toThrow('no address of an issuer')
})

test('a token that was good is refused once it has expired', async () => {
  const { call } = await start()
  const now = Math.floor(Date.now() / 1000)
  const token = await forge({ exp: now + 600 })
  const ask = async () => (await call('GET', '/api/data/user', { token })).status
  expect([await ask(), await ask()]).toEqual([200, 200])
  try {
    // Clocks may differ by 5 s.
    vi.useFakeTimers({ now: (now + 604) * 1000, toFake: ['Date'] })
    expect(await ask()).toBe(200)
    vi.setSystemTime((now + 606) * 1000)
    expect(await ask()).toBe(401)
  } finally {
    vi.useRealTimers()
  }
})

test('the signature of a token that is known is not good for other claims', async () => {
  const { call } = await start()
  const token = await forge({})
  const other = await forge({ roles: ['millrace-admin'] })
  expect((await call('GET', '/api/data/user', { token })).status).toBe(200)
  const swapped = `${other.split('.').slice(0, 2).join('.')}.${token.split('.')[2]}`
  expect((await call('GET', '/api/data/user', { token: swapped })).status).toBe(401)
})

describe('when the issuer changes keys', () => {
  test('a token by the new one is good at once, and one by a withdrawn key is not', async () => {
    const { call } = await start()
    const { accessToken, refreshToken } = await issuer.signIn(ada)
    const ask = async (token: string) => (await call('GET', '/api/data/user', { token })).status
    expect(await ask(accessToken)).toBe(200)
    issuer.rotateKeys({ withdraw: true })
    const next = await issuer.refresh(refreshToken)
    expect(await ask(next.accessToken)).toBe(200)
    expect(await ask(accessToken)).toBe(401)
  })

  test('tokens that name keys which nobody has do not make the server ask the issuer again and again', async () => {
    const { call } = await start()
    await call('GET', '/api/data/user', { token: await forge({}) })
    const count = () => issuer.requests.filter((request) => request === 'GET /jwks').length
    const before = count()
    for (let i = 0; i < 20; i++) {
      expect((await call('GET', '/api/data/user', { token: await forge({}, { kid: `k${i}` }) })).status).toBe(401)
    }
    expect(count()).toBe(before + 1)
  })
})

describe('while the issuer is away', () => {
  test('tokens are good by the keys that are known', async () => {
    const { call } = await start()
    const { accessToken } = await issuer.signIn(ada)
    expect((await call('GET', '/api/data/user', { token: accessToken })).status).toBe(200)
    issuer.goAway()
    expect((await call('GET', '/api/data/user', { token: accessToken })).status).toBe(200)
  })

  test('a server that never knew keys starts, serves everybody, and cannot tell who signed in', async () => {
    const { accessToken: token } = await issuer.signIn(ada)
    issuer.goAway()
    const { call, anonymous } = await start()
    expect((await call('GET', '/api/data/projects', { token })).status).toBe(200)
    expect((await anonymous('GET', '/api/data/user')).status).toBe(401)
    const refused = await call('GET', '/api/data/user', { token })
    expect(problem(refused)).toEqual([503, expect.stringContaining('issuer')])
    expect(refused.headers.get('retry-after')).toBe('5')
    expect((await call('GET', '/api/auth/login', { token: null })).status).toBe(503)
  })
})

test('no token stands in the log', async () => {
  const { call, lines } = await start()
  const { accessToken } = await issuer.signIn(ada)
  await call('GET', '/api/data/user', { token: accessToken })
  await call('GET', '/api/data/user', { token: `${accessToken}x` })
  const text = JSON.stringify(lines)
  expect(text).toContain('"caller":"user:ada-1"')
  expect(text).not.toContain(accessToken.split('.')[2])
})
