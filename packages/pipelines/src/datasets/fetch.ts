import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { quoteName, quoteText } from '@millrace/connectors'
import { ConfigError, closestName, DataError, isMillraceError } from '@millrace/core'
import type { Column } from '@millrace/formats'
import { checkFilter, type PartitionFilter, partitionTest, partitionUnknown } from './filters.ts'
import { partitionLiteral, runIdType } from './partition-values.ts'
import type { DatasetPlace } from './place.ts'
import {
  type PublishedFile,
  publishedRuns,
  type RunManifest,
  readRunManifest,
  runFolder,
  runIdColumn,
  runsFor,
} from './run-manifest.ts'
import type { WorkDatabase } from './work-database.ts'

export interface FetchOptions {
  /** All of them have to hold. Default: none. */
  readonly filters?: readonly PartitionFilter[]
  /** Default: all. */
  readonly columns?: readonly string[]
  readonly signal?: AbortSignal
}

export interface Fetched {
  readonly rows: number
  readonly files: number
  readonly bytes: number
  /** Runs whose data are in it. */
  readonly runs: number
  /** Empty when the dataset has nothing published at all: then there is no view either. */
  readonly columns: readonly string[]
}

/** What a run published and filters want of it. */
export interface WantedRun {
  readonly manifest: RunManifest
  readonly files: readonly PublishedFile[]
}

/**
 * Downloads what filters want of a dataset, and makes it a view of a work database. Nothing else is downloaded.
 *
 * @throws ConfigError `PARTITION_UNKNOWN`, `FILTER_INVALID`, `COLUMN_UNKNOWN`; DataError `PARTITION_VALUE_INVALID`,
 * `DATASET_CHANGING`
 */
export async function fetchDataset(
  place: DatasetPlace,
  database: WorkDatabase,
  view: string,
  { filters = [], columns: wanted, signal }: FetchOptions = {},
): Promise<Fetched> {
  for (let attempt = 1; ; attempt++) {
    const found = await wantedRuns(place, filters, signal)
    try {
      const folder = join(database.folder, `fetch-${crypto.randomUUID()}`)
      const files = await download(place, found, folder, signal)
      const columns = await createView(place, database, view, found, files, wanted, signal)
      return {
        ...{ rows: sum(files, 'rows'), files: files.length, bytes: sum(files, 'bytes'), columns },
        runs: found.filter((run) => run.files.length > 0).length,
      }
    } catch (error) {
      // A run was published again meanwhile, and its former files are gone.
      if (!isMillraceError(error) || error.code !== 'OBJECT_NOT_FOUND') throw error
      if (attempt === 5) throw changing(place, error)
    }
  }
}

/** How many runs and files filters want of a dataset, without downloading any. */
export async function countDataset(
  place: DatasetPlace,
  filters: readonly PartitionFilter[] = [],
  signal?: AbortSignal,
): Promise<Pick<Fetched, 'runs' | 'files' | 'rows'>> {
  const files = (await wantedRuns(place, filters, signal)).map((run) => run.files).filter(({ length }) => length > 0)
  return { runs: files.length, files: files.flat().length, rows: files.flat().reduce((sum, { rows }) => sum + rows, 0) }
}

/** The runs that filters want something of, or whose columns they do not exclude; one at least, where there is one. */
export async function wantedRuns(
  place: DatasetPlace,
  filters: readonly PartitionFilter[],
  signal?: AbortSignal,
): Promise<readonly WantedRun[]> {
  for (const filter of filters) checkFilter(filter)
  const ids = await runsFor(place, filters, signal)
  const idType = runIdType(ids)
  const ofRun = filters
    .filter(({ partition }) => partition === runIdColumn)
    .map((filter) => partitionTest(filter, idType))
  const others = filters.filter(({ partition }) => partition !== runIdColumn)
  const found: WantedRun[] = []
  for (const id of ids) {
    if (!ofRun.every((test) => test(id))) continue
    const manifest = (await readRunManifest(place, id, signal))?.value
    if (manifest === undefined) continue
    const tests = others.map((filter) => {
      const at = manifest.partitionBy.indexOf(filter.partition)
      const type = manifest.partitionDataTypes[filter.partition]
      if (at < 0 || type === undefined) {
        throw partitionUnknown(place.contract.dataset, filter.partition, [runIdColumn, ...manifest.partitionBy])
      }
      const test = partitionTest(filter, type)
      return (file: PublishedFile) => test(file.values[at] ?? null)
    })
    found.push({ manifest, files: manifest.files.filter((file) => tests.every((test) => test(file))) })
  }
  return found.length > 0 ? found : await columnsOnly(place, signal)
}

/** Nothing of some run, which tells the columns of the dataset. */
async function columnsOnly(place: DatasetPlace, signal: AbortSignal | undefined): Promise<readonly WantedRun[]> {
  const last = (await publishedRuns(place, signal)).at(-1)
  const manifest = last === undefined ? undefined : (await readRunManifest(place, last, signal))?.value
  return manifest === undefined ? [] : [{ manifest, files: [] }]
}

interface LocalFile extends PublishedFile {
  readonly path: string
  readonly manifest: RunManifest
}

async function download(
  place: DatasetPlace,
  runs: readonly WantedRun[],
  folder: string,
  signal: AbortSignal | undefined,
): Promise<readonly LocalFile[]> {
  await mkdir(folder, { mode: 0o700 })
  const files = runs.flatMap(({ manifest, files: own }) => own.map((file) => ({ ...file, manifest })))
  const local = files.map((file, index) => ({
    ...file,
    path: join(folder, `${String(index).padStart(6, '0')}.parquet`),
  }))
  const waiting = local.values()
  const take = async () => {
    for (const { path, name, manifest } of waiting) {
      const key = `${runFolder(place, manifest.runId)}/${name}`
      await pipeline(place.store.read(key, signal ? { signal } : {}), createWriteStream(path, { mode: 0o600 }))
    }
  }
  try {
    await Promise.all(Array.from({ length: 4 }, take))
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
  return local
}

async function createView(
  place: DatasetPlace,
  { run }: WorkDatabase,
  view: string,
  runs: readonly WantedRun[],
  files: readonly LocalFile[],
  wanted: readonly string[] | undefined,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const newest = runs.toSorted((a, b) => (a.manifest.publishedAt < b.manifest.publishedAt ? 1 : -1))
  const known = new Map<string, Column>()
  for (const { manifest } of newest)
    for (const column of manifest.columns) if (!known.has(column.name)) known.set(column.name, column)
  if (known.size === 0) return []
  const runIdSql = runIdType(runs.map(({ manifest }) => manifest.runId)) === 'integer' ? 'BIGINT' : 'VARCHAR'
  const runId: Column = { name: runIdColumn, type: { kind: 'text' }, nullable: false, sourceType: runIdSql }
  const columns = checkedColumns(place, [...known.keys(), runIdColumn], wanted)
  const names = columns.map(quoteName).join(', ')
  // Runs can differ in what they are partitioned by.
  const groups = [...Map.groupBy(files, ({ manifest }) => manifest.partitionBy.join('\n')).values()]
  const selects: string[] = []
  for (const [index, group] of groups.entries()) {
    const partitionBy = group[0]?.manifest.partitionBy ?? []
    const parts = `${view} partitions ${index}`
    const partColumns = [...partitionBy.map((name) => known.get(name) as Column), runId]
    const rows = group.map(({ path, values, manifest }) => {
      const cells = [...values, manifest.runId].map((value, at) => partitionLiteral(partColumns[at] as Column, value))
      return `(${[quoteText(path), ...cells].join(', ')})`
    })
    const partNames = ['__millrace_path', ...partColumns.map(({ name }) => name)].map(quoteName).join(', ')
    await run(
      `create table ${quoteName(parts)} as select * from (values ${rows.join(', ')}) as p (${partNames})`,
      signal,
    )
    const paths = group.map(({ path }) => quoteText(path)).join(', ')
    selects.push(
      `select f.* exclude (__millrace_file), p.* exclude (__millrace_path)
       from read_parquet([${paths}], union_by_name = true, hive_partitioning = false, filename = '__millrace_file') as f
       join ${quoteName(parts)} as p on f.__millrace_file = p.__millrace_path`,
    )
  }
  const all = [...selects, emptyRows([...known.values(), runId])].join('\nunion all by name\n')
  await run(`create or replace view ${quoteName(view)} as select ${names} from (${all})`, signal)
  return columns
}

/** No rows, but every column: also where no file is wanted. */
function emptyRows(columns: readonly Column[]): string {
  const cells = columns.map((column) => `${partitionLiteral(column, null)} as ${quoteName(column.name)}`)
  return `select ${cells.join(', ')} where false`
}

function checkedColumns(
  { contract }: DatasetPlace,
  known: readonly string[],
  wanted: readonly string[] | undefined,
): readonly string[] {
  for (const name of wanted ?? []) {
    if (known.includes(name)) continue
    const nearest = closestName(name, known)
    throw new ConfigError('COLUMN_UNKNOWN', {
      message: `The dataset "${contract.dataset}" has no column "${name}".${nearest ? ` Did you mean "${nearest}"?` : ''} It has ${known.join(', ')}.`,
      details: { dataset: contract.dataset, column: name },
    })
  }
  return wanted ?? known
}

function sum(files: readonly LocalFile[], field: 'rows' | 'bytes'): number {
  return files.reduce((total, file) => total + file[field], 0)
}

function changing({ contract }: DatasetPlace, cause: unknown): DataError {
  return new DataError('DATASET_CHANGING', {
    message: `The dataset "${contract.dataset}" was published again each of the five times that it was read. Try again when its runs have ended.`,
    cause,
  })
}
