import {
  parseTableName,
  type Relation,
  type RelationSchema,
  type SqlConnector,
  type TableConnector,
} from '@millrace/connectors'
import { ConfigError } from '@millrace/core'
import type { DataCheck } from './config.ts'

type Column = RelationSchema['columns'][number]
type Reconcile = Extract<DataCheck, { readonly check: 'reconcile' }>

export interface Ends {
  readonly source: TableConnector
  readonly target: SqlConnector
  readonly targetTable: string
  /** Quoted, for a condition. */
  readonly quotedTable: string
  readonly signal: AbortSignal
}

export interface Reconciled {
  readonly equal: boolean
  readonly message: string
  /** Difference of the row counts; of equal counts with other values, 1. */
  readonly failing: number
}

/**
 * Compares the table with its source; values by a hash that does not depend on the order of rows. One end after the
 * other, since both may be the same file.
 */
export async function reconcile(check: Reconcile, ends: Ends): Promise<Reconciled> {
  const { source, columns } = await sourceSide(check, ends)
  return compared(source, await targetSide(check, ends, columns))
}

async function sourceSide(check: Reconcile, { source: connector, signal }: Ends) {
  const relation = sourceRelation(check)
  await using source = await connector.openSource({ signal })
  if (!check.content) return { source: { rows: await source.count(relation, signal) }, columns: [] }
  const { columns: all } = await source.describe(relation)
  const columns = check.columns === undefined ? all : all.filter(({ name }) => check.columns?.includes(name))
  const absent = check.columns?.find((name) => !all.some((column) => column.name === name))
  if (absent !== undefined) {
    throw new ConfigError('COLUMN_UNKNOWN', {
      message: `The source has no column "${absent}". It has: ${all.map(({ name }) => name).join(', ')}.`,
    })
  }
  return { source: await source.contentHash(relation, columns, signal), columns }
}

async function targetSide(check: Reconcile, ends: Ends, columns: readonly Column[]): Promise<Side> {
  const { target: connector, targetTable, signal } = ends
  const relation = targetRelation(check, ends)
  if (check.content && relation.kind === 'table' && connector.definition.capabilities.sink) {
    // A destination of transfers knows how values of the source's types look when it holds them.
    await using sink = await connector.openSink({ signal })
    return await sink.contentHash({ kind: 'table', table: relation.table }, columns, signal)
  }
  await using target = await connector.openSource({ signal })
  if (!check.content) return { rows: await target.count(relation, signal) }
  const own = (await target.describe(relation)).columns
  const same = columns.map(({ name }) => own.find((column) => column.name === name) ?? name)
  const missing = same.find((column) => typeof column === 'string')
  if (missing !== undefined) {
    throw new ConfigError('COLUMN_UNKNOWN', {
      message: `"${targetTable}" has no column "${missing}", which its source has. Name the ones to compare with "columns".`,
    })
  }
  return await target.contentHash(
    relation,
    same.filter((column) => typeof column !== 'string'),
    signal,
  )
}

type Side = { readonly rows: number; readonly hash?: unknown }

function compared(source: Side, target: Side): Reconciled {
  const difference = Math.abs(source.rows - target.rows)
  if (difference > 0) {
    return {
      equal: false,
      failing: difference,
      message: `the source holds ${source.rows} rows, the table ${target.rows}`,
    }
  }
  if (String(source.hash) !== String(target.hash)) {
    return { equal: false, failing: 1, message: `of the ${source.rows} rows on both sides some have other values` }
  }
  const what = source.hash === undefined ? 'rows' : 'rows with the same values'
  return { equal: true, failing: 0, message: `${source.rows} ${what} on both sides` }
}

function sourceRelation({ source }: Reconcile): Relation {
  if (source.query !== undefined) return { kind: 'query', sql: source.query }
  return { kind: 'table', table: parseTableName(source.table ?? '') }
}

function targetRelation({ where }: Reconcile, { targetTable, quotedTable }: Ends): Relation {
  if (where === undefined) return { kind: 'table', table: parseTableName(targetTable) }
  return { kind: 'query', sql: `select * from ${quotedTable} where ${where}` }
}
