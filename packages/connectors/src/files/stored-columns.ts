import type { Column } from '@millrace/formats'
import type { FileTarget } from './place.ts'
import { csvFirstRow, firstLine } from './read-back.ts'

/**
 * All columns of a file in their order, of which `known` may name only some: a hash leaves columns
 * out whose values were altered on the way. A column that is not known is read over.
 */
export async function storedColumns(
  path: string,
  target: FileTarget,
  known: readonly Column[],
): Promise<readonly Column[]> {
  if (target.format === 'parquet') return known
  const names = target.format === 'csv' ? await csvNames(path, target, known) : await jsonNames(path, target)
  if (names === null || names.length === known.length) return known
  return names.map((name) => known.find((column) => column.name === name) ?? unknown(name, target))
}

function unknown(name: string, { format }: FileTarget): Column {
  // A document is whatever stands there.
  return { name, type: { kind: format === 'csv' ? 'text' : 'json' }, nullable: true, sourceType: '' }
}

async function csvNames(path: string, target: FileTarget, known: readonly Column[]): Promise<string[] | null> {
  const row = await csvFirstRow(path, target.compression)
  if (row === null || target.csv?.header) return row
  return row.map((_, index) => known[index]?.name ?? `column ${index + 1}`)
}

async function jsonNames(path: string, target: FileTarget): Promise<string[] | null> {
  const line = await firstLine(path, target.compression)
  return line === null ? null : Object.keys(JSON.parse(line) as object)
}
