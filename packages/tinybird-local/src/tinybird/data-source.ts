import { createHash, randomBytes } from 'node:crypto'
import type { Engine } from '../engine/engine.ts'
import { quoteName, quoteText } from '../engine/quote.ts'
import { refuseOutside } from '../sql/outside.ts'
import { ApiError } from './api-error.ts'
import { columnsOf, rowsOf } from './column.ts'
import { type Dialect, engineFormats, readSettings } from './format.ts'

/** A data source is a table of the database `default`; nothing else is remembered about it. */
export interface DataSource {
  readonly name: string
  readonly view: Readonly<Record<string, unknown>>
}

interface TableRow {
  readonly name: string
  readonly engine: string
  readonly sorting_key: string
  readonly partition_key: string
  readonly total_rows: string | null
  readonly total_bytes: string | null
  readonly changed: string
}

export async function findDataSources(engine: Engine, name?: string): Promise<DataSource[]> {
  const where = name === undefined ? "NOT endsWith(name, '_quarantine')" : `name = ${quoteText(name)}`
  const tables = await rowsOf<TableRow>(
    engine,
    `SELECT name, engine, sorting_key, partition_key, toString(total_rows) AS total_rows, toString(total_bytes) AS total_bytes,
       formatDateTime(metadata_modification_time, '%F %T') AS changed
     FROM system.tables WHERE database = 'default' AND ${where} ORDER BY name`,
  )
  const columns = await rowsOf<{ table: string; name: string; type: string; default_expression: string }>(
    engine,
    `SELECT table, name, type, default_expression FROM system.columns
     WHERE database = 'default' AND ${where.replace(/\bname\b/, 'table')} ORDER BY table, position`,
  )
  return tables.map((table) => ({
    name: table.name,
    view: {
      id: idOf(table.name),
      name: table.name,
      type: 'csv',
      created_at: table.changed,
      updated_at: table.changed,
      statistics: { bytes: Number(table.total_bytes ?? 0), row_count: Number(table.total_rows ?? 0) },
      engine: {
        engine: table.engine,
        engine_sorting_key: table.sorting_key,
        engine_partition_key: table.partition_key,
      },
      columns: columns
        .filter((column) => column.table === table.name)
        .map(({ name, type, default_expression: fallback }) => ({
          name,
          type,
          normalized_name: name,
          nullable: type.startsWith('Nullable('),
          default_value: fallback === '' ? null : fallback,
          codec: null,
          jsonpath: null,
          auto: false,
        })),
    },
  }))
}

/** By its name or id. @throws ApiError 404 */
export async function dataSource(engine: Engine, nameOrId: string): Promise<DataSource> {
  const [named] = await findDataSources(engine, nameOrId)
  if (named !== undefined) return named
  const known = nameOrId.startsWith('t_') ? await findDataSources(engine) : []
  const found = known.find(({ name }) => idOf(name) === nameOrId)
  if (found === undefined) throw new ApiError(404, `Data Source "${nameOrId}" does not exist.`)
  return found
}

export async function exists(engine: Engine, name: string): Promise<boolean> {
  return (await columnsOf(engine, name)) !== null
}

function idOf(name: string): string {
  return `t_${createHash('sha256').update(name).digest('hex').slice(0, 32)}`
}

/** @throws ApiError 400 */
export function checkName(name: string | null): string {
  if (name === null || name === '') return `data_source_${randomBytes(5).toString('hex')}`
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name)) {
    throw new ApiError(
      400,
      `Invalid Data Source name "${name}": letters, digits and _ are allowed, and no digit first.`,
    )
  }
  return name
}

/** @throws ApiError 409, 400 */
export async function createDataSource(
  engine: Engine,
  name: string,
  schema: string,
  parameters: URLSearchParams,
): Promise<void> {
  if (await exists(engine, name)) throw new ApiError(409, `There is already a Data Source with the name "${name}".`)
  const kind = parameters.get('engine') ?? 'MergeTree'
  if (!/^(Replacing|Summing|Aggregating|Collapsing|VersionedCollapsing)?MergeTree$|^(Null|Memory)$/.test(kind)) {
    throw new ApiError(400, `The local Tinybird has no engine "${kind}".`)
  }
  const at = (key: string) => parameters.get(`engine_${key}`) ?? ''
  const options = [at('ver'), at('sign'), at('version'), at('columns'), at('is_deleted')].filter(
    (option) => option !== '',
  )
  const clauses = kind.endsWith('MergeTree')
    ? [
        at('partition_key') === '' ? '' : `PARTITION BY ${at('partition_key')}`,
        at('primary_key') === '' ? '' : `PRIMARY KEY (${at('primary_key')})`,
        `ORDER BY (${at('sorting_key') || 'tuple()'})`,
        at('ttl') === '' ? '' : `TTL ${at('ttl')}`,
        'SETTINGS allow_nullable_key = 1',
      ]
    : []
  const engineText = `${kind}${options.length === 0 ? '' : `(${options.join(', ')})`}`
  const sql = `CREATE TABLE ${quoteName(name)} (${withoutPaths(schema)}) ENGINE = ${engineText} ${clauses.join(' ')}`
  refuseOutside(sql)
  await engine.run({ sql })
}

/** Tinybird's schemas may say where in a JSON object a column is: "a Int32 `json:$.a`". */
export function withoutPaths(schema: string): string {
  return schema.replace(/([`"]?)(\w+)\1(\s+[^`]+?)\s*`json:([^`]+)`/g, (_, _quote, name, type, path) => {
    if (path !== `$.${name}`) {
      throw new ApiError(
        400,
        `The local Tinybird reads a column from the field of its name only, and not "${name}" from ${path}.`,
      )
    }
    return `\`${name}\`${type}`
  })
}

/** What ClickHouse takes the columns of a file to be. @throws ApiError 400 */
export async function guessSchema(engine: Engine, file: string, dialect: Dialect): Promise<string> {
  const format = dialect.format === 'csv' ? 'CSV' : engineFormats[dialect.format]
  const guessed = await engine.run({
    sql: `DESCRIBE TABLE file(${quoteText(file)}, ${format}) FORMAT JSONEachRow`,
    settings: {
      ...readSettings(dialect),
      input_format_csv_detect_header: '1',
      schema_inference_make_columns_nullable: 'auto',
    },
  })
  const columns = Buffer.from(guessed.bytes)
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { readonly name: string; readonly type: string })
  if (columns.length === 0) throw new ApiError(400, 'There is no row to guess a schema from.')
  return columns.map(({ name, type }) => `${quoteName(name.trim())} ${type}`).join(', ')
}
