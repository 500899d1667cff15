import { createLogger, readPlatformSettings } from '@millrace/core'
import { sql } from '@millrace/db'
import { createApi } from '@millrace/http'
import { startOidcIssuer } from '@millrace/testing'
import { describe, expect, test } from 'vitest'
import { createInternalTokens } from '../authentication/index.ts'
import type { ServerAccess } from '../principals.ts'
import { type Answer, adminToken, type CallServer, type TestServer, useServers } from '../test-server.fixture.ts'
import { type FakeGitlab, startFakeGitlab } from './fake-gitlab.fixture.ts'
import { tokenEndpointRoutes } from './token-endpoint.ts'

const servers = useServers()
const providers = '/api/data/oauth2/providers'
const connections = '/api/data/oauth2/connections'
const callback = '/api/data/oauth2/callback'
const gitlab = {
  id: 'gitlab',
  kind: 'gitlab',
  client_id: 'millrace-client',
  client_secret: 'the-secret',
  display_name: 'Our GitLab',
  scope: 'read_user',
  url: 'http://gitlab.example',
  use_pkce: true,
}

async function started() {
  const env = { MILLRACE_ALLOWED_ADDRESSES: '127.0.0.1' }
  const server = await servers.start({ settings: readPlatformSettings({ env }) })
  const root = server.as('root', { is_admin: true })
  const [alice, bob] = [await user(server, 'alice'), await user(server, 'bob')]
  return { server, root, alice, bob }
}

async function user(server: TestServer, id: string): Promise<CallServer> {
  const call = server.as(id)
  await call('GET', '/api/data/user')
  return call
}

async function withGitlab(fake: FakeGitlab) {
  const all = await started()
  const { status } = await all.root('POST', providers, { body: { ...gitlab, url: fake.url } })
  expect(status).toBe(201)
  return all
}

/** Goes to the provider and comes back; answers the callback's answer. */
async function connect(fake: FakeGitlab, call: CallServer, nextUrl = '/projects'): Promise<Answer> {
  const { address, state } = await authorize(call, nextUrl)
  return await call('GET', `${callback}?code=${fake.agree(address)}&state=${state}`)
}

async function authorize(call: CallServer, nextUrl = '/projects') {
  const answer = await call('GET', `${providers}/gitlab/authorize?next_url=${encodeURIComponent(nextUrl)}`)
  expect(answer.status).toBe(302)
  const address = answer.headers.get('location') ?? ''
  return { address, state: new URL(address).searchParams.get('state') ?? '' }
}

async function connectionOf(call: CallServer): Promise<string> {
  return `${connections}/${(await call('GET', connections)).body[0].id}`
}

describe('case 10', () => {
  test('authorize leads to the provider with state and S256, the callback leads back, and the token comes without its refresh token', async () => {
    await using fake = await startFakeGitlab()
    const { server, alice } = await withGitlab(fake)
    const { address, state } = await authorize(alice, '/projects?tab=1')
    const { origin, pathname, searchParams } = new URL(address)
    expect(`${origin}${pathname}`).toBe(`${fake.url}/oauth/authorize`)
    expect(Object.fromEntries(searchParams)).toMatchObject({
      client_id: 'millrace-client',
      response_type: 'code',
      scope: 'read_user',
      code_challenge_method: 'S256',
      redirect_uri: `${server.server.url.replace('http:', 'https:')}${callback}`,
    })
    expect((await alice('GET', connections)).body).toMatchObject([{ provider_id: 'gitlab', status: 'pending' }])

    const back = await alice('GET', `${callback}?code=${fake.agree(address)}&state=${state}`)
    expect(back.status).toBe(302)
    expect(back.headers.get('location')).toBe('/projects?tab=1')
    const one = await connectionOf(alice)
    expect((await alice('GET', one)).body).toMatchObject({ provider_id: 'gitlab', status: 'connected' })
    const token = await alice('GET', `${one}/token`)
    expect(token).toMatchObject({
      status: 200,
      body: { access_token: 'access-1', token_type: 'Bearer', scope: 'read_user' },
    })
    expect(JSON.stringify(token.body)).not.toContain('refresh-1')
    expect(new Date(token.body.expires_at_iso).getTime()).toBe(token.body.expires_at * 1000)
    expect((await alice('GET', `${one}/account`)).body).toEqual({
      username: 'alice.gitlab',
      web_url: `${fake.url}/alice.gitlab`,
    })
    expect((await alice('GET', `${one}/installations`)).body).toEqual([])
  })

  test('an unknown state is refused with 403, and so is one that was used, or is of somebody else, or of nobody signed in', async () => {
    await using fake = await startFakeGitlab()
    const { server, alice, bob } = await withGitlab(fake)
    expect((await alice('GET', `${callback}?code=a&state=unknown`)).status).toBe(403)
    expect((await alice('GET', `${callback}?code=a`)).status).toBe(403)
    const { address, state } = await authorize(alice)
    const path = `${callback}?code=${fake.agree(address)}&state=${state}`
    for (const call of [bob, server.anonymous]) expect((await call('GET', path)).status).toBe(403)
    const answers = await Promise.all([alice('GET', path), alice('GET', path), alice('GET', path)])
    expect(answers.map(({ status }) => status).sort()).toEqual([302, 403, 403])
    expect(fake.grants).toHaveLength(1)
    expect((await alice('GET', path)).status).toBe(403)
    expect((await bob('GET', connections)).body).toEqual([])
  })

  test('a state is good for an hour, and no longer when its user began anew', async () => {
    await using fake = await startFakeGitlab()
    const { server, alice } = await withGitlab(fake)
    const first = await authorize(alice)
    const second = await authorize(alice)
    const finish = async ({ address, state }: typeof first) =>
      (await alice('GET', `${callback}?code=${fake.agree(address)}&state=${state}`)).status
    expect(await finish(first)).toBe(403)
    await server.db.execute(
      sql`update connected_services.authorization_request set created_at = now() - interval '61 minutes'`,
    )
    expect(await finish(second)).toBe(403)
    expect(await finish(await authorize(alice))).toBe(302)
  })

  test('nobody but administrators reads ids of applications, and nobody secrets; not in the API, the audit log, the database', async () => {
    await using fake = await startFakeGitlab()
    const { server, root, alice } = await withGitlab(fake)
    await connect(fake, alice)
    for (const call of [alice, server.anonymous]) {
      expect((await call('GET', `${providers}/gitlab`)).body).toMatchObject({ client_id: '', client_secret: '' })
    }
    expect((await root('GET', providers)).body).toMatchObject([
      { client_id: 'millrace-client', client_secret: 'redacted' },
    ])
    const rows = await server.db.query(sql`
      select to_jsonb(p) as row from connected_services.provider p
      union all select to_jsonb(t) from connected_services.token t
      union all select to_jsonb(a) from audit.event a`)
    for (const secret of ['the-secret', 'access-1', 'refresh-1']) {
      expect(JSON.stringify(rows)).not.toContain(secret)
      expect(JSON.stringify(server.lines)).not.toContain(secret)
    }
  })
})

describe('providers', () => {
  test('are made, changed and removed by administrators; a second one of an id is 422', async () => {
    const { server, root, alice } = await started()
    expect((await alice('POST', providers, { body: gitlab })).status).toBe(403)
    expect((await server.anonymous('POST', providers, { body: gitlab })).status).toBe(401)
    const { client_secret: _, ...shown } = gitlab
    expect(await root('POST', providers, { body: gitlab })).toMatchObject({
      status: 201,
      body: { ...shown, app_slug: '', client_secret: 'redacted' },
    })
    expect((await root('POST', providers, { body: gitlab })).status).toBe(422)
    const one = `${providers}/gitlab`
    expect((await root('PATCH', one, { body: { display_name: 'GitLab' } })).body).toMatchObject({
      display_name: 'GitLab',
      scope: 'read_user',
    })
    expect((await root('PATCH', one, { body: { kind: 'generic_oidc' } })).status).toBe(422)
    expect((await root('PATCH', one, { body: { id: 'other' } })).status).toBe(422)
    expect((await root('PATCH', `${providers}/missing`, { body: {} })).status).toBe(404)
    expect((await root('DELETE', one)).status).toBe(204)
    expect((await root('DELETE', one)).status).toBe(204)
    expect((await server.anonymous('GET', one)).status).toBe(404)
  })

  test('what does not fit is refused', async () => {
    const { root } = await started()
    const refused = [
      { id: 'Git Lab' },
      { id: '../gitlab' },
      { kind: 'bitbucket' },
      { url: 'ftp://gitlab.example' },
      { url: 'https://user:word@gitlab.example' },
      { url: 'https://gitlab.example?a=b' },
      { image_registry_url: 'http://registry.example' },
      { image_registry_url: 'https://registry.example/path' },
      { oidc_issuer_url: 'https://issuer.example' },
      { kind: 'generic_oidc' },
      { client_id: '' },
      { created_by: 'alice' },
    ]
    for (const part of refused) {
      const { status } = await root('POST', providers, { body: { ...gitlab, ...part } })
      expect({ part, status }).toEqual({ part, status: 422 })
    }
  })

  test('one with another address is another service: what users had at the former one is forgotten', async () => {
    await using fake = await startFakeGitlab()
    const { root, alice } = await withGitlab(fake)
    await connect(fake, alice)
    const one = await connectionOf(alice)
    await root('PATCH', `${providers}/gitlab`, { body: { display_name: 'Ours' } })
    expect((await alice('GET', `${one}/token`)).status).toBe(200)
    await root('PATCH', `${providers}/gitlab`, { body: { url: 'https://evil.example' } })
    expect((await alice('GET', one)).body.status).toBe('pending')
    expect((await alice('GET', `${one}/token`)).status).toBe(401)
    await root('DELETE', `${providers}/gitlab`)
    expect((await alice('GET', connections)).body).toEqual([])
  })

  test('one whose address changes while a user comes back from the former one gets nothing of what that gave', async () => {
    await using fake = await startFakeGitlab()
    const { root, alice } = await withGitlab(fake)
    const hold = fake.holdGrants()
    const connecting = connect(fake, alice)
    await hold.asked
    expect((await root('PATCH', `${providers}/gitlab`, { body: { url: 'https://evil.example' } })).status).toBe(200)
    hold.release()
    expect((await connecting).status).toBe(403)
    const one = await connectionOf(alice)
    expect((await alice('GET', one)).body.status).toBe('pending')
    expect((await alice('GET', `${one}/token`)).status).toBe(401)
  })
})

describe('connections', () => {
  test('are of their user only, and are removed by that one', async () => {
    await using fake = await startFakeGitlab()
    const { server, alice, bob, root } = await withGitlab(fake)
    await connect(fake, alice)
    const one = await connectionOf(alice)
    expect(await server.anonymous('GET', connections)).toMatchObject({ status: 200, body: [] })
    for (const path of ['', '/token', '/account', '/installations']) {
      expect((await bob('GET', `${one}${path}`)).status).toBe(404)
      expect((await root('GET', `${one}${path}`)).status).toBe(404)
      expect((await server.anonymous('GET', `${one}${path}`)).status).toBe(401)
    }
    expect((await bob('DELETE', one)).status).toBe(404)
    expect((await alice('DELETE', one)).status).toBe(204)
    expect((await alice('GET', one)).status).toBe(404)
  })

  test('authorize with an unknown provider is 404, without sign-in 401, by the token of the administrator 403', async () => {
    await using fake = await startFakeGitlab()
    const { server, alice } = await withGitlab(fake)
    expect((await alice('GET', `${providers}/unknown/authorize`)).status).toBe(404)
    expect((await server.anonymous('GET', `${providers}/gitlab/authorize`)).status).toBe(401)
    expect((await server.call('GET', `${providers}/gitlab/authorize`)).status).toBe(403)
  })

  test('a page elsewhere cannot set back what a user connected', async () => {
    await using fake = await startFakeGitlab()
    const { alice } = await withGitlab(fake)
    await connect(fake, alice)
    const headers = { 'sec-fetch-site': 'cross-site' }
    expect((await alice('GET', `${providers}/gitlab/authorize`, { headers })).status).toBe(403)
    expect((await alice('GET', connections)).body).toMatchObject([{ status: 'connected' }])
  })

  test('next_url leads here only', async () => {
    await using fake = await startFakeGitlab()
    const { server, alice } = await withGitlab(fake)
    const own = server.server.url
    for (const next of ['/', '/projects?a=b#c', own, `${own}/p/1`]) {
      expect((await connect(fake, alice, next)).headers.get('location')).toBe(next)
    }
    for (const next of [
      'https://evil.example',
      '//evil.example',
      '/\\evil.example',
      '\\\\evil.example',
      '/\t/evil.example',
      `${own}@evil.example`,
      `${own}.evil.example`,
      own.replace('http://', 'http://user@'),
      'javascript:alert(1)',
      'projects',
    ]) {
      const { status } = await alice('GET', `${providers}/gitlab/authorize?next_url=${encodeURIComponent(next)}`)
      expect({ next, status }).toEqual({ next, status: 422 })
    }
    const { address, state } = await authorizeWithoutNext(alice)
    const back = await alice('GET', `${callback}?code=${fake.agree(address)}&state=${state}`)
    expect(back).toMatchObject({ status: 200, body: { status: 'OK' } })
  })

  test('what the provider says instead of a code is told to next_url, and no more than that', async () => {
    await using fake = await startFakeGitlab()
    const { alice } = await withGitlab(fake)
    const error = 'error=access_denied&error_description=No%20way&token=abc&session_state=x'
    const { state } = await authorize(alice, '/projects?a=b#part')
    const back = await alice('GET', `${callback}?state=${state}&${error}`)
    expect(back.status).toBe(302)
    expect(back.headers.get('location')).toBe('/projects?a=b&error=access_denied&error_description=No+way#part')
    expect((await alice('GET', `${callback}?state=${state}&${error}`)).status).toBe(403)
    const without = await authorizeWithoutNext(alice)
    expect((await alice('GET', `${callback}?state=${without.state}&${error}`)).status).toBe(403)
    expect((await alice('GET', `${callback}?state=unknown&${error}`)).status).toBe(403)
    expect((await alice('GET', connections)).body).toMatchObject([{ status: 'pending' }])
  })

  test('a code that the provider does not take connects nothing', async () => {
    await using fake = await startFakeGitlab()
    const { server, alice } = await withGitlab(fake)
    const { state } = await authorize(alice)
    expect((await alice('GET', `${callback}?state=${state}&code=guessed`)).status).toBe(403)
    expect((await alice('GET', connections)).body).toMatchObject([{ status: 'pending' }])
    expect(server.lines).toContainEqual(expect.objectContaining({ reason: 'invalid_grant' }))
  })

  async function authorizeWithoutNext(call: CallServer) {
    const address = (await call('GET', `${providers}/gitlab/authorize`)).headers.get('location') ?? ''
    return { address, state: new URL(address).searchParams.get('state') ?? '' }
  }
})

describe('refresh', () => {
  test('a token that ends within a minute is refreshed once, however many ask at once', async () => {
    await using fake = await startFakeGitlab()
    fake.behave({ lifeSeconds: 59 })
    const { alice } = await withGitlab(fake)
    await connect(fake, alice)
    const one = await connectionOf(alice)
    fake.behave({ lifeSeconds: 3600 })
    const hold = fake.holdGrants()
    const first = alice('GET', `${one}/token`)
    await hold.asked
    const others = [alice('GET', `${one}/token`), alice('GET', `${one}/token`), alice('GET', `${one}/account`)]
    hold.release()
    const [a, b, c] = [await first, ...(await Promise.all(others))]
    expect([a?.body.access_token, b?.body.access_token, c?.body.access_token]).toEqual([
      'access-2',
      'access-2',
      'access-2',
    ])
    expect(fake.grants.map(({ grant_type }) => grant_type)).toEqual(['authorization_code', 'refresh_token'])
    expect(fake.grants[1]).toMatchObject({ refresh_token: 'refresh-1' })
  })

  test('when the provider refuses, the user is asked to connect again, and that helps', async () => {
    await using fake = await startFakeGitlab()
    fake.behave({ lifeSeconds: 0 })
    const { alice } = await withGitlab(fake)
    await connect(fake, alice)
    const one = await connectionOf(alice)
    fake.behave({ refuses: true })
    const refused = await alice('GET', `${one}/token`)
    expect(refused.status).toBe(401)
    expect(refused.body.error.message).toContain('/api/data/oauth2/providers/gitlab/authorize')
    fake.behave({ refuses: false, lifeSeconds: 3600 })
    await connect(fake, alice)
    expect((await alice('GET', `${one}/token`)).status).toBe(200)
  })

  test('when the provider is away, a token that is still good is used, and else the caller is told', async () => {
    await using fake = await startFakeGitlab()
    fake.behave({ lifeSeconds: 50 })
    const { server, alice } = await withGitlab(fake)
    await connect(fake, alice)
    const one = await connectionOf(alice)
    fake.behave({ isBroken: true })
    expect((await alice('GET', `${one}/token`)).body.access_token).toBe('access-1')
    await server.db.execute(sql`update connected_services.token set expires_at = now() - interval '1 minute'`)
    expect(await alice('GET', `${one}/token`)).toMatchObject({ status: 500, body: { error: { code: 1514 } } })
    fake.behave({ isBroken: false, lifeSeconds: 3600 })
    expect((await alice('GET', `${one}/token`)).status).toBe(200)
  })

  test('a token that another server has just kept is used when refreshing fails', async () => {
    await using fake = await startFakeGitlab()
    fake.behave({ lifeSeconds: 0 })
    const { server, alice } = await withGitlab(fake)
    await connect(fake, alice)
    const one = await connectionOf(alice)
    fake.behave({ refuses: true })
    const hold = fake.holdGrants()
    const answer = alice('GET', `${one}/token`)
    await hold.asked
    await server.db.execute(sql`update connected_services.token set expires_at = now() + interval '1 hour'`)
    hold.release()
    expect((await answer).body.access_token).toBe('access-1')
  })
})

test('providers at addresses inside are asked only where the operator allows it', async () => {
  await using fake = await startFakeGitlab()
  const server = await servers.start()
  const alice = await user(server, 'alice')
  const root = server.as('root', { is_admin: true })
  await root('POST', providers, { body: { ...gitlab, url: fake.url } })
  expect((await connect(fake, alice)).status).toBe(403)
  expect(fake.grants).toEqual([])
})

test('any OpenID Connect issuer is connected by its discovery', async () => {
  await using issuer = await startOidcIssuer({ accessTokens: 'opaque', accessTokenSeconds: 30 })
  const { root, alice } = await started()
  const body = {
    ...gitlab,
    id: 'issuer',
    kind: 'generic_oidc',
    client_id: issuer.clientId,
    client_secret: issuer.clientSecret,
    scope: 'openid email offline_access',
    url: issuer.url,
    oidc_issuer_url: issuer.url,
  }
  expect((await root('POST', providers, { body })).status).toBe(201)
  const address = (await alice('GET', `${providers}/issuer/authorize`)).headers.get('location') ?? ''
  const back = new URL(await issuer.browse(address, { id: 'alice-there', email: 'alice@example.com' }))
  expect(back.pathname).toBe(callback)
  expect((await alice('GET', `${back.pathname}${back.search}`)).status).toBe(200)
  const one = await connectionOf(alice)
  expect((await alice('GET', `${one}/account`)).body).toEqual({ username: 'alice@example.com' })
  const [first, second] = [await alice('GET', `${one}/token`), await alice('GET', `${one}/token`)]
  expect(first.status).toBe(200)
  // It lives for less than a minute, and so is another one each time.
  expect(second.body.access_token).not.toBe(first.body.access_token)
  expect(second.body).not.toHaveProperty('refresh_token')
})

test('an application in a session gets tokens by its refresh token, as long as the session runs', async () => {
  await using fake = await startFakeGitlab()
  const { server, alice } = await withGitlab(fake)
  await connect(fake, alice)
  const one = await connectionOf(alice)
  const alive = new Set(['one'])
  const internalTokens = createInternalTokens(server.settings, adminToken)
  internalTokens.scopeChecks.set('session', async (name) => alive.has(name))
  const log = await createLogger({ name: 'test', write: () => {} })
  const admit = { open: refuse, user: refuse, admin: refuse, worker: refuse, metrics: refuse }
  const api = createApi<ServerAccess>({ log, closing: new AbortController().signal, authenticate: [], admit })
  tokenEndpointRoutes(api, { db: server.db, settings: server.settings, log, internalTokens })

  const person = { id: 'alice', email: null, firstName: null, lastName: null, name: 'alice' }
  const renew = async (refresh_token: string) => {
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token, client_id: 'whatever' })
    const answer = await api.request(`${one}/token_endpoint`, { method: 'POST', body })
    return { status: answer.status, body: (await answer.json()) as Record<string, string> }
  }
  const { accessToken, refreshToken } = await internalTokens.issue(person, 'session:one')
  const first = await renew(refreshToken)
  expect(first).toMatchObject({ status: 200, body: { access_token: 'access-1', token_type: 'Bearer' } })
  expect(JSON.stringify(first.body)).not.toContain('refresh-1')
  expect(await renew(first.body.refresh_token ?? '')).toMatchObject({ status: 200 })
  expect((await renew(accessToken)).status).toBe(401)
  expect((await renew(`${refreshToken}x`)).status).toBe(401)
  const other = await internalTokens.issue({ ...person, id: 'bob' }, 'session:one')
  expect((await renew(other.refreshToken)).status).toBe(404)
  alive.clear()
  expect((await renew(refreshToken)).status).toBe(403)
})

function refuse(): never {
  throw new Error('Nobody asks who calls.')
}
