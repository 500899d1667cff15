import type { Column, LogicalType } from '@millrace/formats'
import { duckdbType } from '../files/file-table.ts'
import type { FileRelation } from '../files/find-relations.ts'
import type { ObjectRelation } from './find-objects.ts'

/**
 * The columns that stand in paths, with canonical values for each object. Without a manifest the
 * type is found from all values: whole numbers, dates, booleans, else text.
 */
export function pathColumnsOf({ objects, partitionBy, manifest }: ObjectRelation): FileRelation['paths'] {
  if (partitionBy.length === 0) return undefined
  const given = objects.map(({ partition = [] }) => partition)
  if (manifest) {
    const columns = partitionBy.map((name) => manifest.columns.find((column) => column.name === name) as Column)
    return { columns, values: given }
  }
  const types = partitionBy.map((_, place) => typeOf(given.map((values) => values[place] ?? null)))
  const columns = partitionBy.map((name, place) => {
    const type = types[place] as LogicalType
    return { name, type, nullable: true, sourceType: duckdbType(type) }
  })
  const values = given.map((texts) =>
    texts.map((text, place) => (text !== null && types[place]?.kind === 'boolean' ? text.slice(0, 1) : text)),
  )
  return { columns, values }
}

function typeOf(values: readonly (string | null)[]): LogicalType {
  const texts = values.filter((value) => value !== null)
  const all = (test: (text: string) => boolean) => texts.length > 0 && texts.every(test)
  if (all((text) => /^(0|-?[1-9]\d{0,17})$/.test(text))) return { kind: 'integer', bits: 64, unsigned: false }
  if (all(isDate)) return { kind: 'date' }
  if (all((text) => text === 'true' || text === 'false')) return { kind: 'boolean' }
  return { kind: 'text' }
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}
