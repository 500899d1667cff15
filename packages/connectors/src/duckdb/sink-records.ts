import type { DuckDBConnection } from '@duckdb/node-api'
import type { LossEntry } from '@millrace/formats'
import { interruptedLoad, savedSpec } from '../kit/saved-load.ts'
import type { Interrupted, LoadSpec, PublishResult } from '../kit/sink.ts'
import type { CursorMark } from '../kit/source.ts'
import { quoteText } from '../kit/sql-quote.ts'
import { textRows } from './text-rows.ts'

// What a load remembers lives in the schema `_millrace` of the same file, so that it is one
// transaction with the rows it speaks of. No keys are declared: DuckDB would check them against
// rows that the same transaction has deleted.
const createRecords = `
CREATE SCHEMA IF NOT EXISTS _millrace;
CREATE TABLE IF NOT EXISTS _millrace.loads (key VARCHAR, target VARCHAR, status VARCHAR, spec VARCHAR, published VARCHAR, created_schema BOOLEAN);
CREATE TABLE IF NOT EXISTS _millrace.chunks (key VARCHAR, id VARCHAR, row_count BIGINT, ledger VARCHAR);
CREATE TABLE IF NOT EXISTS _millrace.state (key VARCHAR, mark VARCHAR, updated_at TIMESTAMP WITH TIME ZONE);`

async function exists(connection: DuckDBConnection): Promise<boolean> {
  const rows = await textRows(
    connection,
    "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = '_millrace' AND table_name IN ('loads', 'chunks', 'state')",
  )
  return rows.length === 3
}

/** The load of this key that was cut off, if any; `created` says whether it made the target's schema. */
export async function readLoad(
  connection: DuckDBConnection,
  key: string,
): Promise<{ interrupted: Interrupted; createdSchema: boolean } | null> {
  if (!(await exists(connection))) return null
  const where = `WHERE key = ${quoteText(key)}`
  const [load] = await textRows(
    connection,
    `SELECT status, spec, published, created_schema::VARCHAR FROM _millrace.loads ${where}`,
  )
  if (!load) return null
  const chunks = await textRows(
    connection,
    `SELECT id, row_count::VARCHAR, ledger FROM _millrace.chunks ${where} ORDER BY id`,
  )
  const [status, spec, published, createdSchema] = load
  return {
    createdSchema: createdSchema === 'true',
    interrupted: interruptedLoad({
      key,
      status: status ?? '',
      spec: spec ?? '{}',
      published: published ?? null,
      chunks: chunks.map(([id, rows, ledger]) => ({
        id: id ?? '',
        rows: Number(rows),
        ledger: JSON.parse(ledger ?? '[]') as LossEntry[],
      })),
    }),
  }
}

export async function insertLoad(
  connection: DuckDBConnection,
  spec: LoadSpec,
  target: string,
  createdSchema: boolean,
): Promise<void> {
  await connection.run(createRecords)
  await connection.run(
    `INSERT INTO _millrace.loads VALUES (${[spec.key, target, 'loading', savedSpec(spec)].map(quoteText).join(', ')}, NULL, ${createdSchema})`,
  )
}

export async function insertChunk(
  connection: DuckDBConnection,
  key: string,
  id: string,
  rows: number,
  ledger: readonly LossEntry[],
): Promise<void> {
  await connection.run(
    `INSERT INTO _millrace.chunks VALUES (${quoteText(key)}, ${quoteText(id)}, ${rows}, ${quoteText(JSON.stringify(ledger))})`,
  )
}

export async function deleteChunks(connection: DuckDBConnection, key: string, ids: readonly string[]): Promise<void> {
  await connection.run(
    `DELETE FROM _millrace.chunks WHERE key = ${quoteText(key)} AND id IN (${ids.map(quoteText).join(', ')})`,
  )
}

export async function markPublished(
  connection: DuckDBConnection,
  spec: LoadSpec,
  result: PublishResult,
): Promise<void> {
  await connection.run(
    `UPDATE _millrace.loads SET status = 'published', published = ${quoteText(JSON.stringify(result))} WHERE key = ${quoteText(spec.key)}`,
  )
  if (!spec.state) return
  const key = quoteText(spec.state.key)
  await connection.run(`DELETE FROM _millrace.state WHERE key = ${key}`)
  await connection.run(
    `INSERT INTO _millrace.state VALUES (${key}, ${quoteText(JSON.stringify(spec.state.mark))}, now())`,
  )
}

export async function readMark(connection: DuckDBConnection, key: string): Promise<CursorMark | null> {
  if (!(await exists(connection))) return null
  const [row] = await textRows(connection, `SELECT mark FROM _millrace.state WHERE key = ${quoteText(key)}`)
  return row?.[0] == null ? null : (JSON.parse(row[0]) as CursorMark)
}

/** Forgets a load. With the last of them, and no state to keep, the whole schema goes. */
export async function deleteLoad(connection: DuckDBConnection, key: string): Promise<void> {
  if (!(await exists(connection))) return
  await connection.run(`DELETE FROM _millrace.chunks WHERE key = ${quoteText(key)}`)
  await connection.run(`DELETE FROM _millrace.loads WHERE key = ${quoteText(key)}`)
  const [left] = await textRows(
    connection,
    'SELECT ((SELECT count(*) FROM _millrace.loads) + (SELECT count(*) FROM _millrace.state))::VARCHAR',
  )
  if (left?.[0] === '0') await connection.run('DROP SCHEMA _millrace CASCADE')
}
