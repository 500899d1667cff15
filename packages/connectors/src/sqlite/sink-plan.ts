import type { Column, LogicalType } from '@millrace/formats'
import { type NameRules, nameConflicts } from '../kit/column-names.ts'
import { compareColumns, newTablePlan, viewPlan } from '../kit/compare-columns.ts'
import type { TargetPlan } from '../kit/sink.ts'
import { quoteName } from '../kit/sql-quote.ts'
import type { TargetPlace } from './sink-target.ts'
import { declaredType, logicalType } from './types.ts'

/** SQLite's names differ only when they do without regard to case. */
const names: NameRules = { system: 'SQLite', nameKey: (name) => name.toLowerCase() }

/** Compares what the source has with what the destination is. */
export function planTarget(place: TargetPlace, columns: readonly Column[], sourceDialect: string): TargetPlan {
  const conflicts = nameConflicts(columns, names)
  const wanted = columns.map((column) => ({
    name: column.name,
    type: declaredType(column, sourceDialect),
    nullable: column.nullable,
  }))
  const { table } = place
  if (table === null) return newTablePlan(wanted, createTableSql(place.name, wanted), conflicts)
  if (table.kind === 'view') return viewPlan(place.name, conflicts)
  const existing = table.columns.map((column) => ({
    ...column,
    type: column.declared,
    needsValue: !column.nullable && !column.hasDefault,
  }))
  const compared = compareColumns(columns, wanted, existing, {
    nameKey: names.nameKey,
    commonType: (column, _want, have) => (takes(have.declared, column.type) ? have.declared : null),
    mismatch: 'which means other values',
    textType: 'TEXT',
  })
  return { ...compared, exists: true, conflicts: [...conflicts, ...compared.conflicts], estimatedRows: null }
}

/** Whether a column of this declared type keeps every value of the logical type as it is. */
function takes(declared: string, type: LogicalType): boolean {
  const have = logicalType(declared)
  if (have === null || have.kind === 'text') return true
  if (type.kind === 'enum' || type.kind === 'list') return false
  if (have.kind !== type.kind) return false
  if (have.kind === 'integer' && type.kind === 'integer') return !(type.unsigned && type.bits === 64)
  if (have.kind === 'float' && type.kind === 'float') return have.bits >= type.bits
  if (have.kind === 'timestamp' && type.kind === 'timestamp') return have.utc === type.utc
  if (have.kind === 'decimal' && type.kind === 'decimal') {
    // Only the types that keep text keep digits.
    return (
      /TEXT/i.test(declared) &&
      (have.precision === null || (have.precision === type.precision && have.scale === type.scale))
    )
  }
  return true
}

export function createTableSql(
  name: string,
  columns: readonly { readonly name: string; readonly type: string; readonly nullable: boolean }[],
): string {
  const lines = columns.map(
    (column) => `  ${quoteName(column.name)} ${column.type}${column.nullable ? '' : ' NOT NULL'}`,
  )
  return `CREATE TABLE ${quoteName(name)} (\n${lines.join(',\n')}\n)`
}
