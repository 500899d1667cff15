import type { DuckDBConnection } from '@duckdb/node-api'
import { ConfigError, DataError, FatalError } from '@millrace/core'
import type { LoadSpec, PublishResult } from '../kit/sink.ts'
import { quoteName, quoteText } from '../kit/sql-quote.ts'
import type { ColumnType } from './ddl.ts'
import { findTarget, type TargetColumn, type TargetPlace, type TargetTable } from './sink-target.ts'
import { intoColumn } from './stored-text.ts'
import { scalarCount, textRows } from './text-rows.ts'

export interface Publication {
  readonly connection: DuckDBConnection
  readonly catalog: string
  readonly spec: LoadSpec
  /** Address of the staging table, and its columns. */
  readonly staging: string
  readonly staged: readonly ColumnType[]
}

/** Makes the staged rows visible by the load's mode. Runs inside a transaction of the caller's. */
export async function publishStaging(publication: Publication): Promise<PublishResult> {
  const { connection, catalog, spec, staging } = publication
  const rows = await scalarCount(connection, `SELECT count(*)::VARCHAR FROM ${staging}`)
  if (spec.mode === 'merge' || spec.mode === 'insert-only') await refuseBadKeys(connection, spec, staging)
  const place = await findTarget(connection, catalog, spec.target)
  if (place.table === null) {
    await renameStaging(publication, place)
    return { inserted: rows, updated: 0, skipped: 0 }
  }
  if (spec.mode === 'replace') {
    const replaced = await scalarCount(connection, `SELECT count(*)::VARCHAR FROM ${place.address}`)
    if (rows === 0 && replaced > 0 && !spec.allowEmpty) throw emptyReplace(place, replaced)
    await replaceTable(publication, place, place.table)
    return { inserted: rows, updated: 0, skipped: 0, replaced }
  }
  const table = await applyChanges(publication, place, place.table)
  if (spec.mode === 'append') {
    await insertRows(publication, place, table, '')
    return { inserted: rows, updated: 0, skipped: 0 }
  }
  const matched = `EXISTS (SELECT 1 FROM ${place.address} AS t WHERE ${sameKey(spec.keys)})`
  const known = await scalarCount(connection, `SELECT count(*)::VARCHAR FROM ${staging} AS s WHERE ${matched}`)
  if (spec.mode === 'merge') await updateRows(publication, place, table)
  await insertRows(publication, place, table, `WHERE NOT ${matched}`)
  const updated = spec.mode === 'merge' ? known : 0
  return { inserted: rows - known, updated, skipped: known - updated }
}

function sameKey(keys: readonly string[]): string {
  return keys.map((key) => `t.${quoteName(key)} = s.${quoteName(key)}`).join(' AND ')
}

async function refuseBadKeys(connection: DuckDBConnection, spec: LoadSpec, staging: string): Promise<void> {
  const keys = spec.keys.map(quoteName)
  const example = keys.map((key) => `coalesce(CAST(${key} AS VARCHAR), 'NULL')`).join(" || ', ' || ")
  const names = spec.keys.join(', ')
  const [empty] = await textRows(
    connection,
    `SELECT ${example} FROM ${staging} WHERE ${keys.map((key) => `${key} IS NULL`).join(' OR ')} LIMIT 1`,
  )
  if (empty) {
    throw new DataError('NULL_KEY', {
      message: `A row has no value in its key (${names}): ${empty[0]}. A ${spec.mode} needs a key in every row; leave such rows out with a query, or choose another --key.`,
      details: { keys: spec.keys },
    })
  }
  const [twice] = await textRows(
    connection,
    `SELECT ${example} FROM ${staging} GROUP BY ${keys.join(', ')} HAVING count(*) > 1 LIMIT 1`,
  )
  if (twice) {
    throw new DataError('DUPLICATE_KEY', {
      message: `Several rows have the same key (${names}): ${twice[0]}. A ${spec.mode} needs keys that name one row; choose another --key, or keep one row of each in a query.`,
      details: { keys: spec.keys },
    })
  }
}

function emptyReplace(place: TargetPlace, rows: number): ConfigError {
  return new ConfigError('EMPTY_REPLACE', {
    message: `The source has no rows, and the replace would empty "${place.name}", which has ${rows}. Say --allow-empty if that is meant.`,
    details: { rows },
  })
}

async function renameStaging({ connection, staging }: Publication, place: TargetPlace): Promise<void> {
  await connection.run(`ALTER TABLE ${staging} RENAME TO ${quoteName(place.name)}`)
}

async function replaceTable(publication: Publication, place: TargetPlace, table: TargetTable): Promise<void> {
  const { connection, staged } = publication
  if (table.kind === 'view') {
    throw new ConfigError('TARGET_IS_VIEW', { message: `"${place.name}" is a view; it cannot be replaced by a table.` })
  }
  if (canSwap(table, staged, publication.spec) && (await dropTable(publication, place))) {
    return await renameStaging(publication, place)
  }
  // Keys, defaults, comments and foreign keys to the table stay, so its rows are exchanged instead of
  // the table. DuckDB does not alter a table whose rows the same transaction has deleted, hence the order.
  const changed = await applyChanges(publication, place, table)
  await connection.run(`DELETE FROM ${place.address}`)
  await insertRows(publication, place, changed, '')
}

/** Whether the staging table has all that the target has, in its order, and perhaps new columns after that. */
function canSwap(table: TargetTable, staged: readonly ColumnType[], spec: LoadSpec): boolean {
  return (
    table.plain &&
    table.columns.every(({ name, typeText, nullable }, index) => {
      const other = staged[index]
      if (other?.name !== name || other.nullable !== nullable) return false
      const widened = spec.changes.find((change) => change.kind === 'widen-column' && change.column === name)
      return other.type === (widened?.kind === 'widen-column' ? widened.to : typeText)
    })
  )
}

/** False when another table's foreign key holds on to this one; asked before, since a failure would end the transaction. */
async function dropTable({ connection, catalog }: Publication, place: TargetPlace): Promise<boolean> {
  const [holders] = await textRows(
    connection,
    `SELECT count(*)::VARCHAR FROM duckdb_constraints() WHERE database_name = ${quoteText(catalog)} AND constraint_type = 'FOREIGN KEY' AND referenced_table = ${quoteText(place.name)}`,
  )
  if (holders?.[0] !== '0') return false
  await connection.run(`DROP TABLE ${place.address}`)
  return true
}

/** New columns and wider types, as planned. An index forbids altering its table, so indexes are made anew. */
async function applyChanges(publication: Publication, place: TargetPlace, table: TargetTable): Promise<TargetTable> {
  const { connection, catalog, spec } = publication
  const changes = spec.changes.filter((change) => change.kind !== 'create-table')
  if (changes.length === 0) return table
  for (const { name } of table.indexes) await connection.run(`DROP INDEX ${quoteName(place.schema)}.${quoteName(name)}`)
  const known = new Set(table.columns.map((column) => column.name.toLowerCase()))
  for (const change of changes) {
    if (change.kind === 'widen-column') {
      await connection.run(`ALTER TABLE ${place.address} ALTER COLUMN ${quoteName(change.column)} TYPE ${change.to}`)
    } else if (!known.has(change.column.toLowerCase())) {
      await connection.run(`ALTER TABLE ${place.address} ADD COLUMN ${quoteName(change.column)} ${change.type}`)
    }
  }
  for (const { sql } of table.indexes) await connection.run(sql)
  const after = await findTarget(connection, catalog, spec.target)
  if (after.table === null) {
    throw new FatalError('TARGET_LOST', { message: `The table "${place.name}" went away while it was changed.` })
  }
  return after.table
}

async function insertRows(
  publication: Publication,
  place: TargetPlace,
  table: TargetTable,
  where: string,
): Promise<void> {
  const { connection, staging } = publication
  const columns = moves(publication, table)
  const names = columns.map(({ name }) => quoteName(name)).join(', ')
  const values = columns.map(({ value }) => value).join(', ')
  await connection.run(`INSERT INTO ${place.address} (${names}) SELECT ${values} FROM ${staging} AS s ${where}`)
}

async function updateRows(publication: Publication, place: TargetPlace, table: TargetTable): Promise<void> {
  const { connection, staging, spec } = publication
  const keys = new Set(spec.keys.map((key) => key.toLowerCase()))
  const columns = moves(publication, table).filter(({ name }) => !keys.has(name.toLowerCase()))
  if (columns.length === 0) return
  const set = columns.map(({ name, value }) => `${quoteName(name)} = ${value}`).join(', ')
  await connection.run(`UPDATE ${place.address} AS t SET ${set} FROM ${staging} AS s WHERE ${sameKey(spec.keys)}`)
}

/** What each staged column becomes in the target. */
function moves({ spec, staged }: Publication, table: TargetTable): { name: string; value: string }[] {
  return staged.map(({ name, type }) => {
    const target = table.columns.find((column) => column.name.toLowerCase() === name.toLowerCase()) as TargetColumn
    const logical = spec.columns.find((column) => column.name === name)?.type ?? { kind: 'text' }
    return { name: target.name, value: intoColumn(logical, type, target.type, `s.${quoteName(name)}`) }
  })
}
