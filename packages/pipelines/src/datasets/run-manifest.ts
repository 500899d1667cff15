import { parsePartitionPath, partitionPath, readJson, type StoredJson } from '@millrace/connectors'
import type { Column } from '@millrace/formats'
import type { PartitionFilter } from './filters.ts'
import type { PartitionType } from './partition-values.ts'
import { type DatasetPlace, folderOf } from './place.ts'

/** The partition that every dataset has. */
export const runIdColumn = '__metadata_run_id'

export interface PublishedFile {
  /** Below the folder of the run. */
  readonly name: string
  /** Of `partitionBy`, in this order, as canonical text. */
  readonly values: readonly (string | null)[]
  readonly rows: number
  readonly bytes: number
}

/** What a run published. It is one object, replaced in one step: readers see the files of one publish, all of them. */
export interface RunManifest {
  readonly format: 1
  readonly runId: string
  /** Of the publish, and part of the names of its files. */
  readonly publishId: string
  readonly publishedAt: string
  /** Besides the run id, which comes first. */
  readonly partitionBy: readonly string[]
  readonly partitionDataTypes: Readonly<Record<string, PartitionType>>
  /** All columns, those of partitions too, but without the run id. */
  readonly columns: readonly Column[]
  readonly files: readonly PublishedFile[]
}

export const manifestName = '_current.json'

/** The folder of a run, as Hive names partitions. */
export function runFolder(place: DatasetPlace, runId: string): string {
  return `${folderOf(place, place.contract)}/${partitionPath([runIdAsColumn], [runId])}`
}

const runIdAsColumn: Column = { name: runIdColumn, type: { kind: 'text' }, nullable: false, sourceType: 'VARCHAR' }

export function manifestKey(place: DatasetPlace, runId: string): string {
  return `${runFolder(place, runId)}/${manifestName}`
}

export async function readRunManifest(
  place: DatasetPlace,
  runId: string,
  signal?: AbortSignal,
): Promise<StoredJson<RunManifest> | null> {
  return await readJson<RunManifest>(place.store, manifestKey(place, runId), signal)
}

/** Ids of the runs that published: those of the engine grow, other engines' are in the order of their texts. */
export async function publishedRuns(place: DatasetPlace, signal?: AbortSignal): Promise<readonly string[]> {
  const folder = folderOf(place, place.contract)
  const ids: string[] = []
  for await (const { key } of place.store.list(folder, signal ? { signal } : {})) {
    const [run = '', name, ...more] = key.slice(folder.length + 1).split('/')
    if (name !== manifestName || more.length > 0) continue
    const [part] = parsePartitionPath([run]) ?? []
    if (part?.name === runIdColumn && part.value !== null) ids.push(part.value)
  }
  return ids.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
}

/** The runs that filters name, without listing all of them where that is enough. */
export async function runsFor(
  place: DatasetPlace,
  filters: readonly PartitionFilter[],
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const named = filters.find(({ partition, comparison }) => partition === runIdColumn && comparison === '==')
  return named === undefined ? await publishedRuns(place, signal) : [...new Set(named.values.map(String))]
}
