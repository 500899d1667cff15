import type { Column } from '@millrace/formats'
import type { TextRow } from '../kit/text-cells.ts'
import type { Result, Session } from './session.ts'
import { canonicalCell } from './types.ts'

/** A cluster of one node hands out no more rows at once. */
const fetchRows = 1000

/** The rows of a SELECT by a cursor, which takes nothing but a SELECT. The session is in a transaction. */
export async function* fetchAll(session: Session, sql: string, signal?: AbortSignal): AsyncGenerator<Result> {
  await session.one(`declare millrace_rows cursor for ${sql}`, [], signal)
  for (;;) {
    const batch = await session.one(`fetch forward ${fetchRows} from millrace_rows`, [], signal)
    yield batch
    if (batch.rows.length < fetchRows) break
  }
  await session.run('close millrace_rows', signal)
}

export async function* readRows(
  session: Session,
  sql: string,
  columns: readonly Column[],
  signal?: AbortSignal,
): AsyncGenerator<readonly TextRow[]> {
  const turn = columns.map(({ type }) => canonicalCell(type))
  const asTheyAre = turn.every((each) => each === null)
  for await (const { rows } of fetchAll(session, sql, signal)) {
    if (asTheyAre) yield rows
    else yield rows.map((row) => row.map((cell, index) => (cell === null ? null : (turn[index]?.(cell) ?? cell))))
  }
}
