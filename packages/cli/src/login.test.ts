import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startOidcIssuer, startPostgres, type TestOidcIssuer, type TestPostgres } from '@millrace/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { runCommand } from './run-command.fixture.ts'
import { type Platform, serverToken, startPlatform } from './server.fixture.ts'

let postgres: TestPostgres
let issuer: TestOidcIssuer
let platform: Platform
/** With its settings folder. */
let home: string

beforeAll(async () => {
  postgres = await startPostgres()
  issuer = await startOidcIssuer()
  platform = await startPlatform(postgres.url(), {
    dummyUsers: true,
    serverSettings: { oidcIssuer: issuer.url, oidcClientSecret: issuer.clientSecret },
  })
})

afterAll(async () => {
  await platform?.[Symbol.asyncDispose]()
  await issuer?.stop()
  await postgres?.stop()
})

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'millrace-login-'))
})
afterEach(async () => await rm(home, { recursive: true, force: true }))

async function millrace(args: readonly string[], options: Omit<Parameters<typeof runCommand>[1], 'cwd'> = {}) {
  const env = { XDG_CONFIG_HOME: join(home, 'config'), ...options.env }
  const { code, out, err } = await runCommand(args, { cwd: home, ...options, env })
  return { code, out: out.toString(), err }
}

/** Runs a login, and has somebody answer it at the page that it names. */
async function login(args: readonly string[], answer: Decision) {
  return await millrace(['login', platform.url, ...args], {
    onSpawn(child) {
      let said = ''
      const onText = async (text: Buffer) => {
        said += text
        const code = /\?code=([A-Z]{4}-[A-Z]{4})\n/.exec(said)?.[1]
        if (code === undefined) return
        child.stderr?.off('data', onText)
        await decide(code, answer)
      }
      child.stderr?.on('data', onText)
    },
  })
}

interface Decision {
  /** A token, or a user who needs none. */
  readonly as: string | object
  readonly allow: boolean
}

async function decide(code: string, { as, allow }: Decision) {
  const token = typeof as === 'string' ? as : JSON.stringify(as)
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ code, allow })
  const answer = await fetch(`${platform.url}/api/auth/cli/confirm`, { method: 'POST', headers, body })
  expect(answer.status).toBe(204)
}

const credentials = () => join(home, 'config', 'millrace', 'credentials.json')
const ada = { id: 'ada', first_name: 'Ada', last_name: 'Lovelace', email: 'ada@example.com' }

describe('millrace login', () => {
  test('gets a token once it is confirmed, which other commands use until the logout revokes it', async () => {
    const made = await login(['--name', 'laptop'], { as: ada, allow: true })
    expect(made).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^You are signed in to http:.* as Ada Lovelace, until \d{4}-/),
      err: expect.stringMatching(/^Open this page, and allow the code [A-Z]{4}-[A-Z]{4}:\n {2}http:/),
    })
    const kept = JSON.parse(await readFile(credentials(), 'utf8'))
    expect(kept).toMatchObject({ current: platform.url, servers: { [platform.url]: { user: 'ada@example.com' } } })
    const { token } = kept.servers[platform.url]
    expect((await stat(credentials())).mode & 0o777).toBe(0o600)
    expect((await stat(join(home, 'config', 'millrace'))).mode & 0o777).toBe(0o700)
    expect(made.out + made.err).not.toContain(token)

    const who = await millrace(['whoami'])
    expect(who).toMatchObject({ code: 0, out: expect.stringMatching(/^Ada Lovelace \(ada@example.com, id ada\) at /) })
    const [listed] = JSON.parse((await millrace(['tokens', 'list', '--personal', '--json'])).out)
    expect(listed).toMatchObject({ name: 'laptop', scopes: ['read', 'write'] })
    const refused = await millrace(['admin', 'users', 'list'])
    expect(refused).toMatchObject({
      code: 2,
      err: expect.stringMatching(/millrace login http:\S+ --admin \[ADMIN_REQUIRED\]/),
    })
    const other = await millrace(['whoami'], { env: { MILLRACE_TOKEN: serverToken, MILLRACE_URL: platform.url } })
    expect(other.out).toMatch(/^admin \(.*administrator\)/)

    expect((await millrace(['logout'])).out).toContain('revoked and forgotten')
    const used = await millrace(['whoami', '--url', platform.url, '--token', token])
    expect(used).toMatchObject({ code: 2, err: expect.stringContaining('[TOKEN_REFUSED]') })
    expect((await millrace(['whoami'])).err).toContain('[SERVER_UNKNOWN]')
    expect((await millrace(['logout', platform.url])).err).toContain('[LOGIN_MISSING]')
  })

  test('that is done again leaves no former token behind', async () => {
    await login([], { as: ada, allow: true })
    const [first] = Object.values(JSON.parse(await readFile(credentials(), 'utf8')).servers) as { token: string }[]
    const root = { id: 'root-1', email: 'root@example.com', roles: ['millrace-admin'] }
    const { accessToken } = await issuer.signIn(root)
    expect((await login(['--admin', '--json'], { as: accessToken, allow: true })).code).toBe(0)
    expect((await millrace(['whoami', '--token', first?.token ?? ''])).err).toContain('[TOKEN_REFUSED]')
    expect((await millrace(['admin', 'users', 'list'])).out).toContain('ada@example.com')
  })

  test('that is denied keeps nothing', async () => {
    const denied = await login([], { as: ada, allow: false })
    expect(denied).toMatchObject({ code: 2, err: expect.stringContaining('[SIGN_IN_DENIED]') })
    await expect(readFile(credentials())).rejects.toThrow('ENOENT')
  })

  test('is stopped by Ctrl-C while it waits', async () => {
    const stopped = await millrace(['login', platform.url], {
      onSpawn: (child) => child.stderr?.on('data', (text) => /\?code=/.test(`${text}`) && child.kill('SIGINT')),
    })
    expect(stopped).toMatchObject({ code: 130, err: expect.stringContaining('[INTERRUPTED]') })
  })

  test('takes a token from standard input, checks it, and leaves it valid at the logout', async () => {
    const wrong = await millrace(['login', platform.url, '--with-token'], { input: 'nonsense\n' })
    expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('[TOKEN_REFUSED]') })
    expect((await millrace(['login', platform.url, '--with-token'], { input: '' })).err).toContain('[VALUE_EMPTY]')
    const given = await millrace(['login', `${platform.url}/`, '--with-token'], { input: `${serverToken}\n` })
    expect(given).toMatchObject({ code: 0, out: expect.stringContaining('as admin') })
    expect((await millrace(['tokens', 'list'])).code).toBe(0)
    expect((await millrace(['logout'])).out).toContain('good still')
    expect((await millrace(['whoami', '--url', platform.url, '--token', serverToken])).code).toBe(0)
  })

  test('says what to do with settings that are broken', async () => {
    await login([], { as: ada, allow: true })
    await writeFile(credentials(), '{')
    const broken = await millrace(['whoami'])
    expect(broken).toMatchObject({ code: 2, err: expect.stringContaining('[CREDENTIALS_UNREADABLE]') })
    expect(broken.err).toContain('sign in again')
  })
})
