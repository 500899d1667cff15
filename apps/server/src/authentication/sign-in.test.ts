import { type PlatformSettings, readPlatformSettings } from '@millrace/core'
import { sql, transaction } from '@millrace/db'
import { type OidcUser, startOidcIssuer, type TestOidcIssuer } from '@millrace/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { someoneWaits, type TestServer, useServers } from '../test-server.fixture.ts'

const servers = useServers()
let issuer: TestOidcIssuer
beforeAll(async () => {
  issuer = await startOidcIssuer()
})
afterEach(() => issuer.comeBack())
afterAll(async () => await issuer.stop())

const ada = { id: 'ada-1', email: 'ada@example.com', firstName: 'Ada', lastName: 'L' }
const bob = { id: 'bob-1', email: 'bob@example.com' }

async function start(more: Partial<PlatformSettings> = {}): Promise<TestServer> {
  const { url: oidcIssuer, clientSecret: oidcClientSecret } = issuer
  const base = readPlatformSettings({ env: {} })
  const settings = { ...base, ratePerSecond: 0, oidcIssuer, oidcClientSecret, ...more }
  return await servers.start({ settings, streamRecheckMs: 100 })
}

/** A browser with its cookies, on pages of the server. */
function browserOf({ server: { url } }: TestServer) {
  const jar = new Map<string, string>()
  const ask = async (path: string, init: RequestInit & { headers?: Record<string, string> } = {}) => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(new URL(path, url), {
      redirect: 'manual',
      ...init,
      headers: { cookie, ...init.headers },
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') jar.delete(name)
      else jar.set(name, value)
    }
    return response
  }
  return {
    jar,
    ask,
    async signIn(user: OidcUser, next = '/runs') {
      const begun = await ask(`/api/auth/login?next=${encodeURIComponent(next)}`)
      const back = await issuer.browse(begun.headers.get('location') ?? '', user)
      return await ask(back)
    },
    // biome-ignore lint/suspicious/noExplicitAny: whatever the server says; tests look at parts of it
    session: async (): Promise<any> => await (await ask('/api/auth/session')).json(),
  }
}

const json = { 'content-type': 'application/json' }
const body = JSON.stringify({ name: 'ci' })

describe('a browser', () => {
  test('signs in at the issuer, goes on where it wanted to, and is somebody', async () => {
    const server = await start()
    const browser = browserOf(server)
    expect(await browser.session()).toEqual({ sign_in_url: '/api/auth/login' })
    const done = await browser.signIn(ada, '/runs?state=failed')
    expect([done.status, done.headers.get('location')]).toEqual([302, '/runs?state=failed'])
    const [cookie = ''] = done.headers.getSetCookie()
    expect(cookie).toMatch(/^millrace_session=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/)
    expect(await browser.session()).toMatchObject({
      user: { id: 'ada-1', name: 'Ada L', email: 'ada@example.com', is_admin: false },
      csrf_token: expect.any(String),
    })
    const kept = JSON.stringify(await server.db.query({ text: 'select * from authentication.session', values: [] }))
    expect(kept).not.toContain(browser.jar.get('millrace_session'))
  })

  test('on https gets cookies that are bound to the host', async () => {
    const server = await start({ publicUrl: 'https://millrace.example.com' })
    const begun = await browserOf(server).ask('/api/auth/login')
    expect(begun.headers.get('set-cookie')).toMatch(/^__Host-millrace_sign_in=.+; Secure; /)
    const asked = new URL(begun.headers.get('location') ?? '').searchParams
    expect(asked.get('redirect_uri')).toBe('https://millrace.example.com/api/auth/callback')
    expect([asked.get('code_challenge_method'), asked.has('state'), asked.has('nonce')]).toEqual(['S256', true, true])
    expect(begun.headers.get('strict-transport-security')).toBe('max-age=31536000')
  })

  test('signs out, and its cookie is worth nothing after that', async () => {
    const server = await start()
    const browser = browserOf(server)
    await browser.signIn(ada)
    const cookie = `millrace_session=${browser.jar.get('millrace_session')}`
    const { csrf_token } = await browser.session()
    const headers = { 'x-csrf-token': csrf_token, 'sec-fetch-site': 'same-origin' }
    const out = await browser.ask('/api/auth/logout', { method: 'POST', headers })
    expect(await out.json()).toEqual({ issuer_url: expect.stringContaining(`${issuer.url}/session/end`) })
    expect(browser.jar.has('millrace_session')).toBe(false)
    const late = await browser.ask('/api/data/user', { headers: { cookie } })
    expect([late.status, await late.text()]).toEqual([401, expect.stringContaining('session has ended')])
    const { body: noted } = await server.call('GET', '/api/audit?entity=session')
    expect(noted).toMatchObject([
      { action: 'delete', actor: 'ada-1', request_id: out.headers.get('x-request-id') },
      { action: 'insert', actor: 'ada-1' },
    ])
  })

  test('that signs in again has a new session, and the one before is over', async () => {
    const browser = browserOf(await start())
    await browser.signIn(ada)
    const former = browser.jar.get('millrace_session')
    await browser.signIn(bob)
    expect(browser.jar.get('millrace_session')).not.toBe(former)
    expect((await browser.session()).user.id).toBe('bob-1')
    const headers = { cookie: `millrace_session=${former}` }
    expect((await browser.ask('/api/data/user', { headers })).status).toBe(401)
  })

  test('cannot be given a session by somebody else who knows its cookie beforehand', async () => {
    const browser = browserOf(await start())
    const planted = 'x'.repeat(43)
    browser.jar.set('millrace_session', planted)
    await browser.signIn(ada)
    expect(browser.jar.get('millrace_session')).not.toBe(planted)
    expect((await browser.ask('/api/data/user', { headers: { cookie: `millrace_session=${planted}` } })).status).toBe(
      401,
    )
  })
})

test('a sign-in goes on to paths of the server only', async () => {
  const browser = browserOf(await start())
  const evil = [
    '//evil.test',
    '/\\evil.test',
    'https://evil.test',
    '/..//evil.test',
    '/a\tb',
    '/\t/evil.test',
    'runs',
    '',
  ]
  for (const next of evil) {
    const response = await browser.ask(`/api/auth/login?next=${encodeURIComponent(next)}`)
    expect([next, response.status]).toEqual([next, 422])
  }
  const done = await browser.signIn(ada, '/a/%2F/b?c=//d#e')
  expect(done.headers.get('location')).toBe('/a/%2F/b?c=//d#e')
})

describe('a callback', () => {
  test('that another browser began is refused: nobody can be signed in as somebody else', async () => {
    const server = await start()
    const [attacker, victim] = [browserOf(server), browserOf(server)]
    const begun = await attacker.ask('/api/auth/login')
    const back = await issuer.browse(begun.headers.get('location') ?? '', bob)
    await victim.ask('/api/auth/login')
    const refused = await victim.ask(back)
    expect([refused.status, victim.jar.has('millrace_session')]).toEqual([403, false])
    expect((await attacker.ask(back)).status).toBe(302)
  })

  test('is good once, and needs a code that the issuer confirms', async () => {
    const browser = browserOf(await start())
    const begun = await browser.ask('/api/auth/login')
    const back = await issuer.browse(begun.headers.get('location') ?? '', ada)
    expect((await browser.ask(back)).status).toBe(302)
    expect((await browser.ask(back)).status).toBe(403)
    const again = new URL((await browser.ask('/api/auth/login')).headers.get('location') ?? '')
    const state = again.searchParams.get('state')
    const path = `/api/auth/callback?state=${state}&code=guessed&iss=${encodeURIComponent(issuer.url)}`
    const refused = await browser.ask(path)
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining('SIGN_IN_FAILED')])
  })

  test('tells what the issuer refused, without what it might carry', async () => {
    const browser = browserOf(await start())
    const begun = new URL((await browser.ask('/api/auth/login')).headers.get('location') ?? '')
    const state = begun.searchParams.get('state')
    const refused = await browser.ask(`/api/auth/callback?state=${state}&error=access_denied&error_description=<b>`)
    const text = await refused.text()
    expect([refused.status, text]).toEqual([403, expect.stringContaining('access_denied')])
    expect(text).not.toContain('<b>')
  })
})

test('a change by a signed-in browser has to come from a page of the server, with the token of its session', async () => {
  const server = await start()
  const browser = browserOf(server)
  await browser.signIn(ada)
  const { csrf_token: token } = await browser.session()
  const origin = server.server.url
  const attempts: [number, Record<string, string>][] = [
    [403, {}],
    [403, { origin }],
    [403, { origin, 'x-csrf-token': 'wrong' }],
    [403, { origin: 'https://evil.test', 'x-csrf-token': token }],
    [403, { origin: 'null', 'x-csrf-token': token }],
    [403, { 'sec-fetch-site': 'same-site', 'x-csrf-token': token }],
    [403, { 'sec-fetch-site': 'none', 'x-csrf-token': token }],
    [403, { 'x-csrf-token': token }],
    [201, { origin, 'x-csrf-token': token }],
    [201, { 'sec-fetch-site': 'same-origin', 'x-csrf-token': token }],
  ]
  for (const [status, headers] of attempts) {
    const response = await browser.ask('/api/tokens', { method: 'POST', body, headers: { ...json, ...headers } })
    expect([headers, response.status]).toEqual([headers, status])
  }
  expect((await browser.ask('/api/tokens')).status).toBe(200)
})

describe('a session', () => {
  const age = async ({ db }: TestServer, change: string) =>
    await db.execute({ text: `update authentication.session set ${change}`, values: [] })

  test('ends when it was idle, and when its time is over', async () => {
    const server = await start({ sessionIdleMinutes: 10 })
    const browser = browserOf(server)
    await browser.signIn(ada)
    await age(server, `seen_at = now() - interval '9 minutes'`)
    expect((await browser.ask('/api/data/user')).status).toBe(200)
    await age(server, `seen_at = now() - interval '11 minutes'`)
    expect((await browser.ask('/api/data/user')).status).toBe(401)
    await age(server, `seen_at = now(), expires_at = now()`)
    expect((await browser.ask('/api/data/user')).status).toBe(401)
  })

  test('is renewed at the issuer by one of many requests, and knows what is new of the user', async () => {
    const server = await start()
    const browser = browserOf(server)
    await browser.signIn(ada)
    issuer.change({ ...ada, lastName: 'Lovelace', roles: ['millrace-admin'] })
    await age(server, `renew_at = now()`)
    const before = issuer.requests.filter((request) => request === 'POST /token').length
    const answers = await Promise.all(Array.from({ length: 10 }, () => browser.ask('/api/data/user')))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200))
    expect(issuer.requests.filter((request) => request === 'POST /token').length).toBe(before + 1)
    expect((await browser.session()).user).toMatchObject({ name: 'Ada Lovelace', is_admin: true })
  })

  test('of which a slow request knows what was true before leaves what the issuer said since', async () => {
    const server = await start()
    const browser = browserOf(server)
    await browser.signIn(ada)
    await age(server, `seen_at = now() - interval '2 minutes'`)
    let answer: Promise<Response> | undefined
    await transaction(server.db, async (trx) => {
      await trx.execute(sql`select from authentication.session for update`)
      // Its names are read, and it waits for the session to note that it was seen.
      answer = browser.ask('/api/data/user')
      await someoneWaits(server)
      await trx.execute(sql`update users."user" set last_name = 'Lovelace' where id = ${ada.id}`)
    })
    expect(await (await answer)?.json()).toMatchObject({ last_name: 'Lovelace' })
    expect((await browser.session()).user).toMatchObject({ name: 'Ada Lovelace' })
  })

  test('ends when the issuer does not renew it', async () => {
    const server = await start()
    const browser = browserOf(server)
    await browser.signIn(ada)
    const [row] = await server.db.query<{ refresh_token: string }>({
      text: 'select refresh_token from authentication.session',
      values: [],
    })
    await age(server, `renew_at = now()`)
    await browser.ask('/api/data/user')
    // The issuer takes each refresh token once.
    await age(server, `renew_at = now(), refresh_token = '${row?.refresh_token}'`)
    expect((await browser.ask('/api/data/user')).status).toBe(401)
    expect(await server.db.query({ text: 'select 1 from authentication.session', values: [] })).toEqual([])
  })

  test('that only listens is renewed as well, ends when the issuer does not, and does not count as used', async () => {
    const server = await start()
    const browser = browserOf(server)
    await browser.signIn(ada)
    const live = await browser.ask('/api/live?runs=true')
    expect(live.status).toBe(200)
    const { refresh_token } = await server.db.one<{ refresh_token: string }>(
      sql`select refresh_token from authentication.session`,
    )
    const due = `renew_at = now() - interval '1 second', seen_at = now() - interval '1 hour'`
    await age(server, due)
    const state = async () =>
      await server.db.maybe(sql`
        select renew_at > now() as is_renewed, seen_at < now() - interval '50 minutes' as is_idle from authentication.session`)
    await expect.poll(state).toEqual({ is_renewed: true, is_idle: true })
    // The issuer takes each refresh token once.
    await age(server, `${due}, refresh_token = '${refresh_token}'`)
    expect(await live.text()).toMatch(/event: denied\ndata: .*The session has ended/)
    const { body: noted } = await server.call('GET', '/api/audit?entity=session')
    expect(noted[0]).toMatchObject({ action: 'delete', actor: 'sign-in:issuer', before: { user_id: 'ada-1' } })
  })

  test('goes on for an hour while the issuer is away', async () => {
    const server = await start()
    const browser = browserOf(server)
    await browser.signIn(ada)
    issuer.goAway()
    await age(server, `renew_at = now(), confirmed_until = now() - interval '50 minutes'`)
    expect((await browser.ask('/api/data/user')).status).toBe(200)
    await age(server, `confirmed_until = now() - interval '70 minutes'`)
    expect((await browser.ask('/api/data/user')).status).toBe(503)
    expect((await browser.ask('/api/data/projects')).status).toBe(200)
  })

  test('ends with its user', async () => {
    const server = await start()
    const browser = browserOf(server)
    await browser.signIn(ada)
    expect((await server.call('DELETE', '/api/data/users/ada-1')).status).toBe(204)
    expect((await browser.ask('/api/data/user')).status).toBe(401)
  })
})

describe('sessions', () => {
  const desktop = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/150.0' }

  test('are listed for whoever they are of, and end one by one, or all but the one that asks', async () => {
    const server = await start()
    const [first, second, third] = [browserOf(server), browserOf(server), browserOf(server)]
    for (const browser of [first, second, third]) await browser.signIn(ada)
    await browserOf(server).signIn(bob)
    const { csrf_token } = await first.session()
    const own = { 'x-csrf-token': csrf_token, 'sec-fetch-site': 'same-origin', ...desktop }
    const listed = (await (await first.ask('/api/auth/sessions')).json()) as { id: string; current: boolean }[]
    expect(listed).toHaveLength(3)
    const [current, ...others] = listed.toSorted((one) => (one.current ? -1 : 1))
    expect(current).toEqual({
      ...{ id: expect.stringMatching(/^[0-9A-Z]{26}$/), address: '127.0.0.1', user_agent: expect.any(String) },
      ...{ created_at: expect.any(String), seen_at: expect.any(String), expires_at: expect.any(String), current: true },
    })
    expect(others.map(({ current: isThis }) => isThis)).toEqual([false, false])

    const path = `/api/auth/sessions/${others[0]?.id}`
    // Somebody else's session is as none.
    expect((await server.as('bob-1')('DELETE', path)).status).toBe(404)
    // Without the token of the page nothing ends.
    expect((await first.ask(path, { method: 'DELETE' })).status).toBe(403)
    expect((await first.ask(path, { method: 'DELETE', headers: own })).status).toBe(204)
    expect((await first.ask(path, { method: 'DELETE', headers: own })).status).toBe(404)
    expect(await (await first.ask('/api/auth/sessions', { method: 'DELETE', headers: own })).json()).toEqual({
      ended: 1,
    })
    const statuses = [first, second, third].map(async (browser) => (await browser.ask('/api/data/user')).status)
    expect(await Promise.all(statuses)).toEqual([200, 401, 401])
    const { body: noted } = await server.call('GET', '/api/audit?entity=session&actor=ada-1')
    const browserOfAda = { user_id: 'ada-1', address: '127.0.0.1', user_agent: expect.any(String) }
    const signIn = {
      action: 'insert',
      after: { ...browserOfAda, method: 'issuer', issuer: issuer.url, is_admin: false },
    }
    const end = { action: 'delete', before: browserOfAda, request_id: expect.any(String) }
    expect(noted).toMatchObject([end, end, signIn, signIn, signIn])
    expect(noted[4].entity_id).toBe(listed.at(-1)?.id)
    expect(JSON.stringify(noted)).not.toMatch(/sha256|token/)
  })

  test('of a user are ended by administrators, who see where they are', async () => {
    const server = await start()
    const [browser, another] = [browserOf(server), browserOf(server)]
    for (const one of [browser, another]) await one.signIn(ada)
    const path = '/api/auth/users/ada-1/sessions'
    expect((await server.as('bob-1')('GET', path)).status).toBe(403)
    expect((await server.call('GET', '/api/auth/users/nobody-1/sessions')).status).toBe(404)
    const { body: listed } = await server.call('GET', path)
    expect(listed.map(({ current }: { current: boolean }) => current)).toEqual([false, false])
    expect((await server.call('DELETE', `${path}/${listed[0].id}`)).status).toBe(204)
    expect((await server.call('DELETE', path)).body).toEqual({ ended: 1 })
    expect((await server.call('GET', path)).body).toEqual([])
    expect((await browser.ask('/api/data/user')).status).toBe(401)
    // Of the administrator, who is no user.
    const admin = browserOf(server)
    await admin.ask(await server.server.signInLink())
    expect(await (await admin.ask('/api/auth/sessions')).json()).toMatchObject([{ current: true }])
    await admin.ask('/api/data/user')
    expect((await server.call('GET', '/api/auth/users/admin/sessions')).body).toHaveLength(1)
  })
})

describe('the link of the administrator', () => {
  test('signs a browser in once, and the browser has to show its pages for changes', async () => {
    const server = await start()
    const browser = browserOf(server)
    const link = await server.server.signInLink()
    await browser.ask(link, { method: 'HEAD' })
    const done = await browser.ask(link)
    expect([done.status, done.headers.get('location')]).toEqual([302, '/'])
    expect((await browser.session()).user).toEqual({ id: 'admin', name: 'admin', is_admin: true })
    expect((await browser.ask('/api/worker-tokens')).status).toBe(200)
    expect((await browser.ask('/api/worker-tokens', { method: 'POST', body, headers: json })).status).toBe(403)
    expect((await browserOf(server).ask(link)).status).toBe(403)
    const { body: noted } = await server.call('GET', '/api/audit?entity=session')
    expect(noted).toMatchObject([{ action: 'insert', actor: 'admin', after: { method: 'link', address: '127.0.0.1' } }])
    expect(JSON.stringify(noted)).not.toContain(new URL(link).searchParams.get('token'))
  })

  test('is made for the token of the administrator, and for nobody else', async () => {
    const server = await start()
    const { status, body: made } = await server.call('POST', '/api/auth/link')
    expect(status).toBe(201)
    const browser = browserOf(server)
    expect((await browser.ask(made.url)).status).toBe(302)
    const { csrf_token = '' } = await browser.session()
    const headers = { 'x-csrf-token': csrf_token, 'sec-fetch-site': 'same-origin' }
    const again = await browser.ask('/api/auth/link', { method: 'POST', headers })
    expect(again.status).toBe(403)
    expect(await again.json()).toMatchObject({ error: { detail: 'ADMINISTRATOR_REQUIRED' } })
    expect((await server.as('root', { is_admin: true })('POST', '/api/auth/link')).status).toBe(403)
    expect((await server.as('alice')('POST', '/api/auth/link')).status).toBe(403)
  })

  test('is good for ten minutes, and no other is', async () => {
    const server = await start()
    const link = await server.server.signInLink()
    await server.db.execute({ text: 'update authentication.sign_in_link set expires_at = now()', values: [] })
    expect((await browserOf(server).ask(link)).status).toBe(403)
    expect((await browserOf(server).ask('/api/auth/link?token=millrace_link_x')).status).toBe(403)
  })
})
