import { LossLedger, type Piece, readCsv } from '@millrace/formats'
import { bytesOf } from './encode-csv.ts'
import type { Relation, RelationSchema, Source } from './source.ts'

export interface Preview {
  readonly columns: readonly { readonly name: string; readonly type: string; readonly nullable: boolean }[]
  /** Canonical texts in the order of the columns, null for NULL. */
  readonly rows: readonly (readonly (string | null)[])[]
  /** There are more rows. */
  readonly cut: boolean
}

export interface PreviewOptions {
  /** Most rows. */
  readonly limit: number
  /** Of one value. */
  readonly maxCharacters: number
  readonly signal: AbortSignal
}

/**
 * The first rows of a relation, for people. Whatever order they come in; the source is asked for no more than a
 * buffer beyond them. Long values end in `…` after `maxCharacters`.
 */
export async function previewRelation(
  source: Source,
  relation: Relation,
  { limit, maxCharacters, signal }: PreviewOptions,
): Promise<Preview> {
  const schema = await source.describe(relation)
  const { columns } = schema
  const rows: (string | null)[][] = []
  const bytes = bytesOf(piecesOf(source, relation, schema, signal))
  for await (const block of readCsv(bytes, { columnCount: columns.length })) {
    for (let row = 0; row < block.rowCount && rows.length <= limit; row++) {
      rows.push(
        columns.map((_, column) => {
          const cell = row * block.columnCount + column
          const [start = 0, length = -1] = [block.starts[cell], block.lengths[cell]]
          // A character takes four bytes at most.
          const end = start + Math.min(length, maxCharacters * 4)
          return length < 0 ? null : cut(block.data.toString('utf8', start, end), maxCharacters)
        }),
      )
    }
    if (rows.length > limit) break
  }
  return {
    columns: columns.map(({ name, sourceType, nullable }) => ({ name, type: sourceType, nullable })),
    rows: rows.slice(0, limit),
    cut: rows.length > limit,
  }
}

async function* piecesOf(
  source: Source,
  relation: Relation,
  schema: RelationSchema,
  signal: AbortSignal,
): AsyncGenerator<Piece> {
  const { columns } = schema
  for (const chunk of await source.planChunks(relation, schema, { parallel: 1 })) {
    const ledger = new LossLedger()
    yield* source.read({ relation, columns, chunk, format: 'csv', policy: 'null', ledger, options: {}, signal })
  }
}

function cut(text: string, maxCharacters: number): string {
  return text.length > maxCharacters ? `${text.slice(0, maxCharacters)}…` : text
}
