import { findPostgres15, startPostgres, type TestPostgres } from '@millrace/testing'
import pg from 'pg'
import { afterAll, beforeAll, describe } from 'vitest'
import { describeSink } from '../kit/sink.contract.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { openPostgresSink } from './sink.ts'

const versions = findPostgres15() === null ? (['embedded'] as const) : (['embedded', '15'] as const)

describe.each(versions)('PostgreSQL %s', (version) => {
  let server: TestPostgres
  let outside: pg.Client
  beforeAll(async () => {
    server = await startPostgres({ version })
    outside = new pg.Client({ connectionString: server.url() })
    await outside.connect()
  })
  afterAll(async () => {
    await outside.end()
    await server.stop()
  })

  const connect = async () => {
    const client = new pg.Client({ connectionString: server.url() })
    await client.connect()
    return client
  }

  describeSink('postgres', () => ({
    openSink: async () => openPostgresSink({ connect, parallel: 2, label: 'the test server' }),
    target: (name) => ({ kind: 'table', table: { scope: ['public'], name } }),
    table: (name) => `public.${quoteName(name)}`,
    quote: quoteName,
    execute: async (sql) => {
      await outside.query(sql)
    },
    query: async (sql) => {
      const { rows } = await outside.query({
        text: sql,
        rowMode: 'array',
        types: { getTypeParser: () => (value: string) => value },
      })
      return rows
    },
    leftovers: async () => {
      const { rows } = await outside.query(`
        SELECT relname AS name FROM pg_class WHERE relname LIKE '%millrace%' OR (relnamespace::regnamespace::text = '_millrace' AND relname LIKE 's\\_%')
        UNION ALL SELECT key FROM _millrace.loads UNION ALL SELECT key FROM _millrace.chunks UNION ALL SELECT key FROM _millrace.unlogged_chunks`)
      return rows.map((row) => row.name)
    },
  }))
})
