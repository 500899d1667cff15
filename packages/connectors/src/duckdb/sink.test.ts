import { mkdtemp, readdir, rm } from 'node:fs/promises'
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
  connector = definition.create({ path: join(folder, 'warehouse.duckdb') }) as SqlConnector
})
afterAll(async () => {
  await connector[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const texts = (rows: readonly object[]) =>
  rows.map((row) => Object.values(row).map((value: unknown) => (value === null ? null : String(value))))

describeSink('duckdb', () => ({
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
      "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE table_name LIKE '\\_millrace%' ESCAPE '\\' OR schema_name = '_millrace' AND table_name <> 'state'",
    )
    const counts = tables.flatMap((row) => Object.values(row).map(String))
    const records = counts.filter((name) => name.startsWith('_millrace.'))
    const rows: string[] = []
    for (const name of records) {
      const found = await connector.query(`SELECT count(*) FROM ${name}`, { scalar: true })
      if (found !== '0') rows.push(`${name}: ${found} rows`)
    }
    const files = (await readdir(folder)).filter((name) => name.startsWith('_millrace'))
    return [...counts.filter((name) => !name.startsWith('_millrace.')), ...rows, ...files]
  },
}))
