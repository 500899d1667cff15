import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { DataError } from '@millrace/core'
import { textRows } from '../duckdb/text-rows.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { allHaveForm } from './csv-relation.ts'
import type { FileRelation } from './find-relations.ts'
import { spoolTokens } from './json-tokens.ts'
import { quoteGlobFree } from './read-back.ts'

/** Types by the kind of JSON token they are made from; tried in this order. */
const numberTypes = ['BIGINT', 'DOUBLE']
const stringTypes = ['DATE', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE']

/**
 * A SELECT over NDJSON files, by way of a file of their raw tokens in `folder`: numbers keep their
 * digits and documents their text. A column gets a type when all of its rows agree on it.
 */
export async function jsonRelation(
  connection: DuckDBConnection,
  { name, files, compression }: FileRelation,
  folder: string,
  index: number,
): Promise<string> {
  const spool = join(folder, `tokens-${index}.csv`)
  const keys = await spoolTokens(files, compression, spool)
  if (keys.length === 0) {
    throw new DataError('NDJSON_EMPTY', { message: `"${name}" holds no JSON object, so it has no columns.` })
  }
  // Names that differ only by case are one name to DuckDB, so the columns go by number until they are shown.
  const columns = keys.map((_, place) => `'c${place}': 'VARCHAR'`).join(', ')
  const rows = `read_csv(${quoteGlobFree(spool)}, auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false, null_padding = true, max_line_size = 16777216, buffer_size = 33554432, columns = {${columns}})`
  const values: string[] = []
  for (const [place, key] of distinct(keys).entries()) {
    values.push(`${await columnSql(connection, rows, `c${place}`)} AS ${quoteName(key)}`)
  }
  return `SELECT ${values.join(', ')} FROM ${rows}`
}

async function columnSql(connection: DuckDBConnection, rows: string, token: string): Promise<string> {
  const kind = `CASE WHEN ${token}[1] = '"' THEN 'string' WHEN ${token}[1] IN ('{', '[') THEN 'document' WHEN ${token}[1] IN ('t', 'f') THEN 'boolean' ELSE 'number' END`
  const [kinds] = await textRows(
    connection,
    `SELECT string_agg(DISTINCT ${kind}, ',') FILTER (${token} IS NOT NULL) FROM ${rows}`,
  )
  const only = kinds?.[0] ?? 'string'
  if (only === 'boolean') return `CAST(${token} AS BOOLEAN)`
  if (only !== 'number' && only !== 'string') return `CAST(${token} AS JSON)`
  const text = only === 'number' ? token : `json_extract_string(${token}, '$')`
  const types = only === 'number' ? numberTypes : stringTypes
  const tests = types.map((type) => `(${allHaveForm(type, text)})::VARCHAR`)
  const [verdicts] = await textRows(connection, `SELECT ${tests.join(', ')} FROM ${rows}`)
  const type = types.find((_, place) => verdicts?.[place] === 'true')
  // Numbers with more digits than a double keeps stay as they are written.
  return type ? `CAST(${text} AS ${type})` : text
}

function distinct(names: readonly string[]): string[] {
  const seen = new Set<string>()
  return names.map((given) => {
    let name = given === '' ? 'empty' : given
    for (let n = 2; seen.has(name.toLowerCase()); n++) name = `${given}_${n}`
    seen.add(name.toLowerCase())
    return name
  })
}
