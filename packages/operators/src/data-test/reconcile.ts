import { parseTableName, type Relation, type SqlConnector, type TableConnector } from '@millrace/connectors'
import { ConfigError } from '@millrace/core'
import type { DataCheck } from './config.ts'

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

/** Compares the table with its source; values by a hash that does not depend on the order of rows. */
export async function reconcile(check: Reconcile, ends: Ends): Promise<Reconciled> {
  const { signal } = ends
  const there = sourceRelation(check)
  const here = targetRelation(check, ends)
  await using source = await ends.source.openSource({ signal })
  await using target = await ends.target.openSource({ signal })
  if (!check.content) {
    const [sourceRows, targetRows] = await Promise.all([source.count(there, signal), target.count(here, signal)])
    return compared({ rows: sourceRows }, { rows: targetRows })
  }
  const { columns: all } = await source.describe(there)
  const columns = check.columns === undefined ? all : all.filter(({ name }) => check.columns?.includes(name))
  const absent = check.columns?.find((name) => !all.some((column) => column.name === name))
  if (absent !== undefined) {
    throw new ConfigError('COLUMN_UNKNOWN', {
      message: `The source has no column "${absent}". It has: ${all.map(({ name }) => name).join(', ')}.`,
    })
  }
  const hashHere = async () => {
    // A destination of transfers knows how values of the source's types look when it holds them.
    if (here.kind === 'query' || !ends.target.definition.capabilities.sink) {
      const own = (await target.describe(here)).columns
      const same = columns.map(({ name }) => own.find((column) => column.name === name))
      const missing = columns.find((_, index) => same[index] === undefined)
      if (missing !== undefined) throw lacks(ends.targetTable, missing.name)
      return await target.contentHash(
        here,
        same.filter((column) => column !== undefined),
        signal,
      )
    }
    await using sink = await ends.target.openSink({ signal })
    return await sink.contentHash({ kind: 'table', table: parseTableName(ends.targetTable) }, columns, signal)
  }
  const [sourceHash, targetHash] = await Promise.all([source.contentHash(there, columns, signal), hashHere()])
  return compared(sourceHash, targetHash)
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

function lacks(table: string, column: string): ConfigError {
  return new ConfigError('COLUMN_UNKNOWN', {
    message: `"${table}" has no column "${column}", which its source has. Name the ones to compare with "columns".`,
  })
}
