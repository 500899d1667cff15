import type { Scalar } from '../kit/connector.ts'
import type { ResultField } from './session.ts'

/** Protocol types whose values are plain in an object: tinyint, smallint, int, mediumint, year. */
const smallIntegers = new Set([1, 2, 3, 9, 13])

/** A value as it stands in an object, from the server's text. */
export function scalarOf(text: string | null, field: ResultField): Scalar {
  if (text === null) return null
  return smallIntegers.has(field.columnType) ? Number(text) : text
}
