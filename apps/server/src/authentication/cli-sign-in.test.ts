import { type PlatformSettings, readPlatformSettings } from '@millrace/core'
import { sql } from '@millrace/db'
import { type OidcUser, startOidcIssuer, type TestOidcIssuer } from '@millrace/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestServer, useServers } from '../test-server.fixture.ts'

const servers = useServers()
let issuer: TestOidcIssuer
beforeAll(async () => {
  issuer = await startOidcIssuer()
})
afterAll(async () => await issuer.stop())

const ada = { id: 'ada-1', email: 'ada@example.com', firstName: 'Ada', lastName: 'L' }
const confirm = '/api/auth/cli/confirm'

async function start(more: Partial<PlatformSettings> = {}): Promise<TestServer> {
  const { url: oidcIssuer, clientSecret: oidcClientSecret } = issuer
  const base = readPlatformSettings({ env: {} })
  return await servers.start({ settings: { ...base, ratePerSecond: 0, oidcIssuer, oidcClientSecret, ...more } })
}

function begin({ anonymous }: TestServer, body: object = {}) {
  return anonymous('POST', '/api/auth/cli', { body: { name: 'laptop', ...body } })
}

function poll({ anonymous }: TestServer, device_code: string) {
  return anonymous('POST', '/api/auth/cli/token', { body: { device_code } })
}

const unknown = { error: { detail: 'CLI_SIGN_IN_UNKNOWN' } }

describe('a sign-in at a command line', () => {
  test('is confirmed by a person in a browser, who signs in on the way, and gives a token once', async () => {
    const server = await start()
    const begun = await begin(server)
    expect(begun.body).toMatchObject({
      device_code: expect.stringMatching(/^millrace_cli_[\w-]{43}$/),
      user_code: expect.stringMatching(/^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$/),
      expires_in_seconds: 600,
    })
    const { device_code, user_code, confirm_url } = begun.body
    expect(confirm_url).toBe(`${server.server.url}${confirm}?code=${user_code}`)
    expect((await poll(server, device_code)).body).toEqual({ state: 'waiting' })

    const browser = browserOf(server)
    const sent = await browser.ask(confirm_url)
    expect([sent.status, sent.headers.get('location')]).toEqual([
      302,
      `/api/auth/login?next=${encodeURIComponent(`${confirm}?code=${user_code}`)}`,
    ])
    const page = await browser.signIn(ada, sent.headers.get('location') ?? '')
    const shown = await page.text()
    for (const text of [user_code, 'laptop', 'Ada L (ada@example.com)', 'change what you can change']) {
      expect(shown).toContain(text)
    }
    expect(shown).not.toContain('administer')
    expect(page.headers.get('content-security-policy')).toMatch(/frame-ancestors 'none'/)

    const [, csrf = ''] = /data-csrf="([^"]+)"/.exec(shown) ?? []
    expect((await browser.decide(user_code, true, 'wrong')).status).toBe(403)
    expect((await browser.decide(user_code, true, csrf)).status).toBe(204)

    const both = await Promise.all([poll(server, device_code), poll(server, device_code)])
    expect(both.map(({ status }) => status).sort()).toEqual([200, 404])
    const given = both.find(({ status }) => status === 200)
    expect(given?.body).toMatchObject({ state: 'allowed', token: { scopes: ['read', 'write'] } })
    const self = await server.call('GET', '/api/data/user', { token: given?.body.token.token })
    expect(self.body).toMatchObject({ id: 'ada-1', email: 'ada@example.com', is_admin: false })
    expect((await poll(server, device_code)).body).toMatchObject(unknown)
    expect((await browser.ask(confirm_url)).status).toBe(404)
    expect((await browser.decide(user_code, false, csrf)).status).toBe(404)
  })

  test('that is denied gives nothing', async () => {
    const server = await start()
    const { device_code, user_code } = (await begin(server)).body
    const decide = (allow: boolean) =>
      server.as('ada')('POST', confirm, { body: { code: user_code.toLowerCase().replace('-', ''), allow } })
    expect((await decide(false)).status).toBe(204)
    expect((await decide(true)).body).toMatchObject(unknown)
    const answer = await poll(server, device_code)
    expect([answer.status, answer.body.error.detail]).toEqual([403, 'SIGN_IN_DENIED'])
    expect((await poll(server, device_code)).status).toBe(404)
    const { body: noted } = await server.call('GET', '/api/audit?entity=cli_sign_in')
    expect(noted).toMatchObject([{ action: 'delete', actor: 'ada', before: { scopes: ['read', 'write'] } }])
    expect(JSON.stringify(noted)).not.toContain(user_code)
  })

  test('ends after ten minutes, also when it was confirmed', async () => {
    const server = await start()
    const [first, second] = [(await begin(server)).body, (await begin(server)).body]
    const decide = (code: string) => server.as('ada')('POST', confirm, { body: { code, allow: true } })
    expect((await decide(first.user_code)).status).toBe(204)
    const expiry = await server.db.query<{ minutes: number }>(sql`
      select extract(epoch from expires_at - now()) / 60 as minutes from authentication.cli_sign_in`)
    for (const { minutes } of expiry) expect(Number(minutes)).toBeCloseTo(10, 0)
    await server.db.execute(sql`update authentication.cli_sign_in set expires_at = now() - interval '1 second'`)
    expect((await poll(server, first.device_code)).body).toMatchObject(unknown)
    expect((await decide(second.user_code)).body).toMatchObject(unknown)
  })

  test('is confirmed by people only, and to the extent that they have themselves', async () => {
    const server = await start()
    const { user_code: code } = (await begin(server, { scopes: ['admin', 'read'] })).body
    const body = { code, allow: true }
    const made = await server.as('ada')('POST', '/api/tokens', { body: { name: 'ci' } })
    const answers = [
      await server.call('POST', confirm, { body, token: made.body.token }),
      await server.call('POST', confirm, { body }),
      await server.as('ada')('POST', confirm, { body }),
      await server.anonymous('POST', confirm, { body }),
    ]
    expect(answers.map(({ body: { error } }) => error.detail)).toEqual([
      ...['PERSON_REQUIRED', 'USER_REQUIRED', 'ADMIN_REQUIRED', 'UNAUTHORIZED'],
    ])
    expect((await server.as('root', { is_admin: true })('POST', confirm, { body })).status).toBe(204)
  })

  test('cannot be guessed, and codes are not in the database', async () => {
    const server = await start()
    const { device_code, user_code } = (await begin(server)).body
    for (const wrong of ['', 'x', user_code, device_code.toUpperCase(), "' or true --"]) {
      expect([wrong, (await poll(server, wrong)).status]).toEqual([wrong, wrong === '' ? 422 : 404])
    }
    const kept = JSON.stringify(await server.db.query(sql`select * from authentication.cli_sign_in`))
    expect(kept.includes(device_code) || kept.includes(user_code)).toBe(false)
    expect(JSON.stringify(server.lines)).not.toContain(device_code)
  })

  test('is begun so often only from one address', async () => {
    const server = await start({ ratePerSecond: 100, signInRatePerMinute: 3 })
    const answers = [await begin(server), await begin(server), await begin(server), await begin(server)]
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 429])
  })

  test('is not possible where nobody can sign in', async () => {
    const answer = await begin(await servers.start())
    expect([answer.status, answer.body.error.detail]).toEqual([404, 'SIGN_IN_OFF'])
  })
})

/** A browser with its cookies, on pages of the server. */
function browserOf({ server: { url } }: TestServer) {
  const jar = new Map<string, string>()
  const ask = async (path: string, init: RequestInit & { headers?: Record<string, string> } = {}) => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { cookie, ...init.headers }
    const response = await fetch(new URL(path, url), { redirect: 'manual', ...init, headers })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      jar.set(name, value)
    }
    return response
  }
  return {
    ask,
    /** Goes on to where the sign-in leads. */
    async signIn(user: OidcUser, login: string) {
      const begun = await ask(login)
      const back = await ask(await issuer.browse(begun.headers.get('location') ?? '', user))
      return await ask(back.headers.get('location') ?? '')
    },
    decide: (code: string, allow: boolean, csrf: string) =>
      ask(confirm, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-csrf-token': csrf, 'sec-fetch-site': 'same-origin' },
        body: JSON.stringify({ code, allow }),
      }),
  }
}
