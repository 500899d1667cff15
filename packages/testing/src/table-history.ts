import type { DuckDBConnection } from '@duckdb/node-api'

/** Former states of tables, for fakes of systems that can read the past. */
export interface TableHistory {
  /** Keeps the table's rows as they are; to be called before each change. */
  remember(table: string): Promise<void>
  /** What holds the table's rows of that moment, in microseconds since 1970: a copy, or the table itself. */
  at(table: string, micros: bigint): string
}

export async function createTableHistory(connection: DuckDBConnection): Promise<TableHistory> {
  const [catalog] = (await connection.runAndReadAll('SELECT current_database()')).getRows()[0] ?? []
  const schema = `"${catalog}"._history`
  await connection.run(`CREATE SCHEMA ${schema}`)
  const states: { table: string; until: bigint; copy: string }[] = []
  return {
    async remember(table) {
      const copy = `${schema}."${states.length}"`
      // What is not there yet has no state to keep.
      await connection.run(`CREATE TABLE ${copy} AS SELECT * FROM ${table}`).catch(() => {})
      const [until] = (await connection.runAndReadAll('SELECT epoch_us(now())')).getRows()[0] ?? []
      states.push({ table, until: until as bigint, copy })
    },
    at: (table, micros) => states.find((state) => state.table === table && state.until > micros)?.copy ?? table,
  }
}

/** Microseconds since 1970 of `2024-01-01 00:00:00[.123456789][ +0000|+00]`. */
export function microsOf(text: string): bigint {
  const [day = '', fraction = '0'] = text.replace(/\s*\+00(00)?$/, '').split('.')
  return BigInt(Date.parse(`${day.replace(' ', 'T')}Z`)) * 1000n + BigInt(fraction.padEnd(6, '0').slice(0, 6))
}
