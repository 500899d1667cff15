/** What the fake of BigQuery has to know of a statement. */
export interface TranslatedSql {
  readonly sql: string
  /** `dataset.table` that the statement changes, if any. */
  readonly changes: string | null
  readonly statementType: string
}

const types: readonly (readonly [RegExp, string])[] = [
  [/\bSTRUCT\s*<((?:[^<>]|<[^<>]*>)*)>/gi, 'STRUCT($1)'],
  [/\bARRAY\s*<((?:[^<>]|<[^<>]*>)*)>/gi, '$1[]'],
  [/\bINT64\b/gi, 'BIGINT'],
  [/\bFLOAT64\b/gi, 'DOUBLE'],
  [/\bSTRING\b(\(\d+\))?/gi, 'VARCHAR'],
  [/\bBYTES\b(\(\d+\))?/gi, 'BLOB'],
  [/\bBOOL\b/gi, 'BOOLEAN'],
  [/\bBIGNUMERIC\b(?!\s*\()/gi, 'DECIMAL(38,18)'],
  [/\bNUMERIC\b(?!\s*\()/gi, 'DECIMAL(38,9)'],
  [/\bTIMESTAMP\b(?!\s*\()/gi, 'TIMESTAMPTZ'],
  [/\bDATETIME\b(?!\s*\()/gi, 'TIMESTAMP'],
  [/\bGEOGRAPHY\b/gi, 'VARCHAR'],
  [/\bCURRENT_TIMESTAMP\s*\(\s*\)/gi, 'now()'],
]

/** Functions of BigQuery that statements of the tests use, as DuckDB's. */
export const bigqueryMacros = `
  CREATE MACRO format_timestamp(f, t) AS strftime(t AT TIME ZONE 'UTC', f);
  CREATE MACRO format_datetime(f, t) AS strftime(t, f);
  CREATE MACRO timestamp_sub(t, i) AS t - i;
  CREATE MACRO datetime_sub(t, i) AS t - i;
  CREATE MACRO date_sub(t, i) AS CAST(t - i AS DATE);
  CREATE MACRO to_json_string(x) AS CAST(to_json(x) AS VARCHAR);
  CREATE MACRO st_astext(x) AS x;`

/** Turns GoogleSQL as the tests write it into DuckDB's; the project of a name is left out. */
export function translateBigquery(sql: string, project: string): TranslatedSql {
  const literals: string[] = []
  const keep = (text: string) => `§${literals.push(text) - 1}§`
  const bare = sql.replace(
    /`((?:[^`\\]|\\.)*)`|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/gs,
    (_, name, single, double) => {
      if (name !== undefined) {
        const parts = (name as string).replace(/\\(.)/g, '$1').split('.')
        return keep(parts.map((part) => `"${part.replaceAll('"', '""')}"`).join('.'))
      }
      const text = unescaped((single ?? double) as string)
      return keep(`'${times(text).replaceAll("'", "''")}'`)
    },
  )
  let translated = bare
  for (const [from, to] of types) translated = translated.replace(from, to)
  // The project is written as a quoted name of its own or as the first part of one.
  const restored = translated
    .replace(/§(\d+)§/g, (_, index) => literals[Number(index)] ?? '')
    .replaceAll(`"${project}".`, '')
  const change =
    /^\s*(?:insert\s+into|delete\s+from|update|truncate\s+table|drop\s+table)\s+((?:"(?:[^"]|"")*"|[\w$]+)(?:\.(?:"(?:[^"]|"")*"|[\w$]+))?)/i.exec(
      restored,
    )
  return { sql: restored, changes: change?.[1] ?? null, statementType: statementType(restored) }
}

function statementType(sql: string): string {
  if (/;\s*\S/.test(sql.replace(/'(?:[^']|'')*'/g, ''))) return 'SCRIPT'
  const [first = '', second = ''] = sql.trim().toUpperCase().split(/\s+/)
  if (first === 'WITH' || first.startsWith('(')) return 'SELECT'
  return ['CREATE', 'DROP', 'TRUNCATE', 'EXPORT'].includes(first) ? `${first}_${second}` : first
}

function unescaped(text: string): string {
  const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t' }
  return text.replace(/\\(.)/gs, (_, char: string) => escapes[char] ?? char)
}

/** Elements of time formats. */
function times(text: string): string {
  return text.replaceAll('%F', '%Y-%m-%d').replaceAll('%E6S', '%S.%f').replaceAll('%E3S', '%S.%g')
}
