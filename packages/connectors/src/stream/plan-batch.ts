import type { Column } from '@millrace/formats'
import type { SchemaChange, SchemaContract, Sink, Target } from '../kit/sink.ts'
import type { Rejection } from './destination.ts'
import { hasToken, type LoadedColumn, type Scanned, type ScannedRow, tokenOf } from './fit-rows.ts'
import { newColumn } from './new-column.ts'
import type { TableSchema } from './table-schema.ts'
import { type WidenedColumn, widenColumns } from './widen-columns.ts'

export interface Batch {
  readonly scanned: Scanned
  readonly schema: TableSchema
  readonly sink: Sink
  readonly target: Target
  readonly contract: SchemaContract
  /** Whether a column of whole numbers may become one that holds the other numbers of this batch. */
  readonly widen: boolean
}

export interface PlannedBatch {
  readonly rows: readonly ScannedRow[]
  readonly loaded: readonly LoadedColumn[]
  readonly changes: readonly SchemaChange[]
  readonly added: readonly { readonly name: string; readonly type: string }[]
  readonly widened: readonly WidenedColumn[]
  readonly rejected: readonly Rejection[]
}

/** Why messages with the key at this place are refused. */
interface Refused {
  readonly place: number
  readonly code: string
  readonly reason: string
}

/** Which columns a batch is written to, which are added or widened for it, and which of its messages cannot be written. */
export async function planBatch(batch: Batch): Promise<PlannedBatch> {
  const planned = await planColumns(batch)
  if (!batch.widen || batch.contract !== 'evolve') return planned
  const { loaded, changes, widened } = await widenColumns(batch, planned)
  return { ...planned, loaded, changes: [...planned.changes, ...changes], widened }
}

async function planColumns(batch: Batch): Promise<PlannedBatch> {
  const { scanned, schema, sink, target, contract } = batch
  const known: LoadedColumn[] = []
  const unknown: LoadedColumn[] = []
  for (const [place, key] of scanned.keys.entries()) {
    const column = schema.column(key)
    if (!scanned.rows.some((row) => hasToken(row, place))) continue
    if (column) known.push({ column, place })
    else
      unknown.push({
        column: newColumn(
          key,
          scanned.rows.flatMap((row) => tokenOf(row, place) ?? []),
        ),
        place,
      })
  }
  const all = [...known, ...unknown]
  const folded = all.map(({ column }) => schema.fold(column.name))
  const doubled = all.find((_, index) => folded.indexOf(folded[index] as string) < index)
  if (doubled) return await without(batch, [{ place: doubled.place, code: 'KEY_TWICE', reason: twice(doubled) }])
  // A table that is not there yet is made, whatever the contract says about changes.
  if (unknown.length === 0 || (schema.exists && contract === 'discard')) return unchanged(scanned, known)
  if (schema.exists && contract === 'freeze') {
    return await without(
      batch,
      unknown.map(({ column, place }) => ({ place, code: 'UNKNOWN_KEY', reason: frozen(column) })),
    )
  }
  const columns = unknown.map(({ column }) => column)
  const plan = await sink.plan(target, columns, 'stream', 'append')
  const refused = unknown.flatMap(({ column, place }) => {
    const reason = plan.conflicts.find((conflict) => conflict.includes(`"${column.name}"`))
    return reason === undefined ? [] : [{ place, code: 'KEY_IS_NO_COLUMN', reason }]
  })
  if (refused.length > 0) return await without(batch, refused)
  const types = new Map(
    plan.changes.flatMap((change) => (change.kind === 'add-column' ? [[change.column, change.type]] : [])),
  )
  // Staged as the destination's own type, since the columns that are there already are, too.
  const loaded = unknown.map(({ column, place }) => ({
    column: { ...column, sourceType: types.get(column.name) ?? column.sourceType },
    place,
  }))
  return {
    ...unchanged(scanned, [...known, ...loaded]),
    changes: plan.changes,
    added: columns.map(({ name, type }) => ({
      name,
      type: Object.hasOwn(plan.types, name) ? String(plan.types[name]) : type.kind,
    })),
  }
}

/** The rest of the batch is planned anew: keys of the refused messages alone need no column. */
async function without(batch: Batch, refused: readonly Refused[]): Promise<PlannedBatch> {
  const rows: ScannedRow[] = []
  const rejected: Rejection[] = []
  for (const scanned of batch.scanned.rows) {
    const reason = refused.find(({ place }) => hasToken(scanned, place))
    if (reason === undefined) rows.push(scanned)
    else rejected.push({ message: scanned.row.message, code: reason.code, reason: reason.reason })
  }
  const rest = await planColumns({ ...batch, scanned: { ...batch.scanned, rows } })
  return { ...rest, rejected: [...rejected, ...rest.rejected] }
}

/** A row without any value cannot be told from one that was never there. */
function unchanged({ rows }: Scanned, loaded: readonly LoadedColumn[]): PlannedBatch {
  const isEmpty = (row: ScannedRow) => !loaded.some(({ place }) => hasToken(row, place))
  return {
    rows: rows.filter((row) => !isEmpty(row)),
    loaded,
    changes: [],
    added: [],
    widened: [],
    rejected: rows.filter(isEmpty).map(({ row }) => ({
      message: row.message,
      code: 'NO_VALUES',
      reason: 'The message has no value for any column of the table.',
    })),
  }
}

function frozen({ name }: Column): string {
  return `The table has no column "${name}", and the contract freeze adds none.`
}

function twice({ column }: LoadedColumn): string {
  return `Two spellings of a key mean the column "${column.name}", since the destination does not tell upper from lower case. Only one of them is taken.`
}
