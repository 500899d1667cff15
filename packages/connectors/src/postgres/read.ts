import type { Piece } from '@millrace/formats'
import { encodeCsv } from '../kit/encode-csv.ts'
import type { ReadRequest } from '../kit/source.ts'
import { copyOut } from './copy-out.ts'
import { columnNamed } from './relation-sql.ts'
import { selectExpression } from './select-list.ts'
import type { Session } from './session.ts'
import type { PgColumn } from './types.ts'

/** The rows to read: what stands behind FROM and WHERE. */
export interface RowsSql {
  readonly from: string
  readonly conditions: readonly string[]
}

/** Reads rows in the wanted format by the cheapest faithful road. */
export async function* readRows(
  session: Session,
  columns: readonly PgColumn[],
  rows: RowsSql,
  request: ReadRequest,
): AsyncGenerator<Piece, void, undefined> {
  const { format, signal } = request
  const copy = (wire: 'csv' | 'text' | 'binary') => {
    const list = request.columns.map((planned) =>
      selectExpression(columnNamed(columns, planned.name), planned, format, () => false),
    )
    const where = rows.conditions.length > 0 ? ` where ${rows.conditions.join(' and ')}` : ''
    const sql = `copy (select ${list.join(', ')} from ${rows.from}${where}) to stdout (format ${wire})`
    return copyOut(session, sql, { binary: wire === 'binary', signal })
  }
  switch (format) {
    case 'csv':
      yield* copy('csv')
      return
    case 'copy-text':
      yield* copy('text')
      return
    case 'copy-binary':
      yield* copy('binary')
      return
    case 'ndjson':
    case 'parquet':
      yield* encodeCsv(copy('csv'), request)
  }
}
