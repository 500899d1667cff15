import { FatalError } from '@millrace/core'
import { type Column, type ContentHash, contentHash } from '@millrace/formats'
import type { QueryResult, TinybirdClient } from '@millrace/tinybird'
import { clickhouseHashQuery } from '../kit/clickhouse-text.ts'
import { quoteClickhouseName } from '../kit/clickhouse-type.ts'
import { findDataSource, hashedText, type StoredColumn, storedColumns } from './columns.ts'

/** The rows that a data source holds now. */
export async function countRows(client: TinybirdClient, dataSource: string, signal?: AbortSignal): Promise<number> {
  return await countOf(client, quoteClickhouseName(dataSource), signal)
}

export async function countOf(client: TinybirdClient, from: string, signal?: AbortSignal): Promise<number> {
  const sql = `SELECT toString(count()) AS n FROM ${from}`
  return Number(firstRow(await client.query(sql, signal ? { signal } : {})).n)
}

/** Computed by ClickHouse, in the canonical text of the columns' logical types. */
export async function hashRows(
  client: TinybirdClient,
  dataSource: string,
  columns: readonly Column[],
  signal?: AbortSignal,
): Promise<ContentHash> {
  const stored = storedColumns(await findDataSource(client, dataSource, signal))
  return await hashOf(client, quoteClickhouseName(dataSource), columns, stored, signal)
}

export async function hashOf(
  client: TinybirdClient,
  from: string,
  columns: readonly Column[],
  stored: readonly StoredColumn[],
  signal?: AbortSignal,
): Promise<ContentHash> {
  const texts = columns.map((column) => {
    const own = stored.find(({ name }) => name === column.name)
    if (own) return hashedText(column, own)
    throw new FatalError('COLUMN_LOST', {
      message: `${from} has no column "${column.name}" any more. Look at what has changed it, and copy again.`,
    })
  })
  const row = firstRow(await client.query(clickhouseHashQuery(texts, from), signal ? { signal } : {}))
  return contentHash(Number(row.n), BigInt(String(row.high)), BigInt(String(row.low)))
}

function firstRow({ data }: QueryResult): Readonly<Record<string, unknown>> {
  return data[0] ?? {}
}
