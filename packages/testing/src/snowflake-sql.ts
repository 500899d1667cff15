/** Functions of Snowflake that statements of the tests use, as DuckDB's. */
export const snowflakeMacros = `
  CREATE MACRO to_varchar(x) AS CAST(x AS VARCHAR);
  CREATE MACRO convert_timezone(z, x) AS x AT TIME ZONE z;
  CREATE MACRO json_text(x) AS CAST(to_json(x) AS VARCHAR);
  CREATE MACRO startswith(x, y) AS starts_with(x, y);
  CREATE MACRO base64_encode(x) AS base64(x);
  CREATE MACRO st_aswkt(x) AS x;
  CREATE MACRO current_version() AS 'fake';
  CREATE MACRO dateadd_microsecond(n, x) AS x + to_microseconds(n);
  CREATE MACRO dateadd_day(n, x) AS CAST(x + to_days(n) AS DATE);`

const types: readonly (readonly [RegExp, string])[] = [
  [/\bTIMESTAMP_(LTZ|TZ)\b(\(\d\))?/gi, 'TIMESTAMPTZ'],
  [/\bTIMESTAMP_NTZ\b(\(\d\))?/gi, 'TIMESTAMP'],
  [/\bNUMBER\b\s*\(/gi, 'DECIMAL('],
  [/\bNUMBER\b/gi, 'DECIMAL(38,0)'],
  [/\bFLOAT\b/gi, 'DOUBLE'],
  [/\b(VARIANT|OBJECT)\b/gi, 'JSON'],
  [/\bBINARY\b/gi, 'BLOB'],
  [/\bCURRENT_TIMESTAMP\s*\(\s*\)/gi, 'now()'],
  [/\bTO_JSON\s*\(/gi, 'json_text('],
  [/\bDATEADD\s*\(\s*(\w+)\s*,/gi, 'dateadd_$1('],
]

/** Turns Snowflake's SQL as the tests and the connector write it into DuckDB's. */
export function translateSnowflake(sql: string): string {
  const literals: string[] = []
  const hidden = sql.replace(/'((?:[^'\\]|\\.|'')*)'/gs, (_, text: string) => `§${literals.push(text) - 1}§`)
  const literal = (index: string) => (literals[Number(index)] ?? '').replace(/\\(.)/gs, '$1').replaceAll("''", "'")
  let translated = hidden
    .replace(/\bTO_BINARY\(§(\d+)§, §\d+§\)/gi, 'from_hex(§$1§)')
    .replace(/\bTO_VARCHAR\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*), §(\d+)§\)/gi, (_, value: string, index: string) =>
      formatted(value, literal(index)),
    )
    .replace(/("[^"]+")\.INFORMATION_SCHEMA\.(TABLES|SCHEMATA)/gi, (_, database: string, view: string) =>
      catalogueView(database.replaceAll('"', "'"), view.toUpperCase()),
    )
  for (const [from, to] of types) translated = translated.replace(from, to)
  return translated.replace(/§(\d+)§/g, (_, index) => `'${literal(index).replaceAll("'", "''")}'`)
}

function formatted(value: string, format: string): string {
  if (format === 'HEX') return `hex(${value})`
  if (format.startsWith('HH24')) return `CAST(${value} AS VARCHAR)`
  const pattern = format
    .replace('YYYY-MM-DD', '%Y-%m-%d')
    .replace('HH24:MI:SS', '%H:%M:%S')
    .replace('.FF9', '.%n')
    .replace('.FF3', '.%g')
    .replace('TZHTZM', '+0000')
  return `strftime(${value}, '${pattern}')`
}

function catalogueView(database: string, view: string): string {
  if (view === 'SCHEMATA') {
    return `(SELECT schema_name AS SCHEMA_NAME FROM duckdb_schemas() WHERE database_name = ${database} AND NOT internal)`
  }
  return `(SELECT schema_name AS TABLE_SCHEMA, table_name AS TABLE_NAME, 'BASE TABLE' AS TABLE_TYPE, estimated_size AS ROW_COUNT, estimated_size * 100 AS BYTES, 1 AS RETENTION_TIME
      FROM duckdb_tables() WHERE database_name = ${database}
    UNION ALL SELECT schema_name, view_name, 'VIEW', NULL, NULL, 0 FROM duckdb_views() WHERE database_name = ${database} AND NOT internal)`
}
