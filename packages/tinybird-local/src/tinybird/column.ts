import type { Engine } from '../engine/engine.ts'
import { quoteName, quoteText } from '../engine/quote.ts'

export interface Column {
  readonly name: string
  readonly type: string
  /** `DEFAULT expression`, or empty. */
  readonly fallback: string
}

/** Rows of a query as objects; for what is small. */
export async function rowsOf<T>(engine: Engine, sql: string): Promise<T[]> {
  const { bytes } = await engine.run({ sql, format: 'JSONEachRow' })
  return Buffer.from(bytes)
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)
}

/** The columns that can be written; null when there is no such table. */
export async function columnsOf(engine: Engine, table: string, database = 'default'): Promise<Column[] | null> {
  const rows = await rowsOf<{ name: string; type: string; default_kind: string; default_expression: string }>(
    engine,
    `SELECT name, type, default_kind, default_expression FROM system.columns
     WHERE database = ${quoteText(database)} AND table = ${quoteText(table)} ORDER BY position`,
  )
  if (rows.length === 0) return null
  return rows
    .filter(({ default_kind: kind }) => kind === '' || kind === 'DEFAULT')
    .map(({ name, type, default_kind: kind, default_expression: expression }) => ({
      name,
      type,
      fallback: kind === '' ? '' : `DEFAULT ${expression}`,
    }))
}

/**
 * A type that holds every number its text can mean: ClickHouse's text formats wrap integers around that
 * do not fit, so they are read as a wider type and converted with a check. Null when it is the type itself.
 */
export function widerType(type: string): string | null {
  const container = /^(Nullable|Array|LowCardinality)\((.+)\)$/.exec(type)
  if (container !== null) {
    const wider = widerType(container[2] ?? '')
    if (wider === null) return null
    return container[1] === 'LowCardinality' ? wider : `${container[1]}(${wider})`
  }
  const match = /^U?Int(8|16|32|64|128)$/.exec(type)
  if (match === null) return null
  const bits = Number(match[1])
  return bits < 64 ? 'Int64' : bits === 64 ? 'Int128' : 'Int256'
}

/** As `file()` and `CREATE TABLE` want it. */
export function structure(columns: readonly Column[]): string {
  return columns
    .map(({ name, type, fallback }) => `${quoteName(name)} ${widerType(type) ?? type} ${fallback}`.trim())
    .join(', ')
}

/** What makes the column's own type of a column that was read as the wider one. */
export function narrowed({ name, type }: Column): string {
  return widerType(type) === null ? quoteName(name) : `accurateCast(${quoteName(name)}, ${quoteText(type)})`
}

/** True for rows whose integers fit. */
export function fits(columns: readonly Column[]): string {
  const checks = columns
    .filter(({ type }) => widerType(type) !== null)
    .map(({ name, type }) => valueFits(quoteName(name), type))
  return checks.length === 0 ? '1' : checks.join(' AND ')
}

function valueFits(value: string, type: string): string {
  const element = /^Array\((.+)\)$/.exec(type)?.[1]
  if (element !== undefined) return `arrayAll(x -> ${valueFits('x', element)}, ${value})`
  return `(isNull(${value}) OR isNotNull(accurateCastOrNull(${value}, ${quoteText(bareType(type))})))`
}

/** Without what says that values may be missing or repeat. */
export function bareType(type: string): string {
  return type.replace(/^LowCardinality\((.+)\)$/, '$1').replace(/^Nullable\((.+)\)$/, '$1')
}

export function list(columns: readonly Column[]): string {
  return columns.map(({ name }) => quoteName(name)).join(', ')
}
