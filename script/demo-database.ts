import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type { TestPostgres } from '@millrace/testing'
import pg from 'pg'

/** Flights within the USA from January to June 2001, and the airports they connect. */
const data = join(import.meta.dirname, '..', 'node_modules', 'vega-datasets', 'data')
const database = 'production'

const tables = {
  flights: {
    source: join(data, 'flights-3m.parquet'),
    ddl: `create table flights (
      date timestamp not null,
      delay integer,
      distance integer not null,
      origin text not null,
      destination text not null
    )`,
  },
  airports: {
    source: join(data, 'airports.csv'),
    ddl: `create table airports (
      iata text primary key,
      name text not null,
      city text,
      state text,
      country text not null,
      latitude double precision not null,
      longitude double precision not null
    )`,
  },
} as const

export interface Production {
  readonly database: string
  readonly flights: number
  readonly airports: number
}

/** Fills the database the first time; afterwards it finds it as it is. */
export async function fillProduction(server: TestPostgres, folder: string, signal: AbortSignal): Promise<Production> {
  const [{ exists } = { exists: false }] = await query<{ exists: boolean }>(
    server.url(),
    `select exists (select from pg_database where datname = '${database}') as exists`,
  )
  if (!exists) await server.createDatabase(database)
  const url = server.url(database)
  const [{ filled } = { filled: false }] = await query<{ filled: boolean }>(
    url,
    `select to_regclass('flights') is not null as filled`,
  )
  if (!filled) await fill(url, folder, signal)
  const [counts] = await query<{ flights: number; airports: number }>(
    url,
    'select (select count(*)::int from flights) as flights, (select count(*)::int from airports) as airports',
  )
  return { database, flights: counts?.flights ?? 0, airports: counts?.airports ?? 0 }
}

/** One transaction: a demo that is stopped here starts with an empty database the next time. */
async function fill(url: string, folder: string, signal: AbortSignal): Promise<void> {
  console.log('Filling it with flights of the first half of 2001 (once)...')
  // The server reads these files itself, under its own account.
  const exchange = join(folder, 'exchange')
  mkdirSync(exchange, { recursive: true })
  chmodSync(exchange, 0o755)
  const duckdb = await DuckDBInstance.create(':memory:', { autoinstall_known_extensions: 'false' })
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const connection = await duckdb.connect()
    await client.query('begin')
    for (const [name, { source, ddl }] of Object.entries(tables)) {
      signal.throwIfAborted()
      const file = join(exchange, `${name}.csv`)
      await connection.run(`copy (from ${literal(source)}) to ${literal(file)} (format csv, header false)`)
      chmodSync(file, 0o644)
      await client.query(ddl)
      await client.query(`copy ${name} from ${literal(file)} (format csv)`)
    }
    signal.throwIfAborted()
    await client.query('commit')
    await client.query('vacuum analyze')
    connection.closeSync()
  } finally {
    await client.end()
    duckdb.closeSync()
    rmSync(exchange, { recursive: true, force: true })
  }
}

async function query<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end()
  }
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
