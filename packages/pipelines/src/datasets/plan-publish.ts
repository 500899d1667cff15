import { randomUUID } from 'node:crypto'
import { partitionPath, quoteName, quoteText, type SqlConnector } from '@millrace/connectors'
import { ConfigError } from '@millrace/core'
import type { Column } from '@millrace/formats'
import { datasetEmpty } from './dataset-content.ts'
import { partitionLiteral, partitionTypeOf, runIdType } from './partition-values.ts'
import { type DatasetPlace, folderOf } from './place.ts'
import { checkColumns, partitionColumns } from './publish-checks.ts'
import { type RunManifest, runIdColumn } from './run-manifest.ts'
import type { WorkDatabase } from './work-database.ts'

/** What is known of a run; null when there is no such run. */
export type FindRun = (runId: string) => Promise<{ readonly timestamp: Date } | null>

export interface PublishOptions {
  readonly runId: string
  readonly runs: FindRun
  /** Columns whose values become folders, besides the run id, which always does. */
  readonly partitionBy?: readonly string[]
  /** Of the code that made the data. Default: empty. */
  readonly appVersion?: string
  /** Of a file, compressed, at most. Default 60 MB. */
  readonly fileBytes?: number
  readonly signal?: AbortSignal
}

/** Where content is staged. */
export const stagingTable = '__millrace_publish'
const sortedTable = '__millrace_sorted'
const maxPartitions = 10_000

/** What is to be published, before any of it is written. */
export interface PublishPlan {
  readonly rows: number
  readonly manifest: Omit<RunManifest, 'files'>
  readonly partitions: readonly {
    readonly path: string
    readonly values: readonly (string | null)[]
    readonly sql: string
  }[]
}

/** Checks what was staged, and says how it becomes partitions. */
export async function planPublish(
  place: DatasetPlace,
  { connector, run }: WorkDatabase,
  timestamp: Date,
  { runId, partitionBy = [], appVersion = '', signal }: PublishOptions,
): Promise<PublishPlan> {
  const counted = await run(`select count(*) from ${stagingTable}`, signal)
  const rows = Number(counted.rows[0]?.[0])
  if (rows === 0) throw datasetEmpty()
  const columns = await columnsOf(connector, `select * from ${stagingTable}`)
  checkColumns(columns)
  const parts = partitionColumns(
    partitionBy.filter((name) => name !== runIdColumn),
    columns,
  )
  const types = parts.map((part) => [part.name, partitionTypeOf(part)] as const)
  const kept = columns.filter((column) => !parts.includes(column)).map(({ name }) => quoteName(name))
  const now = new Date()
  const select = `select ${[
    ...kept,
    `cast(${quoteText(timestamp.toISOString())} as timestamptz) as __metadata_run_timestamp`,
    `${quoteText(appVersion)} as __metadata_app_version`,
    `cast(${quoteText(now.toISOString())} as timestamptz) as __metadata_transform_timestamp`,
    `${quoteText(place.store.uri(folderOf(place, place.contract)))} as __metadata_output_contract`,
  ].join(', ')}`
  const described = await columnsOf(connector, `${select} from ${stagingTable}`)
  const manifest = {
    ...{ format: 1 as const, runId, publishId: randomUUID(), publishedAt: now.toISOString() },
    partitionBy: parts.map(({ name }) => name),
    partitionDataTypes: { [runIdColumn]: runIdType([runId]), ...Object.fromEntries(types) },
    columns: [...columns, ...described.slice(kept.length)],
  }
  if (parts.length === 0)
    return { rows, manifest, partitions: [{ path: '', values: [], sql: `${select} from ${stagingTable}` }] }
  const names = parts.map(({ name }) => quoteName(name)).join(', ')
  // In the order of partitions, so that each of them is read without looking through all rows.
  await run(`create or replace table ${sortedTable} as select * from ${stagingTable} order by ${names}, rowid`, signal)
  await run(`drop table ${stagingTable}`, signal)
  const found = await connector.query(
    `select distinct ${names} from ${sortedTable} order by all limit ${maxPartitions + 1}`,
  )
  if (found.length > maxPartitions) {
    throw new ConfigError('TOO_MANY_PARTITIONS', {
      message: `Partitions by ${partitionBy.join(', ')} are more than ${maxPartitions}. Partition by columns with fewer values.`,
      details: { partitionBy },
    })
  }
  const partitions = found.map((row) => {
    const values = parts.map(({ name }) => canonical(row[name] ?? null))
    const wanted = parts.map((part, index) => `${quoteName(part.name)} ${equals(part, values[index] ?? null)}`)
    const path = partitionPath(parts, values)
    return { path, values, sql: `${select} from ${sortedTable} where ${wanted.join(' and ')}` }
  })
  return { rows, manifest, partitions }
}

async function columnsOf(connector: SqlConnector, sql: string): Promise<readonly Column[]> {
  await using source = await connector.openSource()
  return (await source.describe({ kind: 'query', sql })).columns
}

function canonical(value: string | number | boolean | null): string | null {
  return typeof value === 'boolean' ? (value ? 't' : 'f') : value === null ? null : String(value)
}

function equals(part: Column, value: string | null): string {
  return value === null ? 'is null' : `= ${partitionLiteral(part, value)}`
}
