import type { DatabaseSync } from 'node:sqlite'
import { ConfigError, DataError } from '@millrace/core'
import type { LoadSpec, PublishResult } from '../kit/sink.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { selectCount, selectRows } from './database.ts'
import { findTarget, type TargetPlace, type TargetTable } from './sink-target.ts'

/** Makes the staged rows visible by the load's mode. Runs inside a transaction of the caller's; in SQLite that holds tables as well as rows. */
export function publishStaging(database: DatabaseSync, spec: LoadSpec, staging: string): PublishResult {
  const from = quoteName(staging)
  const rows = selectCount(database, `SELECT count(*) FROM ${from}`)
  if (spec.mode === 'merge' || spec.mode === 'insert-only') refuseBadKeys(database, spec, from)
  const place = findTarget(database, spec.target)
  if (place.table === null) {
    rename(database, from, place)
    return { inserted: rows, updated: 0, skipped: 0 }
  }
  if (spec.mode === 'replace') {
    const replaced = selectCount(database, `SELECT count(*) FROM ${place.address}`)
    if (rows === 0 && replaced > 0 && !spec.allowEmpty) {
      throw new ConfigError('EMPTY_REPLACE', {
        message: `The source has no rows, and the replace would empty "${place.name}", which has ${replaced}. Say --allow-empty if that is meant.`,
        details: { rows: replaced },
      })
    }
    replaceRows(database, spec, place, place.table, from)
    return { inserted: rows, updated: 0, skipped: 0, replaced }
  }
  addColumns(database, spec, place)
  const names = spec.columns.map(({ name }) => quoteName(name))
  const insert = `INSERT INTO ${place.address} (${names.join(', ')}) SELECT ${names.join(', ')} FROM ${from} AS s`
  if (spec.mode === 'append') {
    database.exec(insert)
    return { inserted: rows, updated: 0, skipped: 0 }
  }
  const same = spec.keys.map((key) => `t.${quoteName(key)} = s.${quoteName(key)}`).join(' AND ')
  const matched = `EXISTS (SELECT 1 FROM ${place.address} AS t WHERE ${same})`
  const known = selectCount(database, `SELECT count(*) FROM ${from} AS s WHERE ${matched}`)
  const keys = new Set(spec.keys)
  const rest = spec.columns.filter(({ name }) => !keys.has(name)).map(({ name }) => quoteName(name))
  if (spec.mode === 'merge' && rest.length > 0) {
    const set = rest.map((name) => `${name} = s.${name}`).join(', ')
    database.exec(`UPDATE ${place.address} AS t SET ${set} FROM ${from} AS s WHERE ${same}`)
  }
  database.exec(`${insert} WHERE NOT ${matched}`)
  const updated = spec.mode === 'merge' ? known : 0
  return { inserted: rows - known, updated, skipped: known - updated }
}

function refuseBadKeys(database: DatabaseSync, spec: LoadSpec, from: string): void {
  const keys = spec.keys.map(quoteName)
  const names = spec.keys.join(', ')
  const show = (row: readonly unknown[]) => row.map((value) => (value === null ? 'NULL' : String(value))).join(', ')
  const [empty] = selectRows(
    database,
    `SELECT ${keys.join(', ')} FROM ${from} WHERE ${keys.map((key) => `${key} IS NULL`).join(' OR ')} LIMIT 1`,
  )
  if (empty) {
    throw new DataError('NULL_KEY', {
      message: `A row has no value in its key (${names}): ${show(empty)}. A ${spec.mode} needs a key in every row; leave such rows out with a query, or choose another --key.`,
      details: { keys: spec.keys },
    })
  }
  const [twice] = selectRows(
    database,
    `SELECT ${keys.join(', ')} FROM ${from} GROUP BY ${keys.join(', ')} HAVING count(*) > 1 LIMIT 1`,
  )
  if (twice) {
    throw new DataError('DUPLICATE_KEY', {
      message: `Several rows have the same key (${names}): ${show(twice)}. A ${spec.mode} needs keys that name one row; choose another --key, or keep one row of each in a query.`,
      details: { keys: spec.keys },
    })
  }
}

function rename(database: DatabaseSync, from: string, place: TargetPlace): void {
  // Views that speak of the table would make SQLite refuse the new name while the old one is gone.
  database.exec('PRAGMA legacy_alter_table = ON')
  try {
    database.exec(`ALTER TABLE ${from} RENAME TO ${place.address}`)
  } finally {
    database.exec('PRAGMA legacy_alter_table = OFF')
  }
}

function replaceRows(
  database: DatabaseSync,
  spec: LoadSpec,
  place: TargetPlace,
  table: TargetTable,
  from: string,
): void {
  const staged = spec.columns
  const swaps =
    table.plain &&
    table.columns.every(
      ({ name, nullable }, index) => staged[index]?.name === name && staged[index]?.nullable === nullable,
    )
  if (swaps) {
    database.exec(`DROP TABLE ${place.address}`)
    rename(database, from, place)
    return
  }
  // Keys, indexes, triggers and defaults stay, so the rows are exchanged instead of the table.
  addColumns(database, spec, place)
  const names = staged.map(({ name }) => quoteName(name)).join(', ')
  database.exec(`DELETE FROM ${place.address}`)
  database.exec(`INSERT INTO ${place.address} (${names}) SELECT ${names} FROM ${from}`)
}

function addColumns(database: DatabaseSync, spec: LoadSpec, place: TargetPlace): void {
  const known = new Set(place.table?.columns.map(({ name }) => name.toLowerCase()))
  for (const change of spec.changes) {
    if (change.kind !== 'add-column' || known.has(change.column.toLowerCase())) continue
    database.exec(`ALTER TABLE ${place.address} ADD COLUMN ${quoteName(change.column)} ${change.type}`)
  }
}
