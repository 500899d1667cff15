import { randomUUID } from 'node:crypto'
import {
  partitionPath,
  quoteName,
  quoteText,
  type Source,
  type SqlConnector,
  writeJson,
  writeObjects,
} from '@millrace/connectors'
import { ConfigError, isMillraceError, TransientError } from '@millrace/core'
import { type Column, LossLedger } from '@millrace/formats'
import { type DatasetContent, datasetEmpty, stageContent } from './dataset-content.ts'
import { partitionLiteral, partitionTypeOf, runIdType } from './partition-values.ts'
import { type DatasetPlace, folderOf } from './place.ts'
import { checkColumns, partitionColumns } from './publish-checks.ts'
import {
  manifestKey,
  type PublishedFile,
  type RunManifest,
  readRunManifest,
  runFolder,
  runIdColumn,
} from './run-manifest.ts'
import { openWorkDatabase, type WorkDatabase } from './work-database.ts'

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

export interface Published {
  /** `s3://bucket/branch/parent/child/state/dataset` */
  readonly uri: string
  readonly rows: number
  readonly files: number
  readonly bytes: number
  /** Folders below that of the run; one when it is partitioned by nothing else. */
  readonly partitions: number
  /** Whether the run had published before. */
  readonly replaced: boolean
}

const table = '__millrace_publish'
const sortedTable = '__millrace_sorted'
const maxPartitions = 10_000

/**
 * Publishes data of a run as files of Parquet. A run that published before gets its data replaced in one step: whatever
 * happens, readers see the former data or the new ones, whole. Columns `__metadata_…` are made anew.
 *
 * @throws ConfigError `RUN_UNKNOWN`, before anything is written; `PARTITION_NOT_A_COLUMN`, `PARTITION_TYPE_REFUSED`;
 * DataError `DATASET_EMPTY`, `DATASET_TYPE_REFUSED`, `COLUMN_NAME_RESERVED`; TransientError `DATASET_PUBLISH_CONFLICT`
 * when another publish of the run came first
 */
export async function publishDataset(
  place: DatasetPlace,
  content: DatasetContent,
  options: PublishOptions,
): Promise<Published> {
  const { runId, runs, signal } = options
  const run = await runs(runId)
  if (run === null) throw runUnknown(place, runId)
  const before = await readRunManifest(place, runId, signal)
  await using own = 'sql' in content ? null : await openWorkDatabase()
  const database = own ?? (content as { readonly database: WorkDatabase }).database
  await stageContent(content, database, table, signal)
  const draft = await prepare(place, database, run.timestamp, options)
  const written: string[] = []
  try {
    const files = await writeFiles(place, database, draft, options, written)
    const manifest: RunManifest = { ...draft.manifest, files }
    // Listed before the manifest is written: whoever wrote something that is listed read the former manifest, and so
    // cannot publish any more once this one is there.
    const listed = await place.store.ls(runFolder(place, runId), signal)
    await writeManifest(place, manifest, before?.etag, before !== null, signal)
    await removeOthers(place, manifest, listed)
    return {
      ...{ uri: place.store.uri(folderOf(place, place.contract)), replaced: before !== null, files: files.length },
      rows: files.reduce((sum, { rows }) => sum + rows, 0),
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      partitions: draft.partitions.length,
    }
  } catch (error) {
    // What may be published by now is left where it is; the next publish of the run removes what is not.
    if (!(isMillraceError(error) && error.code === 'DATASET_PUBLISH_UNSURE')) {
      await Promise.allSettled(written.map((key) => place.store.rm(key)))
    }
    throw error
  }
}

interface Draft {
  readonly manifest: Omit<RunManifest, 'files'>
  readonly partitions: readonly {
    readonly path: string
    readonly values: readonly (string | null)[]
    readonly sql: string
  }[]
}

async function prepare(
  place: DatasetPlace,
  { connector, run }: WorkDatabase,
  timestamp: Date,
  { runId, partitionBy = [], appVersion = '', signal }: PublishOptions,
): Promise<Draft> {
  const { rows } = await run(`select 1 from ${table} limit 1`, signal)
  if (rows.length === 0) throw datasetEmpty()
  const columns = await columnsOf(connector, `select * from ${table}`)
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
  const described = await columnsOf(connector, `${select} from ${table}`)
  const manifest = {
    ...{ format: 1 as const, runId, publishId: randomUUID(), publishedAt: now.toISOString() },
    partitionBy: parts.map(({ name }) => name),
    partitionDataTypes: { [runIdColumn]: runIdType([runId]), ...Object.fromEntries(types) },
    columns: [...columns, ...described.slice(kept.length)],
  }
  if (parts.length === 0) return { manifest, partitions: [{ path: '', values: [], sql: `${select} from ${table}` }] }
  const names = parts.map(({ name }) => quoteName(name)).join(', ')
  // In the order of partitions, so that each of them is read without looking through all rows.
  await run(`create or replace table ${sortedTable} as select * from ${table} order by ${names}, rowid`, signal)
  await run(`drop table ${table}`, signal)
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
  return { manifest, partitions }
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

async function writeFiles(
  place: DatasetPlace,
  { connector }: WorkDatabase,
  { manifest, partitions }: Draft,
  { fileBytes = 60_000_000, signal = new AbortController().signal }: PublishOptions,
  written: string[],
): Promise<readonly PublishedFile[]> {
  const folder = runFolder(place, manifest.runId)
  const files: PublishedFile[] = []
  await using source = await connector.openSource()
  for (const { path, values, sql } of partitions) {
    const { columns, pieces } = await parquetPieces(source, sql, signal)
    const inRun = `${path === '' ? '' : `${path}/`}part-${manifest.publishId}-`
    const { objects } = await writeObjects(pieces, {
      ...{ store: place.store, columns, whole: true, signal, begin: (key) => void written.push(key) },
      target: { kind: 'file', path: folder, format: 'parquet', compression: 'none', splitBytes: fileBytes },
      keyOf: (index) => `${folder}/${inRun}${String(index).padStart(5, '0')}.parquet`,
    })
    for (const { key, rows, bytes } of objects) files.push({ name: key.slice(folder.length + 1), values, rows, bytes })
  }
  return files
}

/** The result of a query as row groups, in the order of its rows. */
async function parquetPieces(source: Source, sql: string, signal: AbortSignal) {
  const relation = { kind: 'query', sql } as const
  const schema = await source.describe(relation)
  const chunks = await source.planChunks(relation, schema, { parallel: 1 })
  async function* pieces() {
    for (const chunk of chunks) {
      yield* source.read({
        ...{ relation, columns: schema.columns, chunk, format: 'parquet', policy: 'error', signal },
        ledger: new LossLedger(),
        options: { parquetCompression: 'snappy', infinityAsExtremes: true },
      })
    }
  }
  return { columns: schema.columns, pieces: pieces() }
}

async function writeManifest(
  place: DatasetPlace,
  manifest: RunManifest,
  etag: string | null | undefined,
  existed: boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  const condition = !existed ? { ifAbsent: true } : etag == null ? {} : { ifEtag: etag }
  try {
    await writeJson(place.store, manifestKey(place, manifest.runId), manifest, {
      ...condition,
      ...(signal ? { signal } : {}),
    })
  } catch (cause) {
    // An answer that was lost on its way may have been a success.
    const now = await readRunManifest(place, manifest.runId).catch(() => null)
    if (now?.value.publishId === manifest.publishId) return
    const code = isMillraceError(cause) ? cause.code : ''
    if (code === 'OBJECT_EXISTS' || code === 'OBJECT_CHANGED') throw publishConflict(place, manifest.runId, cause)
    throw new TransientError('DATASET_PUBLISH_UNSURE', {
      message: `It is not known whether run ${manifest.runId} of the dataset "${place.contract.dataset}" was published, since the store stopped answering. Publish it again.`,
      cause,
    })
  }
}

async function removeOthers(
  place: DatasetPlace,
  { runId, files }: RunManifest,
  listed: readonly string[],
): Promise<void> {
  const folder = runFolder(place, runId)
  const current = new Set([manifestKey(place, runId), ...files.map(({ name }) => `${folder}/${name}`)])
  // What cannot be removed now is not read by anybody, and removed with the next publish of the run.
  await Promise.allSettled(listed.filter((key) => !current.has(key)).map((key) => place.store.rm(key)))
}

function runUnknown({ contract }: DatasetPlace, runId: string): ConfigError {
  return new ConfigError('RUN_UNKNOWN', {
    message: `There is no run ${runId}, so nothing of it can be published to the dataset "${contract.dataset}". Give the id of a run that exists.`,
    details: { runId, dataset: contract.dataset },
  })
}

function publishConflict({ contract }: DatasetPlace, runId: string, cause: unknown): TransientError {
  return new TransientError('DATASET_PUBLISH_CONFLICT', {
    message: `Another publish of run ${runId} to the dataset "${contract.dataset}" came first, and this one changed nothing. Publish again to replace it.`,
    details: { runId, dataset: contract.dataset },
    cause,
  })
}
