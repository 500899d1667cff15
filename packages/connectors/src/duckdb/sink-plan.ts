import type { Column } from '@millrace/formats'
import { type NameRules, nameConflicts, refuseNoName } from '../kit/column-names.ts'
import { compareColumns, newTablePlan, viewPlan } from '../kit/compare-columns.ts'
import type { TargetPlan } from '../kit/sink.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { columnTypes, createTableSql } from './ddl.ts'
import type { TargetPlace } from './sink-target.ts'
import { commonType, holds, widens } from './widening.ts'

/** DuckDB's names differ only when they do without regard to case. */
const names: NameRules = { system: 'DuckDB', nameKey: (name) => name.toLowerCase(), refuse: refuseNoName }

/** Compares what the source has with what the destination is. */
export function planTarget(place: TargetPlace, columns: readonly Column[], sourceDialect: string): TargetPlan {
  const wanted = columnTypes(columns, sourceDialect)
  const conflicts = nameConflicts(columns, names)
  const { table } = place
  if (table === null) {
    const schema = place.schemaExists ? '' : `CREATE SCHEMA ${quoteName(place.schema)};\n`
    const address = `${quoteName(place.schema)}.${quoteName(place.name)}`
    return newTablePlan(wanted, schema + createTableSql(address, wanted), conflicts)
  }
  if (table.kind === 'view') return viewPlan(place.name, conflicts)
  const existing = table.columns.map((column) => ({
    ...column,
    type: column.typeText,
    needsValue: !column.nullable && !column.hasDefault,
  }))
  const compared = compareColumns(columns, wanted, existing, {
    nameKey: names.nameKey,
    commonType(_column, want, have) {
      if (holds(have.type, want.type)) return have.type
      return widens(want.type, have.type) ? want.type : commonType(want.type, have.type)
    },
    mismatch: 'and neither type holds every value of the other unchanged',
    textType: 'VARCHAR',
  })
  return {
    ...compared,
    exists: true,
    conflicts: [...conflicts, ...compared.conflicts],
    estimatedRows: table.estimatedRows,
  }
}
