import { type Column, LossLedger, type Piece } from '@millrace/formats'
import type { ReadRequest, Relation, Source } from './source.ts'

/** A request for all rows as CSV, unless `choices` say otherwise. */
export function readRequest(
  relation: Relation,
  columns: readonly Column[],
  choices: Partial<ReadRequest> = {},
): ReadRequest {
  return {
    relation,
    columns,
    chunk: { id: '0000', bounds: null },
    format: 'csv',
    policy: 'error',
    ledger: new LossLedger(),
    options: {},
    signal: new AbortController().signal,
    ...choices,
  }
}

/** What a source says of a relation, as text. */
export async function readText(
  source: Source,
  relation: Relation,
  choices: Partial<ReadRequest> = {},
): Promise<{ text: string; rows: number }> {
  const { columns } = await source.describe(relation)
  return await collect(source.read(readRequest(relation, columns, choices)))
}

export async function collect(pieces: AsyncIterable<Piece>): Promise<{ text: string; rows: number }> {
  const parts: Buffer[] = []
  let rows = 0
  for await (const piece of pieces) {
    // The bytes are valid only until the next piece is asked for.
    parts.push(Buffer.from(piece.bytes))
    rows += piece.rows
  }
  return { text: Buffer.concat(parts).toString('utf8'), rows }
}
