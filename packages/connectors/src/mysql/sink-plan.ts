import type { Column } from '@millrace/formats'
import type { SchemaChange, TargetPlan } from '../kit/sink.ts'
import { type ColumnType, columnTypes, createTableSql, type DdlContext } from './ddl.ts'
import type { TargetColumn, TargetTable } from './sink-target.ts'
import { holds, widens } from './widening.ts'

/** Compares what the source has with what the destination is. The server's column names do not regard case. */
export function planTarget(
  address: string,
  table: TargetTable | null,
  columns: readonly Column[],
  context: DdlContext,
): TargetPlan {
  const wanted = columnTypes(columns, context)
  const conflicts = [...nameConflicts(columns)]
  const changes: SchemaChange[] = []
  const types: Record<string, string> = {}
  if (table === null) {
    for (const { name, type } of wanted) types[name] = type
    changes.push({ kind: 'create-table', ddl: createTableSql(address, wanted, context) })
    return { exists: false, types, changes, conflicts, missing: [], estimatedRows: null }
  }
  const unusable = table.view
    ? `"${table.name}" is a view at the destination. Choose another name with --into, or drop the view.`
    : table.engine !== null && !/^InnoDB$/i.test(table.engine)
      ? `The destination's table "${table.name}" uses the engine ${table.engine}, in which a load cannot be taken back. Convert it with ALTER TABLE … ENGINE=InnoDB, or choose another name with --into.`
      : null
  if (unusable !== null) conflicts.push(unusable)
  const existing = new Map(table.columns.map((column) => [column.name.toLowerCase(), column]))
  for (const [index, want] of wanted.entries()) {
    const have = existing.get(want.name.toLowerCase())
    if (have === undefined) {
      types[want.name] = want.type
      changes.push({ kind: 'add-column', column: want.name, type: want.type })
      continue
    }
    const difference = compare(columns[index] as Column, want, have)
    types[want.name] = difference !== null && 'to' in difference ? difference.to : have.type
    if (difference === null) continue
    if ('to' in difference) {
      changes.push({ kind: 'widen-column', column: have.name, from: have.type, to: difference.to })
    } else conflicts.push(difference.sentence)
  }
  const given = new Set(columns.map((column) => column.name.toLowerCase()))
  const missing = table.columns.filter((column) => !given.has(column.name.toLowerCase()) && !column.generated)
  for (const column of missing) {
    if (column.nullable || column.hasDefault) continue
    conflicts.push(
      `The destination's column "${column.name}" must not be NULL and has no default, but the source has no such column. Give it a default, or add it to the query.`,
    )
  }
  return {
    exists: true,
    types,
    changes,
    conflicts,
    missing: missing.map((column) => column.name),
    estimatedRows: table.estimatedRows,
  }
}

function* nameConflicts(columns: readonly Column[]): Generator<string> {
  const seen = new Map<string, string>()
  for (const { name } of columns) {
    const other = seen.get(name.toLowerCase())
    if (name === '') yield 'The source has a column without a name. Give it one with AS in a query.'
    else if (other === name) {
      yield `The source has the column "${name}" twice. Give one of them another name in the query.`
    } else if (other !== undefined) {
      yield `The columns "${other}" and "${name}" are the same name to MySQL, which does not regard case. Give one of them another name in a query.`
    }
    seen.set(name.toLowerCase(), name)
  }
}

function compare(column: Column, want: ColumnType, have: TargetColumn): { to: string } | { sentence: string } | null {
  if (have.generated) {
    return {
      sentence: `The destination computes its column "${want.name}" by itself, so it takes no values from the source. Leave the column out by a query.`,
    }
  }
  if (holds(have.type, want.type, column)) return null
  if (widens(want.type, have.type, column)) return { to: want.type }
  return {
    sentence: `The column "${want.name}" is ${column.sourceType} (here ${want.type}) at the source and ${have.type} at the destination, which cannot hold every value of it unchanged. Change the destination's column to ${want.type}, or cast it in a query.`,
  }
}
