import { findMariadb, startMariadb, type TestMariadb } from '@millrace/testing'
import { type Connection, createConnection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SqlConnector } from '../kit/connector.ts'
import { connectorForUri, createConnector } from '../kit/registry.ts'
import { describeSqlConnector } from '../kit/sql-connector.contract.ts'
import { parseUri } from './config.ts'
import { definition } from './connector.ts'

describe.skipIf(!findMariadb())('MariaDB', () => {
  let server: TestMariadb
  let admin: Connection

  beforeAll(async () => {
    server = await startMariadb({ ssl: true })
    admin = await createConnection({ uri: server.url(), charset: 'utf8mb4' })
  })
  afterAll(async () => {
    await admin?.end()
    await server?.stop()
  })

  const number = async (sql: string, values: string[]) => {
    const [rows] = await admin.query({ sql, values })
    return Number((rows as unknown as { n: number }[])[0]?.n)
  }

  describeSqlConnector('MariaDB', () => ({
    make: async () => (await connectorForUri(server.url())) as SqlConnector,
    definition,
    unreachable: [
      { name: 'wrong password', config: { ...parseUri(server.url()), password: 'wr0ng-secret' } },
      { name: 'nobody listens', config: { host: '127.0.0.1', port: 1, user: 'u', password: 'wr0ng-secret' } },
      { name: 'no such host', config: { host: 'absent.invalid', port: 3306, user: 'u', password: 'wr0ng-secret' } },
      { name: 'no such database', config: { ...parseUri(server.url('absent')) } },
    ],
    quote: (name) => `\`${name.replaceAll('`', '``')}\``,
    schema: server.database,
    series: (rows) => `select seq as id, repeat('x', 200) as label from seq_1_to_${rows}`,
    failing: `select 18446744073709551615 + (seq = 50000) as x, repeat('x', 200) as y from seq_1_to_100000`,
    endless: `select sleep(0.01) as s, seq as endless_marker from seq_1_to_100000`,
    refused: [
      'delete from contract_plain',
      'select 1; delete from contract_plain',
      'commit; delete from contract_plain',
      'truncate table contract_plain',
    ],
    running: (text) =>
      number(
        `select count(*) as n from information_schema.processlist where command = 'Query' and id <> connection_id() and instr(info, ?) > 0`,
        [text],
      ),
    connections: () =>
      number(`select count(*) as n from information_schema.processlist where id <> connection_id() and user = ?`, [
        server.user,
      ]),
    concurrentWrites: true,
    longestName: 64,
  }))

  describe('connections', () => {
    const cipher = async (config: object) => {
      await using connector = (await createConnector('mysql', { ...parseUri(server.url()), ...config })) as SqlConnector
      const [row] = await connector.query(`show session status like 'Ssl_cipher'`)
      return row?.Value !== ''
    }

    test.each([
      [{ sslmode: 'disabled' }, false],
      [{}, true],
      [{ sslmode: 'required' }, true],
    ])('%j connects, with TLS: %s', async (config, encrypted) => {
      expect(await cipher(config)).toBe(encrypted)
    })

    test('a certificate is checked when asked', async () => {
      const sslca = server.certificateFile ?? ''
      expect(await cipher({ sslmode: 'verify-ca', sslca })).toBe(true)
      expect(await cipher({ sslmode: 'verify-identity', sslca, host: 'localhost' })).toBe(true)
      await expect(cipher({ sslmode: 'verify-ca' })).rejects.toMatchObject({ name: 'ConfigError', code: 'TLS_FAILED' })
      await expect(cipher({ sslmode: 'required', sslca: '/absent' })).rejects.toMatchObject({
        code: 'FILE_NOT_READABLE',
      })
    })

    test('passwords with odd characters, and none in errors', async () => {
      const password = `p'"\\ü@:/#? 1`
      await admin.query({ sql: `create user odd identified by ?`, values: [password] })
      const address = `mariadb://odd:${encodeURIComponent(password)}@${server.host}:${server.port}/`
      await using connector = (await connectorForUri(address)) as SqlConnector
      expect(await connector.query('select 1', { scalar: true })).toBe(1)
      expect(connector.label).not.toContain('odd')
      const failing = connector.query(`select * from ${server.database}.absent`)
      await expect(failing).rejects.toMatchObject({ name: 'ConfigError', code: 'PERMISSION_DENIED' })
      await expect(failing).rejects.not.toThrow(password)
    })
  })
})

describe('caching_sha2_password', () => {
  test.skip('needs a MySQL 8 server, which this system does not offer', () => {})
})

test.each([
  'mysql://u:s3cret#x@h/db',
  'mysql://u:s3cret@h:port/db',
  'mysql://u:s3cret%zz@h/db',
  'mysql://u:a@s3cret/b@h/db',
  'mysql://u:a@s3cret?b@h/db',
  'mysql:/u:s3cret@h/db',
])('an address that cannot be read is refused without repeating it: %#', (uri) => {
  expect(() => parseUri(uri)).toThrow(expect.objectContaining({ code: 'INVALID_URI' }))
  expect(() => parseUri(uri)).not.toThrow(/s3cret/)
})
