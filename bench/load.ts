import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { findPostgres15 } from '@millrace/testing'
import type { Block } from './compare.ts'
import type { BenchContext } from './context.ts'
import { postgresStatements, tableName } from './dataset.ts'
import { measure } from './measure.ts'
import { benchPostgres, fillPostgres, runPostgres } from './servers.ts'
import { shellQuote as quote } from './shell.ts'

const titles = [
  'PostgreSQL to PostgreSQL',
  'PostgreSQL to DuckDB',
  'CSV file to Parquet',
  'CSV file to PostgreSQL',
] as const

/** Into a database, and between files. Every load starts from an absent table. */
export async function* loadBlocks({
  rows,
  folder,
  millrace,
  wants,
  tell,
  cleanUp,
}: BenchContext): AsyncGenerator<Block> {
  if (!titles.some(wants)) return
  const server = await benchPostgres()
  const tools = findPostgres15()
  if (server === null || tools === null) {
    tell('No PostgreSQL 15 with psql and pg_dump: nothing to compare with.')
    return
  }
  cleanUp.use(server)
  tell(`Making ${rows.toLocaleString('en')} rows in PostgreSQL ${server.version}...`)
  const from = await fillPostgres(server, rows)
  const to = server.url(await server.createDatabase('target'))
  const psql = (url: string) => `${quote(tools.psql ?? 'psql')} ${quote(url)} -q -v ON_ERROR_STOP=1`
  const emptyTarget = () =>
    runPostgres(to, ['drop schema public cascade', 'create schema public', 'drop schema if exists _millrace cascade'])
  yield {
    title: titles[0],
    conditions:
      'Both databases on one server, which does not sync. The peer makes the table and copies it, without a key.',
    rows,
    cases: [
      {
        name: 'pg_dump | psql',
        command: `${quote(tools.pgDump ?? 'pg_dump')} ${quote(from)} -t ${tableName} | ${psql(to)}`,
        before: emptyTarget,
      },
      ...['--verify none', '', '--parallel 2', '--verify content'].map((options) => ({
        name: `millrace ${options || '(count proof)'}`,
        command: `${millrace} copy ${quote(from)} ${quote(to)} --table ${tableName} ${options}`,
        before: emptyTarget,
      })),
    ],
  }

  const csv = join(folder, 'load.csv')
  const analytics = join(folder, 'load.duckdb')
  const copyOut = `${psql(from)} -c ${quote(`copy ${tableName} to stdout (format csv, header)`)} > ${quote(csv)}`
  const duckdb = `${quote(process.execPath)} ${quote(join(import.meta.dirname, 'duckdb-run.ts'))} ${quote(analytics)}`
  const readCsv = `create table ${tableName} as from read_csv('${csv}', nullstr = '', allow_quoted_nulls = false)`
  const makeCsv = async () => {
    const isThere = existsSync(csv)
    if (!isThere) await measure(copyOut)
  }
  const dropAnalytics = async () => {
    for (const suffix of ['', '.wal']) rmSync(`${analytics}${suffix}`, { force: true })
  }
  yield {
    title: titles[1],
    conditions: 'To a database file in memory. The peer writes a CSV file by psql and has DuckDB guess its types.',
    rows,
    cases: [
      {
        name: 'psql COPY csv, then DuckDB',
        command: `${copyOut} && ${duckdb} ${quote(readCsv)}`,
        before: dropAnalytics,
      },
      {
        name: 'millrace',
        command: `${millrace} copy ${quote(from)} ${quote(`duckdb:${analytics}`)} --table ${tableName}`,
        before: dropAnalytics,
      },
    ],
  }

  const parquet = join(folder, 'load.parquet')
  yield {
    title: titles[2],
    conditions: 'From and to memory, zstd. Both guess the types.',
    rows,
    cases: [
      {
        name: 'DuckDB',
        command: `${quote(process.execPath)} ${quote(join(import.meta.dirname, 'duckdb-run.ts'))} :memory: ${quote(
          `copy (from read_csv('${csv}', nullstr = '', allow_quoted_nulls = false)) to '${parquet}' (format parquet, compression zstd)`,
        )}`,
        before: makeCsv,
      },
      { name: 'millrace', command: `${millrace} copy ${quote(csv)} ${quote(parquet)}`, before: makeCsv },
    ],
  }
  yield {
    title: titles[3],
    conditions:
      'From memory. The peer finds a table with the right types, made beforehand; Millrace guesses them and makes it.',
    rows,
    cases: [
      {
        name: 'psql \\copy',
        command: `${psql(to)} -c ${quote(`\\copy ${tableName} from '${csv}' (format csv, header)`)}`,
        before: async () => {
          await makeCsv()
          await emptyTarget()
          await runPostgres(to, postgresStatements(0).slice(0, 1))
        },
      },
      {
        name: 'millrace',
        command: `${millrace} copy ${quote(csv)} ${quote(to)} --into ${tableName}`,
        before: async () => {
          await makeCsv()
          await emptyTarget()
        },
      },
    ],
  }
}
