import type { Column } from '@millrace/formats'
import { nameConflicts, refuseNoName } from '../kit/column-names.ts'
import { compareColumns, newTablePlan, viewPlan } from '../kit/compare-columns.ts'
import type { TargetPlan, WriteMode } from '../kit/sink.ts'
import { columnTypes, createTableSql } from './ddl.ts'
import type { TargetPlace, TargetTable } from './sink-target.ts'
import { holds, widened } from './widening.ts'

const names = { system: 'ClickHouse', nameKey: (name: string) => name, refuse: refuseNoName }

/** Compares what the source has with what the destination is. */
export function planTarget(
  place: TargetPlace,
  table: TargetTable | null,
  columns: readonly Column[],
  sourceDialect: string,
  mode: WriteMode,
): TargetPlan {
  const wanted = columnTypes(columns, sourceDialect)
  const conflicts = nameConflicts(columns, names)
  if (table === null) return newTablePlan(wanted, createTableSql(place.address, wanted, []), conflicts)
  if (table.engine.endsWith('View')) return viewPlan(place.name, conflicts)
  if (!table.engine.endsWith('MergeTree')) {
    conflicts.push(
      `"${place.name}" has the engine ${table.engine}. Only tables of the MergeTree family take staged rows in one step; load into such a table and go on from there.`,
    )
  }
  if (mode !== 'replace' && table.views.length > 0) {
    conflicts.push(
      `Materialized views take what is inserted into "${place.name}" (${table.views.join(', ')}), and staged rows are moved in without an insert. Load into another table and insert from there.`,
    )
  }
  const compared = compareColumns(columns, wanted, table.columns, {
    nameKey: names.nameKey,
    commonType(_column, want, have) {
      if (holds(have.type, want.type)) return have.type
      return have.inKey ? null : widened(want.type, have.type)
    },
    mismatch: 'and the column cannot be changed to a type that holds the values of both',
    textType: 'String',
  })
  return { ...compared, exists: true, conflicts: [...conflicts, ...compared.conflicts], estimatedRows: table.rows }
}
