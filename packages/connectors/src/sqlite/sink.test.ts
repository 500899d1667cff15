import { describeFileDatabaseSink } from '../kit/file-database-sink.contract.ts'
import { definition } from './connector.ts'

describeFileDatabaseSink(definition, async (connector) => {
  const tables = await connector.query(
    "SELECT name FROM sqlite_schema WHERE name LIKE '\\_millrace%' ESCAPE '\\' AND name NOT LIKE '%state' AND type = 'table'",
  )
  const left: string[] = []
  for (const name of tables.map((row) => String(Object.values(row)[0]))) {
    const rows = await connector.query(`SELECT count(*) FROM ${name}`, { scalar: true })
    if (name.startsWith('_millrace_s_') || rows !== 0) left.push(`${name}: ${rows} rows`)
  }
  return left
})
