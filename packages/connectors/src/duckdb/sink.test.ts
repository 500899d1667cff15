import { readdir } from 'node:fs/promises'
import { describeFileDatabaseSink } from '../kit/file-database-sink.contract.ts'
import { definition } from './connector.ts'

describeFileDatabaseSink(definition, async (connector, folder) => {
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
})
