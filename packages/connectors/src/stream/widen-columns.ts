import type { LogicalType } from '@millrace/formats'
import type { SchemaChange } from '../kit/sink.ts'
import { type LoadedColumn, type ScannedRow, tokenOf } from './fit-rows.ts'
import { fitValue } from './fit-value.ts'
import type { Batch, PlannedBatch } from './plan-batch.ts'

export interface WidenedColumn {
  readonly name: string
  readonly from: string
  readonly to: string
}

/** Exact ones only, the narrowest first: what a column holds already must not change. */
const wider: readonly LogicalType[] = [
  { kind: 'integer', bits: 64, unsigned: false },
  { kind: 'decimal', precision: null, scale: null },
  // Where decimals have to be bounded.
  { kind: 'decimal', precision: 38, scale: 9 },
]

/**
 * In JSON 10 and 10.5 are of one kind, so the first messages say little about the numbers to come: a
 * column of whole numbers becomes one of decimals as soon as it has to, if the destination can do so
 * without changing a value. Where it cannot, the table stays, and the messages do not fit.
 */
export async function widenColumns(
  { schema, sink, target }: Batch,
  { rows, loaded, added }: PlannedBatch,
): Promise<Pick<PlannedBatch, 'loaded' | 'changes' | 'widened'>> {
  const changes: SchemaChange[] = []
  const widened: WidenedColumn[] = []
  const isNew = new Set(added.map(({ name }) => name))
  const widen = async (known: LoadedColumn): Promise<LoadedColumn> => {
    const { column, place } = known
    if (column.type.kind !== 'integer' || isNew.has(column.name)) return known
    const misfits = rows.flatMap((row) => misfitOf(row, known))
    if (misfits.length === 0) return known
    for (const type of wider) {
      if (!misfits.every((token) => fits(type, token))) continue
      const { changes: possible } = await sink.plan(
        target,
        [{ ...column, type, sourceType: type.kind }],
        'stream',
        'append',
      )
      const change = possible.find((one) => one.kind === 'widen-column')
      if (change?.kind !== 'widen-column') continue
      changes.push(change)
      widened.push({ name: column.name, from: change.from, to: change.to })
      return { place, column: { ...column, type, sourceType: change.to } }
    }
    return known
  }
  if (!schema.exists) return { loaded, changes, widened }
  const columns: LoadedColumn[] = []
  for (const column of loaded) columns.push(await widen(column))
  return { loaded: columns, changes, widened }
}

function misfitOf(row: ScannedRow, { column, place }: LoadedColumn): string | [] {
  const token = tokenOf(row, place)
  return token === undefined || fits(column.type, token) ? [] : token
}

/** Only bare numbers ask for a wider type; anything else in such a column is a fault of the message. */
function fits(type: LogicalType, token: string): boolean {
  return !/^[-\d]/.test(token) || fitValue(type, token) !== undefined
}
