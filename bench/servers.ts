import {
  findMariadb,
  findPostgres15,
  startMariadb,
  startPostgres,
  type TestMariadb,
  type TestPostgres,
} from '@millrace/testing'
import { createConnection } from 'mysql2/promise'
import pg from 'pg'
import { mariadbStatements, postgresStatements } from './dataset.ts'

/** PostgreSQL 15 with psql and pg_dump beside it, or null. Everything stays in memory and unsynced. */
export async function benchPostgres(): Promise<TestPostgres | null> {
  if (findPostgres15() === null) return null
  return startPostgres({
    version: '15',
    settings: { shared_buffers: '1GB', max_wal_size: '16GB', autovacuum: 'off', jit: 'off', checkpoint_timeout: '1h' },
  })
}

export async function benchMariadb(): Promise<TestMariadb | null> {
  if (findMariadb()?.client === undefined) return null
  return startMariadb({ settings: { 'innodb-buffer-pool-size': '1G', 'max-allowed-packet': '64M' } })
}

export async function runPostgres(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

export async function fillPostgres(server: TestPostgres, rows: number): Promise<string> {
  const url = server.url(await server.createDatabase('source'))
  await runPostgres(url, postgresStatements(rows))
  return url
}

export async function fillMariadb(server: TestMariadb, rows: number): Promise<string> {
  const { host, port, user, password } = server
  const database = await server.createDatabase('source')
  const connection = await createConnection({ host, port, user, password, database })
  try {
    for (const statement of mariadbStatements(rows)) await connection.query(statement)
  } finally {
    await connection.end()
  }
  return server.url(database)
}
