import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { findPostgres15 } from '@millrace/testing'
import type { Block } from './compare.ts'
import type { BenchContext } from './context.ts'
import { tableName } from './dataset.ts'
import { benchPostgres, fillPostgres, runPostgres } from './servers.ts'
import { shellQuote as quote } from './shell.ts'

/** Into a database. Every load starts from an absent table. */
export async function* loadBlocks({ rows, folder, millrace, tell, cleanUp }: BenchContext): AsyncGenerator<Block> {
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
    title: 'PostgreSQL to PostgreSQL',
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
  const dropAnalytics = async () => {
    for (const suffix of ['', '.wal']) rmSync(`${analytics}${suffix}`, { force: true })
  }
  yield {
    title: 'PostgreSQL to DuckDB',
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
}
