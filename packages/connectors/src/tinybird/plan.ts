import type { Column } from '@millrace/formats'
import type { DataSource } from '@millrace/tinybird'
import { clickhouseLogicalType, parseClickhouseType } from '../kit/clickhouse-type.ts'
import { nameConflicts } from '../kit/column-names.ts'
import { compareColumns, newTablePlan } from '../kit/compare-columns.ts'
import type { TargetPlan, WriteMode } from '../kit/sink.ts'
import { type StoredColumn, storedColumns, wantedColumn } from './columns.ts'

const names = { system: 'Tinybird', nameKey: (name: string) => name, refuse: refusedName }

/** Compares what the source has with the data source, or plans a new one. */
export function planDataSource(
  name: string,
  found: DataSource | null,
  columns: readonly Column[],
  mode: WriteMode,
): TargetPlan {
  const wanted = columns.map(wantedColumn)
  const conflicts = [...nameConflicts(columns, names), ...modeConflicts(mode)]
  const refused = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
    ? []
    : [`"${name}" cannot be a data source: use letters, digits and underscores, not beginning with a digit.`]
  if (found === null) return newTablePlan(wanted, schemaText(wanted), [...refused, ...conflicts])
  const existing = storedColumns(found).map((column) => ({ ...column, generated: false, needsValue: false }))
  const compared = compareColumns(columns, wanted, existing, {
    nameKey: names.nameKey,
    commonType: (column, want, have) => (holds(have.type, want.type, column) ? have.type : null),
    mismatch: 'which does not hold every value unchanged, and Tinybird cannot change the type of a column in place',
    textType: 'String',
  })
  const changes = compared.changes.map((change) =>
    change.kind === 'add-column' ? { ...change, type: nullable(change.type) } : change,
  )
  return {
    ...compared,
    changes,
    exists: true,
    conflicts: [...refused, ...conflicts, ...compared.conflicts],
    estimatedRows: found.rows,
  }
}

/** Rows that are there already have no value in a new column. */
function nullable(type: string): string {
  return /^(Nullable|Array)\(/.test(type) ? type : `Nullable(${type})`
}

/** As the API wants it: "`id` Int64, `name` Nullable(String)". */
export function schemaText(columns: readonly StoredColumn[]): string {
  return columns.map(({ name, type }) => `\`${name}\` ${type}`).join(', ')
}

function refusedName(name: string): string | null {
  if (name === '') return 'The source has a column without a name. Give it one with AS in a query.'
  if (!/[`\\\r\n]/.test(name)) return null
  return `The column "${name}" has a backtick, a backslash or a line break in its name, which Tinybird does not take. Give it another name with AS in a query.`
}

function modeConflicts(mode: WriteMode): string[] {
  if (mode === 'replace' || mode === 'append') return []
  return [
    `Tinybird has no ${mode}: rows are appended, or all of them replaced. Use --mode append or replace; a ReplacingMergeTree data source drops older rows of a key by itself.`,
  ]
}

/**
 * Whether a column keeps every value as it is, or one that it cannot keep is noticed while it is
 * written: dates by their range, instants by their fraction. NULL in a column that has none is noticed too.
 */
function holds(haveText: string, wantText: string, column: Column): boolean {
  const have = parseClickhouseType(haveText)
  const want = parseClickhouseType(wantText)
  if (have.base === 'String') return true
  const type = clickhouseLogicalType(have)
  const own = column.type
  if (have.base === 'Array') {
    if (want.base !== 'Array' || own.kind !== 'list') return false
    return holds(have.args[0] ?? '', want.args[0] ?? '', { ...column, type: own.element })
  }
  if (own.kind === 'integer') {
    if (type.kind !== 'integer')
      return /^U?Int(128|256)$/.test(have.base) && !(have.base.startsWith('U') && !own.unsigned)
    if (type.unsigned === own.unsigned) return type.bits >= own.bits
    return own.unsigned && type.bits > own.bits
  }
  if (own.kind === 'float') return type.kind === 'float' && type.bits >= own.bits
  if (own.kind === 'decimal') {
    return (
      have.base === 'Decimal' &&
      want.base === 'Decimal' &&
      have.args[1] === want.args[1] &&
      Number(have.args[0]) >= Number(want.args[0])
    )
  }
  if (own.kind === 'date') return type.kind === 'date'
  if (own.kind === 'timestamp') {
    const zone = have.args[have.base === 'DateTime' ? 0 : 1]
    // Times are written in UTC, which is also the zone of Tinybird's servers.
    return type.kind === 'timestamp' && (zone === undefined || /^'(Etc\/)?UTC'$/.test(zone))
  }
  return have.base === want.base
}
