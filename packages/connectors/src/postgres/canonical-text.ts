import type { Column } from '@millrace/formats'

const textual = /^(text|character varying(\(\d+\))?|varchar(\(\d+\))?)$/
const numeric = /^numeric(?:\((\d+),(-?\d+)\))?$/

/** The output function, which a cast to text is not: `char(n)` loses its padding in a cast, `inet` gains a mask, `bool` becomes `true`. */
const printed = (name: string) => `CASE WHEN num_nulls(${name}) = 0 THEN concat(${name}) END`

/**
 * A SQL expression for a column's canonical text (see `LogicalType`), NULL for NULL, in a session
 * pinned as every session of ours is. `actualType` is the column's own type as `format_type` prints
 * it, where that can differ from the logical type: a destination may keep a duration as `interval`,
 * a small decimal in a wider one, or anything as text.
 */
export function canonicalTextExpression(column: Column, quotedName: string, actualType?: string): string {
  const { type } = column
  if (actualType !== undefined && textual.test(actualType)) return quotedName
  const declared = actualType ?? column.sourceType
  if (declared === 'money' || declared === 'money[]')
    return `${quotedName}::${declared.replace('money', 'numeric')}::text`
  switch (type.kind) {
    case 'boolean':
      return `CASE ${quotedName} WHEN true THEN 't' WHEN false THEN 'f' END`
    case 'integer':
    case 'decimal': {
      const scale = type.kind === 'integer' ? 0 : type.scale
      const actual = actualType === undefined ? null : numeric.exec(actualType)
      const actualScale = actual?.[2] === undefined ? 0 : Math.max(0, Number(actual[2]))
      if (actual?.[1] !== undefined && scale !== null && Math.max(0, scale) !== actualScale) {
        return `round(${quotedName}, ${Math.max(0, scale)})::text`
      }
      return `${quotedName}::text`
    }
    case 'float':
      return type.bits === 32 && actualType === 'double precision' ? `${quotedName}::real::text` : `${quotedName}::text`
    case 'duration':
      return `(extract(epoch FROM ${quotedName}::interval) * 1000000)::bigint::text`
    case 'text':
      return textual.test(column.sourceType) && actualType === undefined ? quotedName : printed(quotedName)
    case 'binary':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'interval':
    case 'uuid':
    case 'json':
    case 'enum':
    case 'list':
      return `${quotedName}::text`
  }
}

/**
 * A query with one row `rows, high, low` (all text) for the content hash of a relation, where
 * `relation` is anything that can stand in FROM and `texts` are canonical text expressions over it.
 * The sums are signed; modulo 2^64 they equal the unsigned ones.
 */
export function contentHashQuery(relation: string, texts: readonly string[], serverEncoding = 'UTF8'): string {
  // Lengths and MD5 are over UTF-8, whatever the database is encoded in; SQL_ASCII hands its bytes out as they are.
  const bytes = (text: string) => (/^(UTF8|SQL_ASCII)$/.test(serverEncoding) ? text : `convert_to(${text}, 'UTF8')`)
  const cells = texts.map(
    (_, index) =>
      `CASE WHEN c${index} IS NULL THEN '~' ELSE octet_length(${bytes(`c${index}`)}) || ':' || c${index} END`,
  )
  const columns = texts.map((text, index) => `${text} AS c${index}`)
  // Rows of no columns still count: their text is empty.
  const row = cells.length === 0 ? `''` : joined(cells)
  return `
    SELECT count(*)::text AS rows,
           coalesce(sum(substring(h, 1, 64)::bigint), 0)::text AS high,
           coalesce(sum(substring(h, 65, 64)::bigint), 0)::text AS low
      FROM (SELECT ('x' || md5(${bytes(row)}))::bit(128) AS h
              -- The fence keeps each text from being made once for its length and once more for itself.
              FROM (SELECT ${columns.join(', ') || '1'} FROM ${relation} OFFSET 0) AS cells OFFSET 0) AS hashes`
}

/**
 * The cells joined as a balanced tree. Every `||` makes a copy that the server keeps until the row is
 * done: in a chain, 150 megabytes in 150 columns would become 11 gigabytes.
 */
function joined(cells: readonly string[]): string {
  if (cells.length === 1) return cells[0] as string
  const half = cells.length >> 1
  return `(${joined(cells.slice(0, half))} || ${joined(cells.slice(half))})`
}
