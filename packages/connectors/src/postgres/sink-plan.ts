import type { Column } from '@millrace/formats'
import { type NameRules, nameConflicts } from '../kit/column-names.ts'
import { compareColumns, newTablePlan } from '../kit/compare-columns.ts'
import type { TargetPlan } from '../kit/sink.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { type ColumnType, columnTypes, createTableSql } from './ddl.ts'
import type { TargetColumn, TargetPlace } from './sink-catalog.ts'
import type { Session } from './sink-sessions.ts'
import { holds, widens } from './widening.ts'

const names: NameRules = {
  system: 'PostgreSQL',
  nameKey: (name) => name,
  refuse(name) {
    const bytes = Buffer.byteLength(name)
    if (bytes >= 1 && bytes <= 63) return null
    return `PostgreSQL cannot keep the column name "${name}" of ${bytes} bytes; it takes 1 to 63. Give the column another name in a query.`
  },
}

/** Compares what the source has with what the destination is, by exact names. */
export async function planTarget(
  session: Session,
  place: TargetPlace,
  columns: readonly Column[],
  sourceDialect: string,
): Promise<TargetPlan> {
  const wanted = await columnTypes(session, columns, sourceDialect)
  const conflicts = nameConflicts(columns, names)
  const { table } = place
  if (table === null) {
    const [schema] = await session.select('SELECT 1::text AS found FROM pg_namespace WHERE nspname = $1', [
      place.schema,
    ])
    const schemaSql = schema ? '' : `CREATE SCHEMA ${quoteName(place.schema)};\n`
    return newTablePlan(wanted, schemaSql + createTableSql(place.sql, wanted), conflicts)
  }
  const existing = table.columns.map((column) => ({
    ...column,
    needsValue: column.notNull && !column.hasDefault && column.identity === null,
  }))
  const compared = compareColumns(columns, wanted, existing, {
    nameKey: names.nameKey,
    commonType: (column, want, have) => commonType(column, want, have),
    mismatch: 'and neither type holds every value of the other unchanged',
    textType: 'text',
  })
  return {
    ...compared,
    exists: true,
    conflicts: [...conflicts, ...compared.conflicts],
    estimatedRows: table.estimatedRows,
  }
}

function commonType({ type }: Column, want: ColumnType, have: TargetColumn): string | null {
  if (sameType(want, have) || holds(have.type, want.type)) return have.type
  if (type.kind === 'enum' && have.labels !== null && type.labels.every((label) => have.labels?.includes(label))) {
    return have.type
  }
  return widens(want.type, have.type) ? want.type : null
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
