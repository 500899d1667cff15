import type { Column } from '@millrace/formats'
import { type NameRules, nameConflicts, refuseNoName } from '../kit/column-names.ts'
import { compareColumns, newTablePlan } from '../kit/compare-columns.ts'
import type { TargetPlan } from '../kit/sink.ts'
import { columnTypes, createTableSql, type DdlContext } from './ddl.ts'
import type { TargetTable } from './sink-target.ts'
import { holds, widens } from './widening.ts'

/** The server's column names do not regard case. */
const names: NameRules = { system: 'MySQL', nameKey: (name) => name.toLowerCase(), refuse: refuseNoName }

/** Compares what the source has with what the destination is. */
export function planTarget(
  address: string,
  table: TargetTable | null,
  columns: readonly Column[],
  context: DdlContext,
): TargetPlan {
  const wanted = columnTypes(columns, context)
  const conflicts = nameConflicts(columns, names)
  if (table === null) return newTablePlan(wanted, createTableSql(address, wanted, context), conflicts)
  const existing = table.columns.map((column) => ({ ...column, needsValue: !column.nullable && !column.hasDefault }))
  const compared = compareColumns(columns, wanted, existing, {
    nameKey: names.nameKey,
    commonType(column, want, have) {
      if (holds(have.type, want.type, column)) return have.type
      return widens(want.type, have.type, column) ? want.type : null
    },
    mismatch: 'which cannot hold every value of it unchanged',
  })
  return {
    ...compared,
    exists: true,
    conflicts: [...conflicts, ...unusable(table), ...compared.conflicts],
    estimatedRows: table.estimatedRows,
  }
}

function unusable(table: TargetTable): string[] {
  if (table.view) {
    return [`"${table.name}" is a view at the destination. Choose another name with --into, or drop the view.`]
  }
  if (table.engine === null || /^InnoDB$/i.test(table.engine)) return []
  return [
    `The destination's table "${table.name}" uses the engine ${table.engine}, in which a load cannot be taken back. Convert it with ALTER TABLE … ENGINE=InnoDB, or choose another name with --into.`,
  ]
}
