import type { Column, LogicalType } from '@millrace/formats'
import type { SchemaChange, TargetPlan } from '../kit/sink.ts'
import { quoteName } from '../kit/sql-quote.ts'
import type { TargetPlace } from './sink-target.ts'
import { declaredType, logicalType } from './types.ts'

/** Compares what the source has with what the destination is. Names differ only when they do without regard to case. */
export function planTarget(place: TargetPlace, columns: readonly Column[], sourceDialect: string): TargetPlan {
  const conflicts = [...nameConflicts(columns)]
  const changes: SchemaChange[] = []
  const types: Record<string, string> = {}
  const { table } = place
  if (table === null) {
    for (const column of columns) types[column.name] = declaredType(column, sourceDialect)
    changes.push({ kind: 'create-table', ddl: createTableSql(place.name, columns, types) })
    return { exists: false, types, changes, conflicts, missing: [], estimatedRows: null }
  }
  if (table.kind === 'view') {
    const sentence = `"${place.name}" is a view at the destination. Choose another name, or drop the view.`
    return { exists: true, types, changes, conflicts: [...conflicts, sentence], missing: [], estimatedRows: null }
  }
  const existing = new Map(table.columns.map((column) => [column.name.toLowerCase(), column]))
  for (const column of columns) {
    const have = existing.get(column.name.toLowerCase())
    const declared = declaredType(column, sourceDialect)
    types[column.name] = have?.declared ?? declared
    if (have === undefined) changes.push({ kind: 'add-column', column: column.name, type: declared })
    else if (have.generated) {
      conflicts.push(
        `The destination computes its column "${column.name}" by itself, so it takes no values from the source. Leave the column out by a query.`,
      )
    } else if (!takes(have.declared, column.type)) {
      conflicts.push(
        `The column "${column.name}" is ${column.sourceType} (here ${declared}) at the source and ${have.declared} at the destination, which means other values. Change the destination's column to TEXT or ${declared}, or cast it in a query.`,
      )
    }
  }
  const given = new Set(columns.map((column) => column.name.toLowerCase()))
  const missing = table.columns.filter((column) => !given.has(column.name.toLowerCase()) && !column.generated)
  for (const column of missing) {
    if (column.nullable || column.hasDefault) continue
    conflicts.push(
      `The destination's column "${column.name}" must not be NULL and has no default, but the source has no such column. Give it a default, or add it to the query.`,
    )
  }
  return { exists: true, types, changes, conflicts, missing: missing.map(({ name }) => name), estimatedRows: null }
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

function* nameConflicts(columns: readonly Column[]): Generator<string> {
  const seen = new Map<string, string>()
  for (const { name } of columns) {
    const other = seen.get(name.toLowerCase())
    if (other === name) yield `The source has the column "${name}" twice. Give one of them another name in the query.`
    else if (other !== undefined) {
      yield `The columns "${other}" and "${name}" are the same name to SQLite, which does not regard case. Give one of them another name in a query.`
    }
    seen.set(name.toLowerCase(), name)
  }
}

export function createTableSql(
  name: string,
  columns: readonly Column[],
  types: Readonly<Record<string, string>>,
): string {
  const lines = columns.map((column) => {
    const declared = types[column.name] ?? ''
    return `  ${quoteName(column.name)} ${declared}${column.nullable ? '' : ' NOT NULL'}`
  })
  return `CREATE TABLE ${quoteName(name)} (\n${lines.join(',\n')}\n)`
}
