import type { ClickhouseHttp, Statement } from './http.ts'

export interface TextTable {
  readonly names: readonly string[]
  readonly types: readonly string[]
  readonly rows: readonly (readonly (string | null)[])[]
}

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', 0: '\0' }

/** A small result as text. Its format depends on no setting, so that it also serves users who may set none. */
export async function readTable(http: ClickhouseHttp, statement: Statement): Promise<TextTable> {
  // On a line of its own, behind a comment that the statement may end with.
  const sql = `${statement.sql.replace(/[\s;]+$/, '')}\nFORMAT TabSeparatedWithNamesAndTypes`
  const { text } = await http.run({ ...statement, sql })
  const lines = text.split('\n')
  // After the last line's end, or for a statement without a result.
  lines.pop()
  const [names = [], types = [], ...rows] = lines.map((line) => line.split('\t').map(unescapeCell))
  return { names: names.map(String), types: types.map(String), rows }
}

/** Rows only. */
export async function readRows(http: ClickhouseHttp, statement: Statement): Promise<(string | null)[][]> {
  return (await readTable(http, statement)).rows.map((row) => [...row])
}

function unescapeCell(cell: string): string | null {
  if (cell === '\\N') return null
  if (!cell.includes('\\')) return cell
  return cell.replace(/\\([\s\S])/g, (_, letter: string) => escapes[letter] ?? letter)
}
