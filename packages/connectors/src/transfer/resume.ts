import type { Interrupted } from '../kit/sink.ts'
import type { Source } from '../kit/source.ts'
import type { PlannedTable } from './plan-table.ts'
import type { TableContext } from './table-context.ts'

/** The interrupted load, if what it staged still fits what would be staged now. */
export function resumableLoad(context: TableContext, planned: PlannedTable): Interrupted | null {
  const { interrupted, item } = planned
  if (!interrupted || context.spec.restart) return null
  const shape = (columns: readonly { name: string; type: unknown; sourceType: string }[]) =>
    JSON.stringify(columns.map(({ name, type, sourceType }) => [name, type, sourceType]))
  const fits = interrupted.spec.format === planned.format && shape(interrupted.spec.columns) === shape(planned.columns)
  if (fits && !planned.relation.range) return interrupted
  if (interrupted.finished.length > 0) {
    context.tell({
      type: 'warning',
      table: item.label,
      code: 'RESUME_NOT_POSSIBLE',
      message: `${item.label}: an interrupted load was found, but ${fits ? 'an incremental range is read again as a whole' : 'the columns have changed since'}; it starts again from the beginning.`,
    })
  }
  return null
}

/** Ids of the finished chunks whose rows the source still holds as they were read. */
export async function stillTrue(source: Source, planned: PlannedTable, interrupted: Interrupted): Promise<Set<string>> {
  const rows = new Map(interrupted.finished.map((chunk) => [chunk.id, chunk.rows]))
  const chunks = interrupted.spec.journal.chunks.flatMap((chunk) => {
    const count = rows.get(chunk.id)
    return count === undefined ? [] : [{ ...chunk, rows: count }]
  })
  const reusable = await source.reusable(planned.relation, chunks, interrupted.spec.journal.position)
  // The ledger of an interrupted load is kept for all its chunks together: reuse all of them, or none.
  if (reusable.length < chunks.length && interrupted.ledger.length > 0) return new Set()
  return new Set(reusable)
}
