import { request as httpRequest } from 'node:http'
import { readPlatformSettings } from '@millrace/core'
import { describe, expect, test } from 'vitest'
import { type TestServer, useServers } from './test-server.fixture.ts'

const servers = useServers()

describe('callers that ask too often', () => {
  const settings = {
    ...readPlatformSettings({ env: {} }),
    ...{
      ratePerSecond: 1,
      rateBurst: 5,
      anonymousRatePerSecond: 1,
      anonymousRateBurst: 3,
      trustedProxies: '127.0.0.1',
    },
  }

  test('are told when to come again: each user, and each address of those who are nobody', async () => {
    const { as, anonymous, call, workerToken } = await servers.start({ settings })
    const statuses = async (ask: () => Promise<{ status: number }>, count: number) =>
      (await Promise.all(Array.from({ length: count }, ask))).map(({ status }) => status)
    const limited = (answers: number[]) => answers.filter((status) => status === 429).length
    expect(limited(await statuses(() => as('alice')('GET', '/api/data/user'), 15))).toBeGreaterThan(5)
    expect((await as('bob')('GET', '/api/data/user')).status).toBe(200)
    const from = (address: string) => () =>
      anonymous('GET', '/api/data/projects', { headers: { 'x-forwarded-for': `9.9.9.9, ${address}` } })
    expect(limited(await statuses(from('1.2.3.4'), 12))).toBeGreaterThan(5)
    expect((await from('1.2.3.5')()).status).toBe(200)
    const refused = await from('1.2.3.4')()
    expect([refused.status, refused.body.error.code]).toEqual([429, 1429])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    const bad = () => call('GET', '/api/data/user', { token: 'millrace_pat_guess' })
    expect(limited(await statuses(bad, 12))).toBeGreaterThan(5)
    const token = await workerToken()
    const goodbye = () => call('POST', '/api/worker/goodbye', { token, body: {} })
    expect(limited(await statuses(goodbye, 15))).toBe(0)
    expect(limited(await statuses(() => call('GET', '/api/data/projects'), 15))).toBe(0)
    expect(limited(await statuses(() => anonymous('GET', '/api/health'), 15))).toBe(0)
  })

  test('sign in only so often', async () => {
    const { anonymous } = await servers.start({
      settings: { ...settings, anonymousRateBurst: 100, signInRatePerMinute: 2 },
    })
    const link = () => anonymous('GET', '/api/auth/link?token=guess')
    expect([(await link()).status, (await link()).status, (await link()).status]).toEqual([403, 403, 429])
  })
})

describe('a server for this machine', () => {
  const ask = ({ server }: TestServer, host: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const sent = httpRequest(`${server.url}/api/health`, { headers: { host } }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      sent.on('error', reject).end()
    })

  test('does not answer to names that others could have led here', async () => {
    const server = await servers.start()
    const hosts = ['evil.example.com', 'localhost.evil.example.com', '127.0.0.1.evil.example.com', '10.0.0.1']
    for (const host of hosts) expect([host, await ask(server, host)]).toEqual([host, 421])
    for (const host of ['localhost', 'localhost:1', '127.0.0.1:99', '[::1]:7474']) {
      expect([host, await ask(server, host)]).toEqual([host, 200])
    }
  })

  test('answers to its public name behind a proxy', async () => {
    const settings = { ...readPlatformSettings({ env: {} }), publicUrl: 'https://millrace.example.com' }
    const server = await servers.start({ settings })
    expect(await ask(server, 'millrace.example.com')).toBe(200)
    expect(await ask(server, 'other.example.com')).toBe(421)
  })
})

test('metrics are for administrators and their own token, and count requests by operation', async () => {
  const settings = { ...readPlatformSettings({ env: {} }), metricsToken: 'the-token-for-metrics', ratePerSecond: 0 }
  const { call, as, anonymous } = await servers.start({ settings })
  await anonymous('GET', '/api/data/user')
  expect((await anonymous('GET', '/metrics')).status).toBe(401)
  expect((await as('alice')('GET', '/metrics')).status).toBe(403)
  const { status, body } = await call('GET', '/metrics', { token: 'the-token-for-metrics' })
  expect(status).toBe(200)
  expect(body).toMatch(/request_duration_seconds_count\{operation="\w+",method="GET",status="401"\} \d+/)
  expect(body).toContain('# TYPE millrace_http_request_duration_seconds histogram')
  expect((await call('GET', '/api/data/user', { token: 'the-token-for-metrics' })).status).toBe(401)
  expect((await call('GET', '/metrics')).status).toBe(200)
})

test('the API describes itself as a document and as a page on which nothing runs', async () => {
  const { anonymous } = await servers.start()
  const { body: document } = await anonymous('GET', '/api/data/spec.json')
  expect((await anonymous('GET', '/api/spec.json')).body).toEqual(document)
  const page = await anonymous('GET', '/api/docs')
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/)
  for (const path of Object.keys(document.paths)) expect(page.body).toContain(`<code>${path}</code>`)
  expect(page.body).not.toMatch(/<script|undefined|\[object/)
  expect((await anonymous('GET', '/api/data/version')).body).toEqual({ version: '0.0.0' })
  expect(await anonymous('GET', '/api/data/error')).toMatchObject({ status: 422, body: { error: { code: 1422 } } })
})
