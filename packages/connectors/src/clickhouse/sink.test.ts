import { type ClickhouseHttp, startClickhouseHttp } from '@millrace/tinybird-local'
import { afterAll, beforeAll, describe } from 'vitest'
import { connectorForUri } from '../kit/registry.ts'
import { describeSink, type SinkSubject } from '../kit/sink.contract.ts'
import { quoteName } from './sql-text.ts'
import { addressFor, askServer, hasClickhouse } from './test-server.contract.ts'

describe.skipIf(!hasClickhouse())('ClickHouse', () => {
  let server: ClickhouseHttp
  let subject: SinkSubject
  const opened: AsyncDisposable[] = []

  beforeAll(async () => {
    server = await startClickhouseHttp({ password: 'secret' })
    await askServer(server, 'CREATE DATABASE sink')
    const query = async (sql: string) => {
      const text = await askServer(server, sql, 'JSONCompactStringsEachRow')
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => (JSON.parse(line) as string[]).map((cell) => (cell === 'ᴺᵁᴸᴸ' ? null : cell)))
    }
    subject = {
      async openSink() {
        const connector = await connectorForUri(addressFor(server, 'sink'))
        opened.push(connector)
        return await connector.openSink({ parallel: 2 })
      },
      target: (name) => ({ kind: 'table', table: { scope: [], name } }),
      table: (name) => `sink.${quoteName(name)}`,
      quote: quoteName,
      async execute(sql) {
        await askServer(server, sql)
      },
      query,
      async leftovers() {
        const tables = await query(
          "SELECT name FROM system.tables WHERE database = 'sink' AND startsWith(name, '_millrace_s_')",
        )
        const records = await query(`SELECT load_key || kind FROM sink._millrace_loads`)
        return [...tables, ...records].map(([name]) => name ?? '')
      },
    }
  })
  afterAll(async () => {
    for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]()
    await server?.[Symbol.asyncDispose]()
  })

  describeSink('ClickHouse', () => subject)
})
