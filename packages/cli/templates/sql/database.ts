import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { TextRow } from '@millrace/connectors/kit'
import { ConfigError, DataError } from '@millrace/core'
import { type Column, canonicalFloatText } from '@millrace/formats'

/** Heavy drivers are imported with `importDriver` when they are first used; this one is part of Node.js. */
export function openDatabase(path: string, access: 'read' | 'write' = 'read'): DatabaseSync {
  if (access === 'read' && !existsSync(path)) {
    throw new ConfigError('DATABASE_NOT_FOUND', { message: `There is no file "${path}". Check the path.` })
  }
  try {
    const database = new DatabaseSync(path, { readOnly: access === 'read', timeout: 30_000 })
    database.prepare('SELECT count(*) FROM sqlite_schema').get()
    return database
  } catch (cause) {
    throw new ConfigError('DATABASE_INVALID', { message: `"${path}" is no database that can be read.`, cause })
  }
}

const batchRows = 1000

/** Rows of a SELECT as canonical text, a batch at a time, so that memory does not grow with the result. */
export async function* readRows(
  database: DatabaseSync,
  sql: string,
  columns: readonly Column[],
  signal?: AbortSignal,
): AsyncGenerator<readonly TextRow[]> {
  try {
    const statement = database.prepare(sql)
    statement.setReadBigInts(true)
    statement.setReturnArrays(true)
    let batch: TextRow[] = []
    for (const row of statement.iterate()) {
      const values = row as unknown as readonly unknown[]
      batch.push(columns.map((column, index) => cellText(column, values[index])))
      if (batch.length < batchRows) continue
      yield batch
      batch = []
      // Lets an abort be heard between two batches.
      await new Promise((resolve) => setImmediate(resolve))
      signal?.throwIfAborted()
    }
    yield batch
  } catch (cause) {
    signal?.throwIfAborted()
    throw new DataError('READ_FAILED', { message: `Acme failed while rows were read: ${String(cause)}.`, cause })
  }
}

/** The canonical text of a value; docs/conformance.md of Millrace shows every kind. */
function cellText({ type }: Column, value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`
  if (type.kind === 'float') return canonicalFloatText(Number(value), 64)
  return String(value)
}
