import { join } from 'node:path'
import { findMariadb, findPostgres15 } from '@millrace/testing'
import type { Block } from './compare.ts'
import type { BenchContext } from './context.ts'
import { tableName } from './dataset.ts'
import { benchMariadb, benchPostgres, fillMariadb, fillPostgres } from './servers.ts'
import { shellQuote as quote } from './shell.ts'

const titles = {
  postgres: { text: 'PostgreSQL to CSV and NDJSON', parquet: 'PostgreSQL to Parquet' },
  mariadb: 'MariaDB to CSV and NDJSON',
} as const

/** Out of a database. Each block is made when its turn comes, with its server started and filled. */
export async function* exportBlocks(context: BenchContext): AsyncGenerator<Block> {
  if (Object.values(titles.postgres).some(context.wants)) yield* postgresExports(context)
  if (context.wants(titles.mariadb)) yield* mariadbExports(context)
}

async function* postgresExports({ rows, folder, millrace, tell, cleanUp }: BenchContext): AsyncGenerator<Block> {
  const server = await benchPostgres()
  if (server === null) {
    tell('No PostgreSQL 15 with psql: its blocks are left out.')
    return
  }
  cleanUp.use(server)
  tell(`Making ${rows.toLocaleString('en')} rows in PostgreSQL ${server.version}...`)
  const url = await fillPostgres(server, rows)
  const psql = `${quote(findPostgres15()?.psql ?? 'psql')} ${quote(url)} -q -c`
  const copy = (to: string, options: string) =>
    `${millrace} copy ${quote(url)} ${quote(to)} --table ${tableName} ${options}`
  const csv = join(folder, 'out.csv')
  const parquet = join(folder, 'out.parquet')
  yield {
    title: titles.postgres.text,
    conditions: 'To /dev/null, except where a file is named: it lies in memory, for the peer too.',
    rows,
    cases: [
      { name: 'psql COPY csv', command: `${psql} ${quote(`copy ${tableName} to stdout (format csv)`)}` },
      {
        name: 'psql COPY csv, to a file',
        command: `${psql} ${quote(`copy ${tableName} to stdout (format csv)`)} > ${quote(csv)}`,
      },
      { name: 'millrace csv, no check', command: copy('-', '--format csv --no-header --verify none') },
      { name: 'millrace csv', command: copy('-', '--format csv --no-header') },
      { name: 'millrace csv, to a file', command: copy(csv, '--no-header') },
      { name: 'millrace csv, to a file, 2 connections', command: copy(csv, '--no-header --parallel 2') },
      {
        name: 'psql row_to_json',
        command: `${psql} ${quote(`copy (select row_to_json(b) from ${tableName} b) to stdout`)}`,
      },
      { name: 'millrace ndjson', command: copy('-', '--format ndjson') },
      { name: 'millrace parquet, to a file', command: copy(parquet, '') },
    ],
  }
  const duckdb = `${quote(process.execPath)} ${quote(join(import.meta.dirname, 'duckdb-run.ts'))} :memory:`
  const toParquet = `copy (select * from read_csv('${csv}', header = false, nullstr = '', allow_quoted_nulls = false)) to '${parquet}' (format parquet, compression zstd)`
  yield {
    title: titles.postgres.parquet,
    conditions: 'To a file in memory, zstd. The peer writes a CSV file by psql and has DuckDB turn it into Parquet.',
    rows,
    cases: [
      {
        name: 'psql COPY csv, then DuckDB',
        command: `${psql} ${quote(`copy ${tableName} to stdout (format csv)`)} > ${quote(csv)} && ${duckdb} ${quote(toParquet)}`,
      },
      { name: 'millrace parquet', command: copy(parquet, '') },
      { name: 'millrace parquet, 2 connections', command: copy(parquet, '--parallel 2') },
    ],
  }
  await server.stop()
}

async function* mariadbExports({ rows, millrace, tell, cleanUp }: BenchContext): AsyncGenerator<Block> {
  const server = await benchMariadb()
  const client = findMariadb()?.client
  if (server === null || client === undefined) {
    tell('No MariaDB server and client: their block is left out.')
    return
  }
  cleanUp.use(server)
  tell(`Making ${rows.toLocaleString('en')} rows in MariaDB ${server.version}...`)
  const url = await fillMariadb(server, rows)
  const { host, port, user, password } = server
  const copy = (options: string) => `${millrace} copy ${quote(url)} - --table ${tableName} ${options}`
  yield {
    title: titles.mariadb,
    conditions: 'To /dev/null. The peer writes tab-separated text.',
    rows,
    cases: [
      {
        name: 'mariadb --quick --batch',
        command: `${quote(client)} --no-defaults -h ${host} -P ${port} -u ${user} --quick --batch source -e ${quote(`select * from ${tableName}`)}`,
        env: { MYSQL_PWD: password },
      },
      { name: 'millrace csv, no check', command: copy('--format csv --verify none') },
      { name: 'millrace csv', command: copy('--format csv') },
      { name: 'millrace ndjson', command: copy('--format ndjson') },
    ],
  }
  await server.stop()
}
