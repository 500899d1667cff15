import type { Scalar } from '@millrace/connectors'
import { ConfigError, closestName } from '@millrace/core'
import { compareKeys, type PartitionKey, type PartitionType, partitionKey } from './partition-values.ts'
import { type RunManifest, runIdColumn } from './run-manifest.ts'

export const comparisons = ['==', '!=', '>', '<', '>=', '<='] as const

export type Comparison = (typeof comparisons)[number]

/** `==` holds for any of the values, `!=` when none of them is it; the others compare with one value. */
export type PartitionFilter = {
  readonly partition: string
  readonly comparison: Comparison
  readonly values: readonly Scalar[]
}

/** Says of a partition's value, in canonical text, whether it is wanted. */
export type PartitionTest = (value: string | null) => boolean

/** @throws ConfigError `FILTER_INVALID`; DataError `PARTITION_VALUE_INVALID` */
export function partitionTest(filter: PartitionFilter, type: PartitionType): PartitionTest {
  const { partition, comparison, values } = checkFilter(filter)
  const keys = values.map((value) => partitionKey(partition, type, value))
  const keyOf = (value: string | null) => partitionKey(partition, type, value)
  if (comparison === '==') return (value) => keys.includes(keyOf(value))
  if (comparison === '!=') return (value) => !keys.includes(keyOf(value))
  if (type === 'string' || type === 'category' || type === 'bool') {
    throw invalid(filter, `compares by order, and values of type ${type} have none. Use == or !=`)
  }
  const [bound = null] = keys
  if (bound === null) throw invalid(filter, 'compares by order, which null has not. Use == or !=')
  return (value) => {
    const key = keyOf(value)
    return key !== null && holds[comparison](key, bound)
  }
}

const holds: Readonly<Record<Exclude<Comparison, '==' | '!='>, (a: PartitionKey, b: PartitionKey) => boolean>> = {
  '>': (a, b) => compareKeys(a, b) > 0,
  '<': (a, b) => compareKeys(a, b) < 0,
  '>=': (a, b) => compareKeys(a, b) >= 0,
  '<=': (a, b) => compareKeys(a, b) <= 0,
}

/** What is wrong with a filter whatever the type of its partition is. */
export function checkFilter(filter: PartitionFilter): PartitionFilter {
  const { comparison, values } = filter
  if (!comparisons.includes(comparison)) throw invalid(filter, `is none of ${comparisons.join(', ')}`)
  if (values.length === 0) throw invalid(filter, 'has no value to compare with')
  if (comparison !== '==' && comparison !== '!=' && values.length !== 1) {
    throw invalid(filter, `compares by order, which takes exactly one value, and it has ${values.length}`)
  }
  return filter
}

function invalid({ partition, comparison }: PartitionFilter, why: string): ConfigError {
  return new ConfigError('FILTER_INVALID', {
    message: `The filter "${comparison}" on the partition "${partition}" ${why}.`,
    details: { partition, comparison },
  })
}

/** Runs can differ in what they are partitioned by: the one that lacks it is named. */
export function partitionUnknown(
  dataset: string,
  partition: string,
  { runId, partitionBy }: Pick<RunManifest, 'runId' | 'partitionBy'>,
): ConfigError {
  const known = [runIdColumn, ...partitionBy]
  const nearest = closestName(partition, known)
  const hint =
    nearest === undefined
      ? `Where other runs have it, leave this one out by a filter on ${runIdColumn}.`
      : `Did you mean "${nearest}"?`
  return new ConfigError('PARTITION_UNKNOWN', {
    message: `Run ${runId} of the dataset "${dataset}" has no partition "${partition}", only ${known.join(', ')}. ${hint}`,
    details: { dataset, partition, known, runId },
  })
}
