import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import type { ConnectorDefinition, SqlConnector } from './connector.ts'
import { describeSink } from './sink.contract.ts'
import { quoteName } from './sql-quote.ts'

/** The contract of sinks for a database that is a file; the connector itself looks at what the sink did. */
export function describeFileDatabaseSink(
  definition: ConnectorDefinition,
  leftovers: (connector: SqlConnector, folder: string) => Promise<string[]>,
): void {
  let folder: string
  let connector: SqlConnector

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
    connector = definition.create({ path: join(folder, 'target.db') }) as SqlConnector
  })
  afterAll(async () => {
    await connector[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  describeSink(definition.name, () => ({
    openSink: () => connector.openSink(),
    target: (name) => ({ kind: 'table', table: { scope: [], name } }),
    table: quoteName,
    quote: quoteName,
    execute: async (sql) => {
      await connector.execute(sql)
    },
    async query(sql) {
      const rows = await connector.query(sql)
      return rows.map((row) => Object.values(row).map((value) => (value === null ? null : String(value))))
    },
    leftovers: () => leftovers(connector, folder),
  }))
}
