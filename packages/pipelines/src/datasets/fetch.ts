import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { DataError, isMillraceError } from '@millrace/core'
import { createView, type LocalFile } from './dataset-view.ts'
import type { PartitionFilter } from './filters.ts'
import type { DatasetPlace } from './place.ts'
import { runFolder } from './run-manifest.ts'
import { type DatasetSize, sizeOf, type WantedRun, wantedRuns } from './wanted-runs.ts'
import type { WorkDatabase } from './work-database.ts'

export interface FetchOptions {
  /** All of them have to hold. Default: none. */
  readonly filters?: readonly PartitionFilter[]
  /** Default: all. */
  readonly columns?: readonly string[]
  /**
   * Files are taken, those of the run that published last first, until they have as many rows or bytes; one at least. Default:
   * all.
   */
  readonly most?: { readonly rows?: number; readonly bytes?: number }
  readonly signal?: AbortSignal
}

export interface Fetched extends DatasetSize {
  /** What filters want, whether or not all of it was fetched. */
  readonly wanted: DatasetSize
  /** Empty when the dataset has nothing published at all: then there is no view either. */
  readonly columns: readonly string[]
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
  { filters = [], columns: chosen, most, signal }: FetchOptions = {},
): Promise<Fetched> {
  for (let attempt = 1; ; attempt++) {
    const all = await wantedRuns(place, filters, signal)
    const found = most === undefined ? all : newestFirst(all, most)
    try {
      const folder = join(database.folder, `fetch-${crypto.randomUUID()}`)
      const files = await download(place, found, folder, signal)
      const columns = await createView(place, database, view, found, files, chosen, signal)
      return {
        ...sizeOf(found),
        columns,
        wanted: sizeOf(all),
      }
    } catch (error) {
      // A run was published again meanwhile, and its former files are gone.
      if (!isMillraceError(error) || error.code !== 'OBJECT_NOT_FOUND') throw error
      if (attempt === 5) throw changing(place, error)
    }
  }
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

function newestFirst(
  runs: readonly WantedRun[],
  { rows = Number.POSITIVE_INFINITY, bytes = Number.POSITIVE_INFINITY }: NonNullable<FetchOptions['most']>,
): readonly WantedRun[] {
  const taken = { rows: 0, bytes: 0 }
  return runs
    .toSorted((a, b) => (a.manifest.publishedAt < b.manifest.publishedAt ? 1 : -1))
    .map(({ manifest, files }) => ({
      manifest,
      files: files.filter((file) => {
        if (taken.rows >= rows || taken.bytes >= bytes) return false
        taken.rows += file.rows
        taken.bytes += file.bytes
        return true
      }),
    }))
}

function changing({ contract }: DatasetPlace, cause: unknown): DataError {
  return new DataError('DATASET_CHANGING', {
    message: `The dataset "${contract.dataset}" was published again each of the five times that it was read. Try again when its runs have ended.`,
    cause,
  })
}
