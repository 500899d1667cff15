import { ConfigError, closestName, DataError } from '@millrace/core'
import type { Column } from '@millrace/formats'

/** Words that Hive's table format keeps for itself: a column of such a name cannot be read through an external table. */
const reservedWords = new Set(
  `all alter and array as between both by case cast column create cross cube current delete describe distinct drop else
  end exchange exists extended external false fetch following for from full function grant group grouping having if
  import in inner insert intersect into is join lateral left less like local macro map more none not null of on or order
  out outer over partialscan partition percent preceding preserve procedure range reads reduce revoke right rollup row
  rows select set table tablesample then to transform trigger true truncate unbounded union uniquejoin update user using
  values when where window with`.split(/\s+/),
)

/**
 * Refuses columns that a dataset cannot hold.
 *
 * @throws DataError `DATASET_TYPE_REFUSED`, `COLUMN_NAME_RESERVED`
 */
export function checkColumns(columns: readonly Column[]): void {
  for (const { name, type, sourceType } of columns) {
    if (type.kind === 'interval' || type.kind === 'duration') {
      throw new DataError('DATASET_TYPE_REFUSED', {
        message: `The column "${name}" is an ${sourceType}, an amount of time, which files of datasets do not hold. Turn it into a number, such as seconds.`,
        details: { column: name },
      })
    }
    if (reservedWords.has(name.toLowerCase())) {
      throw new DataError('COLUMN_NAME_RESERVED', {
        message: `"${name}" is a word that the table format keeps for itself, so no column can have it as its name. Give the column another name with AS.`,
        details: { column: name },
      })
    }
  }
}

/**
 * Columns of the partitions, each once.
 *
 * @throws ConfigError `PARTITION_NOT_A_COLUMN`
 */
export function partitionColumns(partitionBy: readonly string[], columns: readonly Column[]): readonly Column[] {
  const found = [...new Set(partitionBy)].map((partition) => {
    const column = columns.find(({ name }) => name === partition)
    if (column !== undefined) return column
    const names = columns.map(({ name }) => name)
    const nearest = closestName(partition, names)
    throw new ConfigError('PARTITION_NOT_A_COLUMN', {
      message: `The partition "${partition}" is no column of the data.${nearest ? ` Did you mean "${nearest}"?` : ''} The columns are ${names.join(', ')}.`,
      details: { partition, columns: names },
    })
  })
  return found
}
