import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConnector, type ObjectStoreConnector, type Row } from '@millrace/connectors'
import {
  createDatasetContract,
  environmentStore,
  fetchDataset,
  openWorkDatabase,
  type PartitionFilter,
} from '@millrace/pipelines'
import { findRadosgw, startRadosgw } from '@millrace/testing'
import type { ConnectionConfig, Json } from '@millrace/workflow'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { failureOf, outputOf, runOperator, type Surroundings } from '../run-operator.test.fixture.ts'

let folder: string
let connections: Record<string, ConnectionConfig>
const address = { environment: 'dev', branch: 'b', client: 'acme', brand: 'wonder' }
const output = { store: 'lake', ...address, state: 'ingest', dataset: 'sales' }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  connections = {
    lake: { connector: 'files', values: { path: `${folder}/lake/` } },
    shop: { connector: 'sqlite', values: { path: join(folder, 'shop.sqlite') } },
  }
  const sql =
    "create table orders (id int, country text, amount int); insert into orders values (1, 'DE', 10), (2, 'FR', 5), (3, 'DE', 7)"
  outputOf(await runOperator('sql', { connection: 'shop', sql }, { connections }))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const run = (config: Json, around: Surroundings = {}, name = 'dataset') =>
  runOperator(name, config, { connections, ...around })

async function published(dataset: string, filters: readonly PartitionFilter[] = [], lake = connections.lake) {
  const { connector, values } = lake as ConnectionConfig
  await using opened = (await createConnector(connector, values)) as ObjectStoreConnector
  await using database = await openWorkDatabase()
  const contract = createDatasetContract({ ...address, state: 'ingest', dataset })
  const fetched = await fetchDataset({ ...environmentStore(opened, { environment: 'dev' }), contract }, database, 'd', {
    filters,
  })
  if (fetched.columns.length === 0) return []
  return await database.connector.query("select columns(c -> not starts_with(c, '__')) from d order by all")
}

test('a query on a connection is published under the run, and other datasets are made from it', async () => {
  const orders = { connection: 'shop', sql: 'select country, amount from orders' }
  const first = await run({ ...output, inputs: { orders }, partitionBy: ['country'] })
  expect(outputOf(first)).toEqual({
    ...{
      dataset: expect.stringMatching(/^file:.*\/b\/acme\/wonder\/ingest\/sales$/),
      rows: 3,
      files: 2,
      partitions: 2,
    },
    bytes: expect.any(Number),
  })
  expect(first.text).toMatch(/orders: 3 rows\.[\s\S]*Published 3 rows in 2 files/)
  const sales = {
    ...{ dataset: 'sales', state: 'ingest' },
    filters: [
      { partition: '__metadata_run_id', values: ['{{ run_id }}'] },
      { partition: 'country', comparison: '==', values: ['DE'] },
    ],
  }
  const sum = {
    ...output,
    dataset: 'sums',
    inputs: { sales, orders },
    sql: 'select country, sum(amount) as amount, count(*) as n from sales group by all',
  }
  expect(outputOf(await run(sum))).toMatchObject({ rows: 1 })
  expect(outputOf(await run(sum))).toMatchObject({ rows: 1 })
  expect(await published('sums')).toEqual([{ country: 'DE', amount: '17', n: '2' }] satisfies Row[])
  expect(await published('sales', [{ partition: 'country', comparison: '!=', values: ['DE'] }])).toHaveLength(1)
})

test.each([
  ['an input that nobody published', { inputs: { a: { dataset: 'never', state: 'raw' } } }, 'DATASET_NOT_PUBLISHED'],
  [
    'SQL that reads the machine',
    { inputs: { a: { connection: 'shop', sql: 'select 1 as n' } }, sql: "select * from read_text('/etc/hostname')" },
    'STATEMENT_FAILED',
  ],
  [
    'SQL that attaches a file',
    {
      inputs: { a: { connection: 'shop', sql: 'select 1 as n' } },
      sql: "select 1 as n) limit 0; attach '/tmp/x.duckdb' as (x",
    },
    'DUCKDB_FAILED',
  ],
  [
    'no SQL over two inputs',
    { inputs: { a: { connection: 'shop', sql: 'select 1 as n' }, b: { connection: 'shop', sql: 'select 1 as n' } } },
    'OPERATOR_INVALID',
  ],
  [
    'no rows',
    { inputs: { a: { connection: 'shop', sql: 'select 1 as n' } }, sql: 'select * from a where n > 1' },
    'DATASET_EMPTY',
  ],
  [
    'a branch of another environment',
    { branch: 'prod', inputs: { a: { connection: 'shop', sql: 'select 1 as n' } } },
    'BRANCH_NOT_ALLOWED',
  ],
])('refused: %s', async (_, change, code) => {
  expect(failureOf(await run({ ...output, dataset: 'refused', ...change } as Json))).toMatchObject({ code })
  expect(await published('refused')).toEqual([])
})

test('an input is a dataset or a query, and not both', () => {
  const wrong = { ...output, inputs: { a: { dataset: 'x', connection: 'shop', sql: 'select 1' } } }
  return expect(run(wrong)).rejects.toMatchObject({
    code: 'OPERATOR_INVALID',
    message: expect.stringContaining('a dataset, or a query on a connection'),
  })
})

test('a sensor waits until the partition is there', async () => {
  const config = {
    ...output,
    dataset: 'awaited',
    filters: [{ partition: '__metadata_run_id', comparison: '==', values: ['7'] }],
  }
  const { outcome } = await run(config, {}, 'dataset_sensor')
  expect(outcome).toMatchObject({ kind: 'defer', reason: expect.stringContaining('waiting for the dataset "awaited"') })
  outputOf(await run({ ...output, dataset: 'awaited', inputs: { a: { connection: 'shop', sql: 'select 1 as n' } } }))
  expect(outputOf(await run(config, {}, 'dataset_sensor'))).toEqual({ runs: 1, files: 1, rows: 1 })
})

test.skipIf(findRadosgw() === null)(
  'in a bucket of S3, a run replaces what it published (skipped without a Ceph gateway)',
  async () => {
    await using server = await startRadosgw()
    const lake = {
      connector: 's3',
      values: {
        ...{ endpoint: server.endpoint, region: server.region, bucket: await server.createBucket('millrace-dev') },
        ...{ access_key_id: server.accessKeyId, secret_access_key: server.secretAccessKey, path_style: true },
        path: 'data/',
      },
    }
    const inS3 = { connections: { ...connections, lake } }
    const orders = { connection: 'shop', sql: 'select country, amount from orders' }
    for (const rows of [3, 2]) {
      const config = {
        ...output,
        inputs: { orders },
        sql: `select * from orders order by amount desc limit ${rows}`,
        partitionBy: ['country'],
      }
      expect(outputOf(await run(config, inS3))).toMatchObject({
        rows,
        dataset: 's3://millrace-dev/data/b/acme/wonder/ingest/sales',
      })
    }
    expect(await published('sales', [], lake)).toEqual([
      { amount: '7', country: 'DE' },
      { amount: '10', country: 'DE' },
    ])
    const prod = {
      ...inS3,
      connections: { ...inS3.connections, lake: { ...lake, values: { ...lake.values, bucket: 'millrace-prod' } } },
    }
    expect(failureOf(await run({ ...output, inputs: { orders } }, prod))).toMatchObject({
      code: 'BUCKET_OF_OTHER_ENVIRONMENT',
    })
  },
)
