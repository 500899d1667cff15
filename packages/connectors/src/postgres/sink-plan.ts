import type { Column } from '@millrace/formats'
import type { SchemaChange, TargetPlan } from '../kit/sink.ts'
import { type ColumnType, columnTypes, createTableSql } from './ddl.ts'
import { quoteIdentifier } from './identifiers.ts'
import type { TargetColumn, TargetPlace } from './sink-catalog.ts'
import type { Session } from './sink-sessions.ts'
import { holds, widens } from './widening.ts'

/** Compares what the source has with what the destination is, by exact names. */
export async function planTarget(
  session: Session,
  place: TargetPlace,
  columns: readonly Column[],
  sourceDialect: string,
): Promise<TargetPlan> {
  const wanted = await columnTypes(session, columns, sourceDialect)
  const conflicts = [...nameConflicts(columns)]
  const changes: SchemaChange[] = []
  const types: Record<string, string> = {}
  const { table } = place

  if (table === null) {
    for (const { name, type } of wanted) types[name] = type
    const [schema] = await session.select('SELECT 1::text AS found FROM pg_namespace WHERE nspname = $1', [
      place.schema,
    ])
    const schemaSql = schema ? '' : `CREATE SCHEMA ${quoteIdentifier(place.schema)};\n`
    changes.push({ kind: 'create-table', ddl: schemaSql + createTableSql(place.sql, wanted) })
    return { exists: false, types, changes, conflicts, missing: [], estimatedRows: null }
  }

  const existing = new Map(table.columns.map((column) => [column.name, column]))
  for (const [index, want] of wanted.entries()) {
    const have = existing.get(want.name)
    const column = columns[index] as Column
    if (have === undefined) {
      types[want.name] = want.type
      changes.push({ kind: 'add-column', column: want.name, type: want.type })
      continue
    }
    types[want.name] = have.type
    const difference = compare(column, want, have)
    if (difference === null) continue
    if (difference.kind === 'widen') {
      types[want.name] = difference.to
      changes.push({ kind: 'widen-column', column: want.name, from: have.type, to: difference.to })
    } else conflicts.push(difference.sentence)
  }

  const given = new Set(columns.map((column) => column.name))
  const missing = table.columns.filter((column) => !given.has(column.name) && !column.generated)
  for (const column of missing) {
    if (!column.notNull || column.hasDefault || column.identity !== null) continue
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
  const seen = new Set<string>()
  for (const { name } of columns) {
    if (Buffer.byteLength(name) > 63 || name === '') {
      yield `PostgreSQL cannot keep the column name "${name}" of ${Buffer.byteLength(name)} bytes; it takes 1 to 63. Give the column another name in a query.`
    }
    if (seen.has(name)) yield `The source has the column "${name}" twice. Give one of them another name in the query.`
    seen.add(name)
  }
}

type Difference =
  | { readonly kind: 'widen'; readonly to: string }
  | { readonly kind: 'conflict'; readonly sentence: string }

function compare(column: Column, want: ColumnType, have: TargetColumn): Difference | null {
  if (have.generated) {
    return {
      kind: 'conflict',
      sentence: `The destination computes its column "${want.name}" by itself, so it takes no values from the source. Leave the column out by a query.`,
    }
  }
  if (sameType(want, have) || holds(have.type, want.type)) return null
  if (
    column.type.kind === 'enum' &&
    have.labels !== null &&
    column.type.labels.every((label) => have.labels?.includes(label))
  ) {
    return null
  }
  if (widens(want.type, have.type)) return { kind: 'widen', to: want.type }
  return {
    kind: 'conflict',
    sentence: `The column "${want.name}" is ${column.sourceType} (here ${want.type}) at the source and ${have.type} at the destination, and neither type holds every value of the other unchanged. Change the destination's column to text or ${want.type}, or cast it in a query.`,
  }
}

const modifier = (type: string) => /\(.*\)/.exec(type)?.[0] ?? ''

/** Type names may be qualified on one side and not on the other, so the oid decides. */
function sameType(want: ColumnType, have: TargetColumn): boolean {
  return want.type === have.type || (want.typeOid === have.typeOid && modifier(want.type) === modifier(have.type))
}

/** Whether COPY's binary rows of this source can be stored as they are. */
export async function takesBinary(session: Session, place: TargetPlace, columns: readonly Column[]): Promise<boolean> {
  const wanted = await columnTypes(session, columns, 'postgres')
  const existing = new Map(place.table?.columns.map((column) => [column.name, column]))
  return wanted.every((want) => {
    const have = existing.get(want.name)
    return want.portable && (have === undefined || (!have.generated && sameType(want, have)))
  })
}
