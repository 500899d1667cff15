import type { DuckDBConnection } from '@duckdb/node-api'
import { nativeColumns } from '../duckdb/relation.ts'
import { textRows } from '../duckdb/text-rows.ts'
import { quoteName, quoteText } from '../kit/sql-quote.ts'
import { allHaveForm } from './csv-relation.ts'
import type { FileRelation } from './find-relations.ts'
import { quoteGlobFree } from './read-back.ts'

/** Types by the kind of JSON token they are made from; tried in this order. */
const numberTypes = ['BIGINT', 'DOUBLE']
const stringTypes = ['DATE', 'TIMESTAMP WITH TIME ZONE', 'TIMESTAMP']

/**
 * A SELECT over NDJSON files. Every column is read as its raw token, so that numbers keep their
 * digits and documents their text; a column gets a type when all of its rows agree on it.
 */
export async function jsonRelation(
  connection: DuckDBConnection,
  { files, compression }: FileRelation,
): Promise<string> {
  const list = `[${files.map(quoteGlobFree).join(', ')}]`
  const options = `format = 'newline_delimited', compression = '${compression === 'none' ? 'uncompressed' : compression}', maximum_object_size = 67108864`
  const found = await nativeColumns(
    connection,
    `read_json(${list}, ${options}, sample_size = -1, union_by_name = true, map_inference_threshold = -1)`,
  )
  const columns = found.map(({ name }) => `${quoteText(name)}: 'JSON'`).join(', ')
  const rows = `read_json(${list}, ${options}, columns = {${columns}})`
  const values: string[] = []
  for (const { name } of found) values.push(await columnSql(connection, rows, quoteName(name)))
  return `SELECT ${values.join(', ')} FROM ${rows}`
}

async function columnSql(connection: DuckDBConnection, rows: string, name: string): Promise<string> {
  const token = `CASE WHEN json_type(${name}) <> 'NULL' THEN CAST(${name} AS VARCHAR) END`
  const text = `(${name} ->> '$')`
  const [kinds] = await textRows(
    connection,
    `SELECT string_agg(DISTINCT CASE json_type(${name}) WHEN 'BIGINT' THEN 'number' WHEN 'UBIGINT' THEN 'number' WHEN 'DOUBLE' THEN 'number' WHEN 'HUGEINT' THEN 'number' WHEN 'VARCHAR' THEN 'string' WHEN 'BOOLEAN' THEN 'boolean' ELSE 'document' END, ',') FILTER (json_type(${name}) <> 'NULL') FROM ${rows}`,
  )
  const kind = kinds?.[0] ?? 'string'
  if (kind === 'boolean') return `CAST(${text} AS BOOLEAN) AS ${name}`
  if (kind !== 'number' && kind !== 'string') return `CAST(${token} AS JSON) AS ${name}`
  const types = kind === 'number' ? numberTypes : stringTypes
  const tests = types.map((type) => `(${allHaveForm(type, text)})::VARCHAR`)
  const [verdicts] = await textRows(connection, `SELECT ${tests.join(', ')} FROM ${rows}`)
  const type = types.find((_, index) => verdicts?.[index] === 'true')
  if (type) return `CAST(${text} AS ${type}) AS ${name}`
  // Numbers with more digits than a double keeps stay as they are written.
  return kind === 'number' ? `${token} AS ${name}` : `${text} AS ${name}`
}
