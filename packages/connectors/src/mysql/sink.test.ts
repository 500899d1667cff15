import { findMariadb, startMariadb, type TestMariadb } from '@millrace/testing'
import { createConnection } from 'mysql2/promise'
import { afterAll, beforeAll, describe } from 'vitest'
import { connectorForUri } from '../kit/registry.ts'
import { describeSink, type SinkSubject } from '../kit/sink.contract.ts'

const quote = (name: string) => `\`${name.replaceAll('`', '``')}\``

describe.skipIf(!findMariadb()).each([
  ['by LOAD DATA LOCAL', 'ON'],
  ['by INSERT', 'OFF'],
])('MariaDB %s', (_, localInfile) => {
  let server: TestMariadb
  let subject: SinkSubject
  const opened: AsyncDisposable[] = []

  beforeAll(async () => {
    server = await startMariadb({ settings: { 'local-infile': localInfile } })
    const database = await server.createDatabase()
    const client = await createConnection({ uri: server.url(database), charset: 'utf8mb4' })
    opened.push({ [Symbol.asyncDispose]: () => client.end() })
    const query = async (sql: string) => {
      const [rows] = await client.query({ sql, rowsAsArray: true, typeCast: (field) => field.string() })
      return rows as unknown as (string | null)[][]
    }
    subject = {
      async openSink() {
        const connector = await connectorForUri(server.url(database))
        opened.push(connector)
        return await connector.openSink({ parallel: 2 })
      },
      target: (name) => ({ kind: 'table', table: { scope: [], name } }),
      table: (name) => `${quote(database)}.${quote(name)}`,
      quote,
      refusesName: (name) => /[\u{10000}-\u{10ffff}]/u.test(name),
      async execute(sql) {
        await client.query(sql)
      },
      query,
      async leftovers() {
        const tables = await query(
          `SELECT table_name FROM information_schema.tables WHERE table_schema = '${database}' AND table_name REGEXP '^_millrace_[so]_'`,
        )
        const records = await query(
          `SELECT load_key FROM ${quote(database)}._millrace_loads UNION ALL SELECT chunk_id FROM ${quote(database)}._millrace_chunks`,
        )
        return [...tables, ...records].map(([name]) => name ?? '')
      },
    }
  })
  afterAll(async () => {
    for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]()
    await server?.stop()
  })

  describeSink('MySQL', () => subject)
})
