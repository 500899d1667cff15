import type { Scalar } from '@millrace/connectors'
import { createDatasetContract } from './contract.ts'
import { type Fetched, type FetchOptions, fetchDataset } from './fetch.ts'
import { type PartitionFilter, partitionUnknown } from './filters.ts'
import {
  compareKeys,
  type PartitionKey,
  type PartitionType,
  partitionKey,
  plainValue,
  runIdType,
} from './partition-values.ts'
import type { DatasetPlace } from './place.ts'
import { publishedRuns, runIdColumn } from './run-manifest.ts'
import { wantedRuns } from './wanted-runs.ts'
import type { WorkDatabase } from './work-database.ts'

interface KeyedValue {
  readonly key: PartitionKey
  readonly value: Scalar
}

/**
 * The values of a partition, each once, in their order, null last.
 *
 * @throws ConfigError `PARTITION_UNKNOWN`
 */
export async function partitionValues(
  place: DatasetPlace,
  partition: string = runIdColumn,
  signal?: AbortSignal,
): Promise<readonly Scalar[]> {
  return (await keyedValues(place, partition, signal)).map(({ value }) => value)
}

/** The greatest value of a partition; null when there is none. */
export async function highestPartitionValue(
  place: DatasetPlace,
  partition: string = runIdColumn,
  signal?: AbortSignal,
): Promise<Scalar> {
  return (await keyedValues(place, partition, signal)).findLast(({ key }) => key !== null)?.value ?? null
}

/** The values of a partition that one dataset has and the other has not. */
export async function differingPartitionValues(
  place: DatasetPlace,
  other: DatasetPlace,
  partition: string = runIdColumn,
  signal?: AbortSignal,
): Promise<readonly Scalar[]> {
  // As texts: ids of runs are numbers in one, and texts in the other where somebody published under a name.
  const textOf = ({ key }: KeyedValue) => (key === null ? null : String(key))
  const there = new Set((await keyedValues(other, partition, signal)).map(textOf))
  return (await keyedValues(place, partition, signal))
    .filter((one) => !there.has(textOf(one)))
    .map(({ value }) => value)
}

export interface FetchDiffOptions extends Omit<FetchOptions, 'filters'> {
  /** Default: the run id. */
  readonly partition?: string
  /** Fetches what the other dataset has and this one has not. Default false. */
  readonly reverse?: boolean
}

/** Fetches the partitions that one dataset has and the other has not: what is still to be worked on. */
export async function fetchDiff(
  place: DatasetPlace,
  other: DatasetPlace,
  database: WorkDatabase,
  view: string,
  { partition = runIdColumn, reverse = false, ...options }: FetchDiffOptions = {},
): Promise<Fetched> {
  const [from, without] = reverse ? [other, place] : [place, other]
  const values = await differingPartitionValues(from, without, partition, options.signal)
  const filter: PartitionFilter =
    values.length > 0
      ? { partition, comparison: '==', values }
      : { partition, comparison: '!=', values: await partitionValues(from, partition, options.signal) }
  const filters = filter.values.length === 0 ? [] : [filter]
  return await fetchDataset(from, database, view, { ...options, filters })
}

export interface GetDiffOptions extends Omit<FetchOptions, 'filters'> {
  /** Of the partition. */
  readonly values: PartitionFilter['values']
  /** Default: the run id. */
  readonly partition?: string
  /** Default `==`. */
  readonly comparison?: PartitionFilter['comparison']
}

/** Fetches what some values of a partition, such as ids of runs, are of another dataset of the same state. */
export async function getDiff(
  place: DatasetPlace,
  dataset: string,
  database: WorkDatabase,
  view: string,
  { values, partition = runIdColumn, comparison = '==', ...options }: GetDiffOptions,
): Promise<Fetched> {
  const other = { ...place, contract: createDatasetContract({ ...place.contract, dataset }) }
  return await fetchDataset(other, database, view, { ...options, filters: [{ partition, comparison, values }] })
}

async function keyedValues(
  place: DatasetPlace,
  partition: string,
  signal: AbortSignal | undefined,
): Promise<readonly KeyedValue[]> {
  const found = new Map<PartitionKey, Scalar>()
  const add = (type: PartitionType, text: string | null) => {
    const key = partitionKey(partition, type, text)
    if (!found.has(key)) found.set(key, plainValue(type, text))
  }
  if (partition === runIdColumn) {
    const ids = await publishedRuns(place, signal)
    for (const id of ids) add(runIdType(ids), id)
  } else {
    for (const { manifest, files } of await wantedRuns(place, [], signal)) {
      const at = manifest.partitionBy.indexOf(partition)
      const type = manifest.partitionDataTypes[partition]
      if (at < 0 || type === undefined) {
        throw partitionUnknown(place.contract.dataset, partition, manifest)
      }
      for (const { values } of files) add(type, values[at] ?? null)
    }
  }
  return [...found].map(([key, value]) => ({ key, value })).toSorted((a, b) => compareKeys(a.key, b.key))
}
