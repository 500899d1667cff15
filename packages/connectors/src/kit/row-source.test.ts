import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startFakeBigquery, startFakeRedshift, startFakeSnowflake, startPostgres } from '@millrace/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { transfer } from '../transfer/transfer.ts'
import type { SqlConnector } from './connector.ts'
import { createConnector } from './registry.ts'

/** A system whose rows come as the results of SELECT statements, and how its tests write a table there. */
interface System {
  readonly name: string
  readonly start: () => Promise<{ readonly connector: SqlConnector; readonly stop: () => Promise<void> }>
  readonly table: string
  readonly rows: (from: number, to: number) => string
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const duckdbRows = (time: string, bytes: string) => (from: number, to: number) =>
  `select i as id, case when i % 3 = 0 then null else 'it''s "' || i || '"' end as label, i * 0.1 as x, i / 100.0 as n, ${time} as seen, ${bytes} as b, i % 2 = 0 as even from range(${from}, ${to}) as t(i)`

const systems: readonly System[] = [
  {
    name: 'Redshift (fake)',
    async start() {
      const postgres = await startPostgres()
      const fake = await startFakeRedshift(postgres, postgres.database)
      const { host, port } = fake
      const config = { host, port, database: postgres.database, user: postgres.user, sslmode: 'disable' }
      return {
        connector: (await createConnector('redshift', config)) as SqlConnector,
        async stop() {
          await fake[Symbol.asyncDispose]()
          await postgres.stop()
        },
      }
    },
    table:
      'create table orders (id bigint primary key, label varchar(50), x double precision, n numeric(12,2), seen timestamp, b bytea, even boolean)',
    rows: (from, to) =>
      `select i, case when i % 3 = 0 then null else 'it''s "' || i || '"' end, i * 0.1::float8, i / 100.0, timestamp '2024-01-01' + i * interval '1.5 seconds', decode(lpad(to_hex(i), 8, '0'), 'hex'), i % 2 = 0 from generate_series(${from}, ${to - 1}) as i`,
  },
  {
    name: 'BigQuery (fake)',
    async start() {
      const fake = await startFakeBigquery()
      await writeFile(join(folder, 'subject'), 'subject-token')
      const credentials = fake.credentials(join(folder, 'subject'))
      const config = { project: fake.project, endpoint: fake.url, credentials_json: credentials, page_rows: 700 }
      await using admin = (await createConnector('bigquery', config)) as SqlConnector
      await admin.execute('create schema shop')
      return {
        connector: (await createConnector('bigquery', { ...config, dataset: 'shop' })) as SqlConnector,
        stop: async () => await fake[Symbol.asyncDispose](),
      }
    },
    table:
      'create table orders (id int64 not null, label string, x float64, n numeric(12,2), seen timestamp, b bytes, even bool)',
    rows: duckdbRows(
      "timestamp '2024-01-01 00:00:00+00' + to_microseconds(i * 1500000)",
      "from_hex(printf('%08x', i))",
    ),
  },
  {
    name: 'Snowflake (fake)',
    async start() {
      const fake = await startFakeSnowflake({ rowsPerFile: 700 })
      const { account, user, password, database, url: endpoint } = fake
      const config = { account, user, password, database, schema: 'PUBLIC', endpoint }
      return {
        connector: (await createConnector('snowflake', config)) as SqlConnector,
        stop: async () => await fake[Symbol.asyncDispose](),
      }
    },
    table:
      'create table orders (id number(18,0), label varchar(50), x float, n number(12,2), seen timestamp_ntz, b binary, even boolean)',
    rows: duckdbRows("timestamp '2024-01-01 00:00:00' + to_microseconds(i * 1500000)", "from_hex(printf('%08x', i))"),
  },
]

describe.each(systems)('a copy from $name', ({ start, table, rows }) => {
  test('is proven by content, and goes on from where it was', async () => {
    const { connector, stop } = await start()
    try {
      await connector.execute(table)
      await connector.execute(`insert into orders ${rows(1, 2501)}`)
      const path = join(await mkdtemp(join(folder, 'lake-')), 'lake.duckdb')
      await using lake = (await createConnector('duckdb', { path })) as SqlConnector
      const copy = (incremental: boolean) =>
        transfer(
          {
            from: { connector, address: 'warehouse', tables: ['orders'] },
            to: { connector: lake, address: path },
            mode: incremental ? 'merge' : 'replace',
            ...(incremental ? { cursor: 'id', keys: ['id'] } : {}),
            verify: 'content',
            retries: 0,
          },
          { stateDirectory: folder },
        )
      const [whole] = (await copy(false)).manifests
      expect(whole?.manifest).toMatchObject({ losses: [] })
      expect(Number(await lake.query('select count(*) from orders', { scalar: true }))).toBe(2500)
      expect(await lake.query('select label, x, n, even from orders where id = 1001')).toEqual([
        { label: 'it\'s "1001"', x: expect.stringMatching(/^100\.1/), n: '10.01', even: false },
      ])
      await copy(true)
      await connector.execute(`insert into orders ${rows(2501, 2601)}`)
      await copy(true)
      expect(Number(await lake.query('select count(*) from orders', { scalar: true }))).toBe(2600)
    } finally {
      await connector[Symbol.asyncDispose]()
      await stop()
    }
  })
})
