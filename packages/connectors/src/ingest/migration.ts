import type { SuggestedColumn } from '../kit/connector.ts'
import { NonSupportedMigration } from './errors.ts'

export interface TargetColumn {
  readonly name: string
  readonly type: string
  /** Filled by Tinybird itself, and so no part of a comparison. */
  readonly auto?: boolean
}

/**
 * The columns that a data source needs for what the source has by now, such as "`note` Nullable(String)",
 * in the order of the source. Names are compared without case, types without their parameters of time.
 *
 * @throws NonSupportedMigration when a column is gone or its type is another one
 */
export function migration(source: readonly SuggestedColumn[], target: readonly TargetColumn[]): string[] {
  const existing = target.filter((column) => column.auto !== true)
  const wanted = new Map(source.map((column) => [column.name.toLowerCase(), column]))
  for (const { name, type } of existing) {
    const column = wanted.get(name.toLowerCase())
    if (column === undefined) {
      throw refuse(`The source has no column "${name}" any more, but the data source has.`, name)
    }
    if (comparable(type) !== comparable(column.chType.name)) {
      throw refuse(`The column "${name}" is ${type} in the data source, and would be ${column.chType.name} now.`, name)
    }
  }
  const names = new Set(existing.map(({ name }) => name.toLowerCase()))
  return source
    .filter(({ name }) => !names.has(name.toLowerCase()))
    .map(({ name, chType }) => `\`${name}\` ${chType.name}`)
}

/** Without Nullable, and for times without precision and zone. */
function comparable(type: string): string {
  const bare = type.replace(/^Nullable\((.*)\)$/s, '$1')
  return bare
    .replace(/^(DateTime|DateTime64)\(.*\)$/s, '$1')
    .replaceAll(' ', '')
    .toLowerCase()
}

function refuse(what: string, column: string): NonSupportedMigration {
  return new NonSupportedMigration({
    message: `${what} Adding columns cannot mend that: make a new data source, or cast the column in the query.`,
    details: { column },
  })
}
