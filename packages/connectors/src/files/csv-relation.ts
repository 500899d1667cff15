import type { DuckDBConnection } from '@duckdb/node-api'
import { textRows } from '../duckdb/text-rows.ts'
import { quoteName, quoteText } from '../kit/sql-quote.ts'
import type { FileRelation } from './find-relations.ts'
import { csvFirstRow, firstLine, quoteGlobFree } from './read-back.ts'
import type { FilesSourceConfig } from './source.ts'

/**
 * What a value must look like for its column to have the type. Types are found in a sample, but
 * every row has to agree, and only forms that mean one thing count: `007` is no number, `01/02/2024` no date.
 */
export const strictForms: Readonly<Record<string, string>> = {
  BOOLEAN: '^(?i:true|false|t|f)$',
  BIGINT: '^(0|-?[1-9][0-9]{0,18})$',
  // Fifteen digits are what a double keeps for certain; with more of them its text has to come out the same.
  DOUBLE: '^-?(0|[1-9][0-9]{0,14})(\\.[0-9]{1,15})?([eE][-+]?[0-9]{1,3})?$|^(NaN|-?Infinity)$',
  DATE: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$',
  TIMESTAMP: '^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,6})?$',
  'TIMESTAMP WITH TIME ZONE':
    '^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,6})?([-+][0-9]{2}(:?[0-9]{2})?|Z)$',
  TIME: '^[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,6})?$',
}

/** SQL that is true when every value of `text` has the type's strict form and can be converted. */
export function allHaveForm(type: string, text: string): string {
  const form = `regexp_matches(${text}, ${quoteText(strictForms[type] ?? '^$')})`
  const fits =
    type === 'DOUBLE'
      ? `(${form} AND ${fewDigits(text)} OR CAST(TRY_CAST(${text} AS DOUBLE) AS VARCHAR) = ${text})`
      : form
  return `coalesce(bool_and(${text} IS NULL OR (${fits} AND TRY_CAST(${text} AS ${type}) IS NOT NULL)), false) AND count(${text}) > 0`
}

function fewDigits(text: string): string {
  const digits = `regexp_replace(split_part(lower(${text}), 'e', 1), '[^0-9]|^-?0*\\.?0*', '', 'g')`
  return `length(${digits}) <= 15`
}

/** A SELECT over CSV files in which NULL and the empty string stay apart. */
export async function csvRelation(
  connection: DuckDBConnection,
  { files, compression }: FileRelation,
  { header, allText }: FilesSourceConfig,
): Promise<string> {
  const first = files[0] as string
  const delimiter = guessDelimiter((await firstLine(first, compression)) ?? '')
  const row = (await csvFirstRow(first, compression, delimiter)) ?? ['column_1']
  const names = header ? distinct(row) : row.map((_, index) => `column_${index + 1}`)
  const columns = names.map((name) => `${quoteText(name)}: 'VARCHAR'`).join(', ')
  const options = [
    `[${files.map(quoteGlobFree).join(', ')}]`,
    'auto_detect = false',
    `delim = ${quoteText(delimiter)}`,
    `quote = '"'`,
    `escape = '"'`,
    `header = ${header}`,
    `nullstr = ''`,
    'allow_quoted_nulls = false',
    `compression = '${compression}'`,
    'max_line_size = 16777216',
    'buffer_size = 33554432',
    `columns = {${columns}}`,
  ]
  const rows = `read_csv(${options.join(', ')})`
  const types = allText ? names.map(() => 'VARCHAR') : await strictTypes(connection, rows, names.map(quoteName))
  const values = names.map((name, index) => {
    const type = types[index] ?? 'VARCHAR'
    return type === 'VARCHAR' ? quoteName(name) : `CAST(${quoteName(name)} AS ${type}) AS ${quoteName(name)}`
  })
  return `SELECT ${values.join(', ')} FROM ${rows}`
}

/** The first of the strict types that every value of a text has; text where none does. */
export async function strictTypes(
  connection: DuckDBConnection,
  from: string,
  texts: readonly string[],
): Promise<string[]> {
  const types = Object.keys(strictForms)
  // A sample rules most types out, so that few are left to check against every row.
  const sampled = await verdicts(
    connection,
    `(SELECT * FROM ${from} LIMIT 20000)`,
    texts.flatMap((text) => types.map((type) => ({ text, type }))),
  )
  const likely = texts.map((text) => types.filter((type) => sampled.has(`${type}\0${text}`)))
  const open = texts.flatMap((text, index) => (likely[index] ?? []).map((type) => ({ text, type })))
  const proven = await verdicts(connection, from, open)
  return texts.map((text, index) => (likely[index] ?? []).find((type) => proven.has(`${type}\0${text}`)) ?? 'VARCHAR')
}

async function verdicts(
  connection: DuckDBConnection,
  from: string,
  asked: readonly { text: string; type: string }[],
): Promise<Set<string>> {
  const yes = new Set<string>()
  if (asked.length === 0) return yes
  const tests = asked.map(({ text, type }) => `(${allHaveForm(type, text)})::VARCHAR`)
  const [row] = await textRows(connection, `SELECT ${tests.join(', ')} FROM ${from}`)
  asked.forEach(({ text, type }, index) => {
    if (row?.[index] === 'true') yes.add(`${type}\0${text}`)
  })
  return yes
}

/** The one of the usual delimiters that stands most often in the first line, outside of quotes. */
function guessDelimiter(line: string): string {
  const bare = line.replaceAll(/"([^"]|"")*"?/g, '')
  let best = ','
  let most = bare.split(',').length - 1
  for (const candidate of ['\t', ';', '|']) {
    const count = bare.split(candidate).length - 1
    if (count > most) [best, most] = [candidate, count]
  }
  return best
}

function distinct(names: readonly string[]): string[] {
  const seen = new Set<string>()
  return names.map((given, index) => {
    let name = given === '' ? `column_${index + 1}` : given
    for (let n = 2; seen.has(name.toLowerCase()); n++) name = `${given}_${n}`
    seen.add(name.toLowerCase())
    return name
  })
}
