import { ConfigError } from '@millrace/core'
import { LossLedger, readCsv } from '@millrace/formats'
import type { Replayable, TinybirdClient } from '@millrace/tinybird'
import { createClickhouseCsvEncoder } from '../kit/clickhouse-csv.ts'
import type { SqlConnector } from '../kit/connector.ts'
import { storedColumns, wantedColumn } from '../tinybird/columns.ts'
import { schemaText } from '../tinybird/plan.ts'

/**
 * How the canonical CSV of a query becomes what Tinybird reads exactly: in the order of the data
 * source's columns, text in quotes, arrays in ClickHouse's notation. Makes the data source when there is none.
 */
export async function rewriteForDataSource(
  client: TinybirdClient,
  connector: SqlConnector,
  query: string,
  dataSource: string,
  signal?: AbortSignal,
): Promise<(content: Replayable) => Replayable> {
  await using source = await connector.openSource(signal ? { signal } : {})
  const described = (await source.describe({ kind: 'query', sql: query })).columns
  const found = await client.dataSource(dataSource, signal)
  const schema = schemaText(described.map(wantedColumn))
  const target = found ?? (await client.createDataSource(dataSource, { schema, ...(signal ? { signal } : {}) }))
  // An answer to the creation may leave the columns out.
  const layout = found || target.columns.length > 0 ? storedColumns(target) : described.map(wantedColumn)
  const names = new Set(layout.map(({ name }) => name))
  const byName = described.every(({ name }) => names.has(name))
  if (!byName && described.length !== layout.length) throw columnsDiffer(dataSource, described, layout)
  const columns = byName
    ? described
    : described.map((column, index) => ({ ...column, name: layout[index]?.name ?? column.name }))
  return (content) =>
    async function* () {
      const encoder = createClickhouseCsvEncoder({ columns, layout, policy: 'error', ledger: new LossLedger() })
      for await (const block of readCsv(content(), { columnCount: columns.length })) {
        // The block's bytes are used again, and whoever sends them may not be done.
        for (const piece of await encoder.encode(block)) yield Buffer.from(piece.bytes)
      }
    }
}

type Named = readonly { readonly name: string }[]

function columnsDiffer(dataSource: string, described: Named, layout: Named): ConfigError {
  const list = (columns: Named) => columns.map(({ name }) => name).join(', ')
  return new ConfigError('COLUMNS_DIFFER', {
    message: `The query has the columns ${list(described)}, and the data source "${dataSource}" has ${list(layout)}. Name the query's columns like those of the data source with AS, or give as many of them in its order.`,
    details: { dataSource },
  })
}
