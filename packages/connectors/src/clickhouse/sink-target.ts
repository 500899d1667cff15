import { ConfigError } from '@millrace/core'
import type { Target } from '../kit/sink.ts'
import type { TableRef } from '../kit/source.ts'
import { databaseOf } from './catalog.ts'
import { readRows } from './read-table.ts'
import type { Session } from './session.ts'
import { qualified, quoteText } from './sql-text.ts'

export interface TargetColumn {
  readonly name: string
  readonly type: string
  readonly generated: boolean
  /** A column that gets no value takes its default. */
  readonly needsValue: false
  readonly inKey: boolean
}

/** A destination table as it is now. */
export interface TargetTable {
  readonly engine: string
  readonly uuid: string
  readonly columns: readonly TargetColumn[]
  readonly rows: number | null
  /** Materialized views that take what is inserted into the table. */
  readonly views: readonly string[]
}

export interface TargetPlace {
  readonly database: string
  readonly name: string
  readonly address: string
}

export function tableOf(target: Target): TableRef {
  if (target.kind === 'table') return target.table
  throw new ConfigError('TABLE_REQUIRED', {
    message: 'A ClickHouse database takes rows into a table, not into a file. Name one with --into.',
  })
}

export function placeOf(target: Target, own: string): TargetPlace {
  const ref = tableOf(target)
  const database = databaseOf(ref, own)
  return { database, name: ref.name, address: qualified(database, ref.name) }
}

export async function readTarget({ http }: Session, { database, name }: TargetPlace): Promise<TargetTable | null> {
  const named = `database = ${quoteText(database)} AND table = ${quoteText(name)}`
  const [facts] = await readRows(http, {
    sql: `SELECT engine, toString(uuid), toString(total_rows), arrayStringConcat(dependencies_table, '\\0') FROM system.tables WHERE ${named.replace('table =', 'name =')}`,
  })
  if (!facts) return null
  const columns = await readRows(http, {
    sql: `SELECT name, type, default_kind, is_in_sorting_key OR is_in_primary_key OR is_in_partition_key FROM system.columns WHERE ${named} ORDER BY position`,
  })
  const [engine, uuid, rows, views] = facts
  return {
    engine: engine ?? '',
    uuid: uuid ?? '',
    rows: rows == null ? null : Number(rows),
    views: (views ?? '').split('\0').filter((view) => view !== ''),
    columns: columns.map(([column, type, kind, inKey]) => ({
      name: column ?? '',
      type: type ?? '',
      generated: kind !== '' && kind !== 'DEFAULT',
      needsValue: false,
      inKey: inKey === '1',
    })),
  }
}
