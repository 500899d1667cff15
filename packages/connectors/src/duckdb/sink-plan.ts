import type { Column } from '@millrace/formats'
import type { SchemaChange, TargetPlan } from '../kit/sink.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { type ColumnType, columnTypes, createTableSql } from './ddl.ts'
import type { TargetColumn, TargetPlace } from './sink-target.ts'
import { commonType, holds, widens } from './widening.ts'

/** Compares what the source has with what the destination is, by exact names. */
export function planTarget(place: TargetPlace, columns: readonly Column[], sourceDialect: string): TargetPlan {
  const wanted = columnTypes(columns, sourceDialect)
  const conflicts = [...nameConflicts(columns)]
  const changes: SchemaChange[] = []
  const types: Record<string, string> = {}
  const { table } = place
  if (table === null) {
    for (const { name, type } of wanted) types[name] = type
    const schema = place.schemaExists ? '' : `CREATE SCHEMA ${quoteName(place.schema)};\n`
    const name = `${quoteName(place.schema)}.${quoteName(place.name)}`
    changes.push({ kind: 'create-table', ddl: schema + createTableSql(name, wanted) })
    return { exists: false, types, changes, conflicts, missing: [], estimatedRows: null }
  }
  if (table.kind === 'view') {
    const sentence = `"${place.name}" is a view at the destination. Choose another name, or drop the view.`
    return { exists: true, types, changes, conflicts: [...conflicts, sentence], missing: [], estimatedRows: null }
  }
  const existing = new Map(table.columns.map((column) => [column.name.toLowerCase(), column]))
  for (const [index, want] of wanted.entries()) {
    const have = existing.get(want.name.toLowerCase())
    if (have === undefined) {
      types[want.name] = want.type
      changes.push({ kind: 'add-column', column: want.name, type: want.type })
      continue
    }
    const difference = compare(columns[index] as Column, want, have)
    types[want.name] = difference && 'to' in difference ? difference.to : have.typeText
    if (difference === null) continue
    if ('to' in difference) {
      changes.push({ kind: 'widen-column', column: want.name, from: have.typeText, to: difference.to })
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

/** DuckDB's names differ only when they do without regard to case. */
function* nameConflicts(columns: readonly Column[]): Generator<string> {
  const seen = new Map<string, string>()
  for (const { name } of columns) {
    const other = seen.get(name.toLowerCase())
    if (name === '') yield 'The source has a column without a name. Give it one with AS in a query.'
    else if (other === name)
      yield `The source has the column "${name}" twice. Give one of them another name in the query.`
    else if (other !== undefined) {
      yield `The columns "${other}" and "${name}" are the same name to DuckDB, which does not regard case. Give one of them another name in a query.`
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
  if (holds(have.typeText, want.type)) return null
  if (widens(want.type, have.typeText)) return { to: want.type }
  const common = commonType(want.type, have.typeText)
  if (common !== null) return { to: common }
  return {
    sentence: `The column "${want.name}" is ${column.sourceType} (here ${want.type}) at the source and ${have.typeText} at the destination, and neither type holds every value of the other unchanged. Change the destination's column to VARCHAR or ${want.type}, or cast it in a query.`,
  }
}
