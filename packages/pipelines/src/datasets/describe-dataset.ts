import type { Column } from '@millrace/formats'
import type { PartitionType } from './partition-values.ts'
import type { DatasetPlace } from './place.ts'
import { publishedRuns } from './run-manifest.ts'
import { readManifests } from './wanted-runs.ts'

export interface DescribedRun {
  readonly runId: string
  /** ISO 8601. */
  readonly publishedAt: string
  readonly rows: number
  readonly files: number
  readonly bytes: number
}

/** What is there of a dataset, without downloading any of it. */
export interface DescribedDataset {
  /** Of the run that published last; empty when none did. Without the id of the run. */
  readonly columns: readonly Column[]
  /** Besides the id of the run. */
  readonly partitions: readonly { readonly name: string; readonly type: PartitionType }[]
  /** The newest, by when they published. */
  readonly runs: readonly DescribedRun[]
  /** Older ones, which were not looked at. */
  readonly moreRuns: number
}

/** @param options.mostRuns How many are looked at. Default 100. */
export async function describeDataset(
  place: DatasetPlace,
  { mostRuns = 100, signal }: { readonly mostRuns?: number; readonly signal?: AbortSignal } = {},
): Promise<DescribedDataset> {
  const ids = await publishedRuns(place, signal)
  const found = await readManifests(place, ids.slice(-mostRuns), signal)
  const manifests = found.toSorted((a, b) => (a.publishedAt < b.publishedAt ? 1 : -1))
  const [newest] = manifests
  return {
    columns: newest?.columns ?? [],
    partitions: (newest?.partitionBy ?? []).map((name) => ({
      name,
      type: newest?.partitionDataTypes[name] ?? 'string',
    })),
    runs: manifests.map(({ runId, publishedAt, files }) => ({
      ...{ runId, publishedAt, files: files.length },
      rows: files.reduce((sum, { rows }) => sum + rows, 0),
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    })),
    moreRuns: Math.max(0, ids.length - mostRuns),
  }
}
