import { quoteName, type Scalar } from '@millrace/connectors'
import { ConfigError, closestName } from '@millrace/core'
import type { Column } from '@millrace/formats'
import { type PartitionFilter, partitionTest } from './filters.ts'
import { partitionKey, partitionLiteral, partitionTypeOf } from './partition-values.ts'
import { runIdColumn } from './run-manifest.ts'

/** A filter on any column, by the rules of those on partitions. */
export type ColumnFilter = {
  readonly column: string
  readonly comparison: PartitionFilter['comparison']
  readonly values: PartitionFilter['values']
}

/** Filters by what can hold them: whole files that are not fetched, and rows of those that are. */
export interface SplitFilters {
  readonly partitions: readonly PartitionFilter[]
  /** Condition of DuckDB on the rows of the view; null when there is none. */
  readonly condition: string | null
}

/**
 * @throws ConfigError `COLUMN_UNKNOWN`, `FILTER_INVALID`, `PARTITION_TYPE_REFUSED`; DataError `PARTITION_VALUE_INVALID`
 */
export function splitFilters(
  filters: readonly ColumnFilter[],
  { columns, partitions }: { readonly columns: readonly Column[]; readonly partitions: readonly { name: string }[] },
): SplitFilters {
  const ofFiles: PartitionFilter[] = []
  const conditions: string[] = []
  for (const { column: name, comparison, values } of filters) {
    const filter = { partition: name, comparison, values }
    if (name === runIdColumn || partitions.some((one) => one.name === name)) {
      ofFiles.push(filter)
      continue
    }
    const column = columns.find((one) => one.name === name)
    if (column === undefined) throw columnUnknown(name, [...columns.map((one) => one.name), runIdColumn])
    // Says what is wrong with the values, as for a partition.
    partitionTest(filter, partitionTypeOf(column))
    conditions.push(conditionOf(column, filter))
  }
  return { partitions: ofFiles, condition: conditions.length === 0 ? null : conditions.join(' and ') }
}

function conditionOf(given: Column, { comparison, values }: PartitionFilter): string {
  const type = partitionTypeOf(given)
  // A day is its first moment, as it is where it is a partition.
  const column = given.type.kind === 'date' ? { ...given, sourceType: 'TIMESTAMP' } : given
  // As it is, a whole number can be one that the column has no room for.
  const literalOf = (value: Scalar) =>
    type === 'integer' ? `${partitionKey(column.name, type, value)}` : partitionLiteral(column, `${value}`)
  const literals = values.filter((value) => value !== null).map(literalOf)
  const name = quoteName(column.name)
  // Of earlier runs it may have had another type: what is no value of this one equals none.
  const cell = `try_cast(${name} as ${type === 'category' ? 'VARCHAR' : column.sourceType})`
  if (comparison !== '==' && comparison !== '!=') return `${cell} ${comparison} ${literals[0]}`
  const isOne = [
    ...(values.includes(null) ? [`${name} is null`] : []),
    ...(literals.length > 0 ? [`coalesce(${cell} in (${literals.join(', ')}), false)`] : []),
  ].join(' or ')
  return comparison === '==' ? `(${isOne})` : `not (${isOne})`
}

function columnUnknown(name: string, known: readonly string[]): ConfigError {
  const nearest = closestName(name, known)
  return new ConfigError('COLUMN_UNKNOWN', {
    message: `The dataset has no column "${name}".${nearest ? ` Did you mean "${nearest}"?` : ''} It has ${known.join(', ')}.`,
    details: { column: name },
  })
}
