import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import type { SqlConnector } from '../kit/connector.ts'
import { describeSink } from '../kit/sink.contract.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { definition } from './connector.ts'

let folder: string
let connector: SqlConnector

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  connector = definition.create({ path: join(folder, 'app.db') }) as SqlConnector
})
afterAll(async () => {
  await connector[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const texts = (rows: readonly object[]) =>
  rows.map((row) => Object.values(row).map((value: unknown) => (value === null ? null : String(value))))

describeSink('sqlite', () => ({
  openSink: () => connector.openSink(),
  target: (name) => ({ kind: 'table', table: { scope: [], name } }),
  table: quoteName,
  quote: quoteName,
  execute: async (sql) => {
    await connector.execute(sql)
  },
  query: async (sql) => texts(await connector.query(sql)),
  async leftovers() {
    const tables = await connector.query(
      "SELECT name FROM sqlite_schema WHERE name LIKE '\\_millrace%' ESCAPE '\\' AND name NOT LIKE '%state' AND type = 'table'",
    )
    const left: string[] = []
    for (const name of tables.map((row) => String(Object.values(row)[0]))) {
      const rows = await connector.query(`SELECT count(*) FROM ${name}`, { scalar: true })
      if (name.startsWith('_millrace_s_') || rows !== 0) left.push(`${name}: ${rows} rows`)
    }
    return left
  },
}))
