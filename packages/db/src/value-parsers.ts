import { DataError } from '@millrace/core'
import pg from 'pg'

type Parse = (text: string) => unknown

/** A counter or an id fits a number; what does not is refused, since it would silently become another one. */
function safeInteger(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value)) return value
  throw new DataError('DATABASE_INTEGER_TOO_LARGE', {
    message: `The integer ${text} is beyond 2^53 and has no exact number. Select it as text.`,
  })
}

const asText: Parse = (text) => text
const arrayOf = (parse: Parse): Parse => {
  // The driver has the parser of arrays, and its types leave it out.
  const { arrayParser } = pg.types as unknown as {
    arrayParser: { create(text: string, parse: Parse): { parse(): unknown[] } }
  }
  return (text) => arrayParser.create(text, parse).parse()
}

/** By type oid. What the driver would turn into a Date of the machine's own time zone stays text. */
const parsers = new Map<number, Parse>([
  [20, safeInteger],
  [1016, arrayOf(safeInteger)],
  [1082, asText],
  [1182, arrayOf(asText)],
  [1114, asText],
  [1115, arrayOf(asText)],
  [1186, asText],
  [1187, arrayOf(asText)],
])

export const valueParsers = {
  getTypeParser(oid: number, format: 'text' | 'binary' = 'text'): Parse {
    return parsers.get(oid) ?? (pg.types.getTypeParser(oid, format as 'text') as Parse)
  },
}
