import { findPostgres15, startPostgres, type TestPostgres } from '@millrace/testing'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SqlConnector } from '../kit/connector.ts'
import { connectorForUri, createConnector } from '../kit/registry.ts'
import { describeSqlConnector } from '../kit/sql-connector.contract.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { parseUri } from './config.ts'
import { definition } from './connector.ts'

const versions = ['embedded' as const, ...(findPostgres15() ? ['15' as const] : [])]

for (const version of versions) {
  let server: TestPostgres
  let admin: pg.Client

  beforeAll(async () => {
    server = await startPostgres({ version, auth: 'scram', ssl: true })
    admin = new pg.Client({ connectionString: server.url() })
    await admin.connect()
  })
  afterAll(async () => {
    await admin?.end()
    await server?.stop()
  })

  const number = async (sql: string, values: unknown[]) => (await admin.query(sql, values)).rows[0].n as number

  describeSqlConnector(`PostgreSQL ${version}`, () => ({
    make: async () => (await connectorForUri(server.url())) as SqlConnector,
    definition,
    unreachable: [
      { name: 'wrong password', config: { ...parseUri(server.url()), password: 'wr0ng-secret' } },
      { name: 'nobody listens', config: { host: '127.0.0.1', port: 1, user: 'u', password: 'wr0ng-secret' } },
      { name: 'no such host', config: { host: 'absent.invalid', port: 5432, user: 'u', password: 'wr0ng-secret' } },
      { name: 'no such database', config: { ...parseUri(server.url('absent')) } },
    ],
    quote: quoteName,
    schema: 'public',
    series: (rows) => `select g::int as id, repeat('x', 200) as label from generate_series(1, ${rows}) g`,
    failing: `select 1 / (g - 50000) as x, repeat('x', 200) as y from generate_series(1, 100000) g`,
    endless: `select pg_sleep(0.01) as s, g as endless_marker from generate_series(1, 100000) g`,
    refused: [
      'delete from contract_plain',
      'select 1; delete from contract_plain',
      'commit; delete from contract_plain',
      'with gone as (delete from contract_plain returning *) select * from gone',
    ],
    running: (text) =>
      number(
        `select count(*)::int as n from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() and position($1 in query) > 0`,
        [text],
      ),
    connections: () =>
      number(`select count(*)::int as n from pg_stat_activity where application_name = $1`, ['millrace']),
    concurrentWrites: true,
    longestName: 63,
  }))

  describe(`connections to PostgreSQL ${version}`, () => {
    const answer = async (config: object) => {
      await using connector = (await createConnector('postgres', {
        ...parseUri(server.url()),
        ...config,
      })) as SqlConnector
      return await connector.query('select ssl from pg_stat_ssl where pid = pg_backend_pid()', { scalar: true })
    }

    test.each([
      [{ sslmode: 'disable' }, false],
      [{ sslmode: 'allow' }, false],
      [{}, true],
      [{ sslmode: 'require' }, true],
    ])('%j connects, with TLS: %s', async (config, encrypted) => {
      expect(await answer(config)).toBe(encrypted)
    })

    test('a certificate is checked when asked', async () => {
      const sslrootcert = server.certificateFile ?? ''
      expect(await answer({ sslmode: 'verify-ca', sslrootcert })).toBe(true)
      expect(await answer({ sslmode: 'verify-full', sslrootcert, host: 'localhost' })).toBe(true)
      for (const sslmode of ['verify-ca', 'verify-full']) {
        await expect(answer({ sslmode })).rejects.toMatchObject({ name: 'ConfigError', code: 'TLS_FAILED' })
      }
      await expect(answer({ sslmode: 'require', sslrootcert: '/absent' })).rejects.toMatchObject({
        code: 'FILE_NOT_READABLE',
      })
    })

    test('an abort stops a session with TLS on the server, too', async () => {
      await using connector = (await connectorForUri(`${server.url()}?sslmode=require`)) as SqlConnector
      const controller = new AbortController()
      const query = connector.query('select pg_sleep(600), 1 as tls_marker', { signal: controller.signal })
      query.catch(() => {})
      const running = () =>
        number(
          `select count(*)::int as n from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() and query like '%' || $1`,
          ['tls_marker'],
        )
      while ((await running()) === 0);
      controller.abort(new Error('enough'))
      await expect(query).rejects.toThrow('enough')
      await expect.poll(running, { interval: 10 }).toBe(0)
      expect(await connector.query('select 1', { scalar: true })).toBe(1)
    })
  })
}

test.each([
  'postgres://u:s3cret#x@h/db',
  'postgres://u:s3cret@h:port/db',
  'postgres://u:s3cret%zz@h/db',
  'postgres://u:a@s3cret/b@h/db',
  'postgres://u:a@s3cret?b@h/db',
  'postgres:/u:s3cret@h/db',
])('an address that cannot be read is refused without repeating it: %#', (uri) => {
  expect(() => parseUri(uri)).toThrow(expect.objectContaining({ code: 'INVALID_URI' }))
  expect(() => parseUri(uri)).not.toThrow(/s3cret/)
})

test.each([
  [
    'postgres://u:p%40ss@h:5433/d%20b?sslmode=require',
    { host: 'h', port: '5433', user: 'u', password: 'p@ss', database: 'd b', sslmode: 'require' },
  ],
  ['postgresql://[::1]/db', { host: '::1', database: 'db' }],
  ['postgres:///db?host=/run/socket', { host: '/run/socket', database: 'db' }],
])('%s is %j', (uri, values) => {
  expect(parseUri(uri)).toEqual(values)
})
