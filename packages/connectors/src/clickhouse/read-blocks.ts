import { randomUUID } from 'node:crypto'
import { type Column, type ContentHash, contentHash, createRowHasher, type RowBlock } from '@millrace/formats'
import { contentHashQuery, hasFloats } from './canonical-text.ts'
import { serverError } from './errors.ts'
import { createFloatFinisher } from './finish-floats.ts'
import { readRows } from './read-table.ts'
import { readRowBinary } from './row-binary.ts'
import type { Session } from './session.ts'

/** Rows by SQL of their columns' texts (see `canonicalText`) and what stands after FROM. */
export interface TextSelection {
  readonly texts: readonly string[]
  readonly columns: readonly Column[]
  readonly from: string
}

/** The rows as blocks of canonical text, as they come. Ending the iteration early, or the signal, ends the statement. */
export async function* readBlocks(
  { http, reading }: Session,
  { texts, columns, from }: TextSelection,
  signal?: AbortSignal,
): AsyncGenerator<RowBlock> {
  const queryId = randomUUID()
  const names = texts.map((text, index) => `CAST(${text}, 'Nullable(String)') AS _millrace_${index}`)
  const sql = `SELECT ${names.join(', ')} FROM ${from}\nFORMAT RowBinary`
  let whole = false
  try {
    const response = await http.stream({ sql, settings: reading, queryId, signal })
    const finish = createFloatFinisher(columns)
    const failed = (text: string) => serverError(text, 200, http.context)
    for await (const block of readRowBinary(response, columns.length, failed)) yield finish(block)
    whole = true
  } catch (error) {
    signal?.throwIfAborted()
    throw http.failure(error)
  } finally {
    // The server may notice only later that nobody listens.
    if (!whole) await http.kill(queryId)
  }
}

/** In the server, unless there are floats, whose canonical text takes more than SQL. */
export async function hashRows(session: Session, selection: TextSelection, signal?: AbortSignal): Promise<ContentHash> {
  const { texts, columns, from } = selection
  if (columns.some(({ type }) => hasFloats(type))) {
    const hasher = createRowHasher(columns)
    for await (const block of readBlocks(session, selection, signal)) hasher.update(block)
    return hasher.digest()
  }
  const sql = contentHashQuery(texts, from)
  const [[count, high, low] = []] = await readRows(session.http, { sql, settings: session.reading, signal })
  return contentHash(Number(count), BigInt(high ?? 0), BigInt(low ?? 0))
}
