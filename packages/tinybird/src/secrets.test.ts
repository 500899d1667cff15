import { inspect } from 'node:util'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createTinybirdClient } from './client.ts'
import { tinybirdConfig } from './config.ts'
import { type ScriptedServer, startScriptedServer, testToken } from './scripted-server.test.fixture.ts'
import type { TinybirdClient } from './types.ts'

let server: ScriptedServer
beforeAll(async () => {
  server = await startScriptedServer()
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  server.requests.length = 0
  server.messages.length = 0
})

const csv = { format: 'csv' } as const
const calls: ((client: TinybirdClient) => Promise<unknown>)[] = [
  (client) => client.appendData('flights', '1\n', csv),
  (client) => client.replaceUrl('flights', 'https://files.example/a.csv', csv),
  (client) => client.appendEvents('flights', [{ a: 1 }]),
  (client) => client.query('SELECT 1'),
  (client) => client.query(`SELECT '${'x'.repeat(3000)}'`),
  (client) => client.dataSources(),
  (client) => client.dataSource('flights'),
  (client) => client.createDataSource('flights', { schema: 'a String' }),
  (client) => client.truncate('flights'),
  (client) => client.alter('flights', 'a String'),
  (client) => client.deleteRows('flights', 'a = 1'),
  (client) => client.dropDataSource('flights'),
  (client) => client.quarantine('flights'),
  (client) => client.jobs(),
  (client) => client.waitForJob('j1'),
]

it('never puts the token anywhere but into the header', async () => {
  // The server repeats the token in every way it can: as it is, in a URL, and in JSON.
  const echo = `token ${testToken} at https://x/?token=${encodeURIComponent(testToken)}`
  for (const status of [400, 403, 408, 429, 500, 502, 0]) {
    server.script(status === 0 ? 'cut' : { status, body: { error: echo, errors: [echo] } })
    for (const call of calls) {
      const client = server.client()
      const error = await call(client).then(
        () => undefined,
        (thrown) => thrown,
      )
      expect(error).toBeInstanceOf(Error)
      const shown = [
        error.message,
        error.stack,
        String(error),
        JSON.stringify(error),
        inspect(error, { depth: 9, showHidden: true }),
      ]
      expect(shown.join('\n')).not.toContain(testToken)
      expect(inspect(client, { depth: 9, showHidden: true }) + String(client) + JSON.stringify(client)).not.toContain(
        testToken,
      )
    }
  }
  server.script({ body: { id: 'j1', status: 'error', error: echo } })
  const error = await server
    .client()
    .waitForJob('j1')
    .catch((thrown) => thrown)
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(testToken)
  expect(server.messages.length).toBeGreaterThan(0)
  expect(server.messages.join('\n')).not.toContain(testToken)
  for (const { url, headers, raw } of server.requests) {
    expect(url + raw).not.toContain(testToken)
    expect(headers.authorization).toBe(`Bearer ${testToken}`)
  }
})

it.each(['', 'a\nb', ' a', 'ä', 'a\r\nX-Other: 1'])('refuses the token %j without repeating it', (token) => {
  expect(() => createTinybirdClient({ token })).toThrow(
    expect.objectContaining({
      code: 'TINYBIRD_TOKEN_INVALID',
      message:
        'The token for Tinybird is empty or has characters that cannot stand in an HTTP header. Check where it comes from.',
    }),
  )
})

it.each(['api.tinybird.co', 'ftp://x', 'https://ann:hunter2@x', 'https://x/?token=hunter2', 'https://x/#a', ''])(
  'refuses the endpoint %j without repeating it',
  (endpoint) => {
    const refused = expect.objectContaining({
      code: 'TINYBIRD_ENDPOINT_INVALID',
      message: expect.not.stringContaining('hunter2'),
    })
    expect(() => createTinybirdClient({ token: 'p.x', endpoint })).toThrow(refused)
  },
)

it('has the default endpoint, and drops a slash at the end', () => {
  expect(createTinybirdClient({ token: 'p.x' }).endpoint).toBe('https://api.tinybird.co')
  expect(createTinybirdClient({ token: 'p.x', endpoint: 'https://api.example//' }).endpoint).toBe('https://api.example')
  expect(createTinybirdClient({ token: 'p.x', endpoint: 'http://h:1/prefix/' }).endpoint).toBe('http://h:1/prefix')
})

it('reads the environment', () => {
  expect(
    tinybirdConfig({ TB_CDK_TOKEN: 'p.x', TB_CDK_TAG: 'nightly', TB_CDK_ENDPOINT: 'https://api.example' }),
  ).toEqual({
    token: 'p.x',
    tag: 'nightly',
    endpoint: 'https://api.example',
  })
  expect(tinybirdConfig({ TB_CDK_TOKEN: 'p.x', TB_CDK_TAG: '' })).toEqual({ token: 'p.x' })
  expect(() => tinybirdConfig({})).toThrow(expect.objectContaining({ code: 'TINYBIRD_TOKEN_MISSING' }))
})
