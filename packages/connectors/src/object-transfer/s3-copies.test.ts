import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findRadosgw, startPostgres, startRadosgw, type TestPostgres, type TestRadosgw } from '@millrace/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { SqlConnector, TableConnector } from '../kit/connector.ts'
import type { ObjectStoreConnector } from '../kit/object-store.ts'
import { connectorDefinition, connectorForUri } from '../kit/registry.ts'
import type { LoadSpec } from '../kit/sink.ts'
import { codeOf, people } from '../kit/sink-rows.contract.ts'
import { connectS3 } from '../s3/client.ts'
import { s3Config } from '../s3/config.ts'
import { transfer } from '../transfer/transfer.ts'
import type { FileLayout, Manifest, TransferSpec } from '../transfer/types.ts'
import { verifyManifest } from '../transfer/verify.ts'
import { csvTo, specOf, writeRows } from './load-rows.test.fixture.ts'

const csv: FileLayout = { format: 'csv', compression: 'gzip', csv: { header: true, lineEnd: 'lf' } }
const ndjson: FileLayout = { format: 'ndjson', compression: 'zstd' }
const parquet: FileLayout = { format: 'parquet', compression: 'none' }
const byMonth = ['year', 'month']

describe.skipIf(findRadosgw() === null)('copies between PostgreSQL, S3 on Ceph RGW, and DuckDB', () => {
  let server: TestRadosgw
  let database: TestPostgres
  let postgres: SqlConnector
  let s3: ConfigValues
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
    ;[server, database] = await Promise.all([startRadosgw(), startPostgres()])
    s3 = {
      bucket: await server.createBucket(),
      endpoint: server.endpoint,
      region: server.region,
      access_key_id: server.accessKeyId,
      secret_access_key: server.secretAccessKey,
    }
    postgres = (await connectorForUri(database.url())) as SqlConnector
    await postgres.execute(`CREATE TABLE flights AS
      SELECT n AS id, 2023 + n % 2 AS year, 1 + n % 5 AS month, (n * 1.25)::numeric(12,2) AS fare,
        'flight "' || n || E'"\\nto é🦆' AS note, CASE WHEN n % 3 = 0 THEN '' WHEN n % 3 = 1 THEN 'x' END AS tag,
        timestamptz '2024-01-01 00:00:00+00' + n * interval '1 minute' AS at, md5(n::text)::uuid AS key,
        n % 7 = 0 AS late, repeat(md5(n::text), 10) AS bulk
      FROM generate_series(1, 30000) AS n`)
    await postgres.execute('ALTER TABLE flights ADD PRIMARY KEY (id)')
    await postgres.execute('ANALYZE flights')
  })
  afterAll(async () => {
    await postgres?.[Symbol.asyncDispose]()
    await Promise.all([server?.stop(), database?.stop()])
    await rm(folder, { recursive: true, force: true })
  })

  const store = async (path: string) =>
    (await connectorDefinition('s3')).create({ ...s3, path }) as ObjectStoreConnector

  const ends = async (path: string) => (await store(path)) as TableConnector & ObjectStoreConnector

  /** Keys that are neither data nor the manifest, and uploads that were not finished. */
  async function leftovers(): Promise<string[]> {
    await using connector = await store('')
    const { sdk, client } = await connectS3(s3Config(s3))
    const { Uploads = [] } = await client.send(new sdk.ListMultipartUploadsCommand({ Bucket: String(s3.bucket) }))
    client.destroy()
    const keys = await connector.bucket().ls('')
    return [
      ...keys.filter((key) => key.includes('_millrace') && !key.endsWith('_millrace/manifest.json')),
      ...Uploads.map(({ Key }) => `unfinished ${Key}`),
    ]
  }
  afterEach(async () => {
    expect(await leftovers()).toEqual([])
  })

  async function copy(
    from: TransferSpec['from'],
    to: TableConnector,
    more: Partial<Omit<TransferSpec, 'from' | 'to'>> & { readonly into?: string; readonly file?: FileLayout } = {},
  ): Promise<Manifest> {
    const { into, file, ...spec } = more
    const end = { connector: to, address: to.label, ...(into ? { into } : {}), ...(file ? { file } : {}) }
    const { manifests } = await transfer(
      { verify: 'content', parallel: 2, retries: 0, ...spec, from, to: end },
      { stateDirectory: join(folder, 'state') },
    )
    return manifests[0]?.manifest as Manifest
  }
  const flights = () => ({ connector: postgres, address: 'postgres', tables: ['flights'] })

  const layouts: [string, FileLayout][] = [
    ['one.csv.gz', csv],
    ['one.ndjson.zst', ndjson],
    ['one.parquet', parquet],
    ['folder-csv/flights/', { ...csv, splitRows: 15_000 }],
    ['folder-parquet/flights/', parquet],
    ['parted-csv/flights/', { ...csv, partitionBy: byMonth }],
    ['parted-json/flights/', { ...ndjson, partitionBy: ['late'] }],
    ['parted-parquet/flights/', { ...parquet, partitionBy: byMonth }],
  ]
  test.each(layouts)(
    '%s: there, into DuckDB and back into PostgreSQL, proven at every step',
    async (path, file) => {
      await using s3There = await ends(path)
      const there = await copy(flights(), s3There, { file })
      expect(there.rows).toBe(30_000)
      expect(there.proof.staged).toEqual(there.proof.source)
      const checked = await verifyManifest(there, { connect: async () => await store(path) })
      expect(checked.findings).toEqual([
        `30000 rows with the content that the manifest says (${there.proof.staged?.hash}).`,
      ])

      await using lake = (await connectorForUri(`duckdb:${join(folder, 'lake.duckdb')}`)) as SqlConnector
      await using source = await ends(path)
      const onward = await copy({ connector: source, address: 's3' }, lake, { into: 'flights' })
      expect(onward.proof.target).toEqual(onward.proof.source)

      const back = { connector: lake, address: 'lake', tables: ['flights'] }
      await copy(back, postgres, { into: 'returned' })
      const [difference] = await postgres.query(`
      SELECT count(*) AS n FROM flights AS a FULL JOIN returned AS b ON b.id = a.id
      WHERE (a.year, a.month, a.fare, a.note, a.at, a.key, a.late, a.bulk)
        IS DISTINCT FROM (b.year::int, b.month::int, b.fare::numeric(12,2), b.note, b.at::timestamptz, b.key::uuid, b.late::boolean, b.bulk)
        OR a.tag IS DISTINCT FROM b.tag`)
      expect(difference).toEqual({ n: '0' })
    },
    60_000,
  )

  test('rows are added by a cursor, and both ends agree on the sum', async () => {
    await postgres.execute('CREATE TABLE events AS SELECT n AS id, n % 3 AS kind FROM generate_series(1, 100) AS n')
    await using lake = await ends('events/')
    const file: FileLayout = { ...parquet, partitionBy: ['kind'] }
    const more = { file, cursor: 'id', mode: 'append' as const }
    const events = { connector: postgres, address: 'postgres', tables: ['events'] }
    expect((await copy(events, lake, more)).rows).toBe(100)
    await postgres.execute('INSERT INTO events SELECT n, n % 4 FROM generate_series(101, 120) AS n')
    expect((await copy(events, lake, more)).rows).toBe(20)
    expect((await copy(events, lake, more)).rows).toBe(0)
    await using source = await (await ends('events/')).openSource()
    const events2 = { kind: 'table', table: { scope: [], name: 'events' } } as const
    expect(await source.count(events2)).toBe(120)
    const query = { kind: 'query', sql: 'SELECT kind, count(*) AS n FROM events GROUP BY kind' } as const
    expect((await source.describe(query)).columns.map(({ name }) => name)).toEqual(['kind', 'n'])
    expect(await source.count(query)).toBe(4)
  })
  test('a source that fails in the middle leaves the former table and nothing else', async () => {
    for (const [path, file] of [
      ['failing/flights/', { ...parquet, partitionBy: byMonth }],
      ['failing/flights.csv.gz', csv],
      ['failing/large.ndjson', { format: 'ndjson', compression: 'none' }],
    ] as const) {
      await using lake = await ends(path)
      await copy({ connector: postgres, address: 'postgres', query: 'SELECT * FROM flights WHERE id < 100' }, lake, {
        file,
      })
      await using connector = await store('')
      const before = await connector.bucket().ls('failing')
      const sql = 'SELECT *, 1 / (id - 29999) AS boom FROM flights ORDER BY id'
      const failing = copy({ connector: postgres, address: 'postgres', query: sql }, lake, { file })
      expect(await codeOf(failing)).toMatch(/^DataError/)
      expect(await connector.bucket().ls('failing')).toEqual(before)
      expect(await leftovers()).toEqual([])
    }
  })

  test('uploads that a killed copy left unfinished are ended with the next run of it, and those of others are not', async () => {
    await using lake = await ends('killed/')
    await using sink = await lake.openSink()
    const { sdk, client } = await connectS3(s3Config(s3))
    const spec = specOf(csvTo('killed/'))
    await (await sink.openLoad(spec, null))[Symbol.asyncDispose]()
    const [record] = (await lake.bucket().ls('killed')).filter((key) => key.endsWith('load.json'))
    let text = ''
    for await (const bytes of lake.bucket().read(record as string)) text += Buffer.from(bytes).toString()
    const begin = async (load: string) => {
      const Key = `killed/part-${load}0000-0000-00000.csv`
      const { UploadId } = await client.send(new sdk.CreateMultipartUploadCommand({ Bucket: String(s3.bucket), Key }))
      return { Key, UploadId, Bucket: String(s3.bucket) }
    }
    const running = await sink.openLoad(specOf(csvTo('killed/'), { mode: 'append' }), null)
    const [other] = (await lake.bucket().ls('killed')).filter((key) => key.endsWith('load.json') && key !== record)
    let otherText = ''
    for await (const bytes of lake.bucket().read(other as string)) otherText += Buffer.from(bytes).toString()
    await begin(JSON.parse(text).load)
    const kept = await begin(JSON.parse(otherText).load)

    await using again = await sink.openLoad(spec, await sink.interrupted(spec.key, spec.target))
    await writeRows(again, spec, '0000', [['1', 'Ada', null]])
    await again.publish()
    await again.complete()
    expect((await leftovers()).filter((one) => one.startsWith('unfinished'))).toEqual([`unfinished ${kept.Key}`])
    await running.abandon()
    client.destroy()
  })

  test('of two replaces at once one is refused, and a change in mid-read is noticed', async () => {
    await using lake = await ends('race/')
    await using sink = await lake.openSink()
    const specs = [1, 2].map(() => specOf(csvTo('race/', { compression: 'gzip' })))
    const loads = await Promise.all(specs.map((spec) => sink.openLoad(spec, null)))
    for (const [n, load] of loads.entries())
      await writeRows(load, specs[n] as LoadSpec, '0000', [[String(n), 'Ada', null]])
    const codes = await Promise.all(loads.map((load) => codeOf(load.publish())))
    expect(codes.sort()).toEqual(['ConfigError TARGET_CHANGED', 'nothing thrown'])
    for (const load of loads) await load.complete()
    expect(await sink.count(csvTo('race/'))).toBe(1)

    await using source = await lake.openSource()
    const [part] = (await lake.bucket().ls('race')).filter((key) => key.includes('part-'))
    await lake.bucket().write(part as string, [Buffer.from('changed')])
    const relation = { kind: 'table', table: { scope: [], name: 'race' } } as const
    expect(await codeOf(source.contentHash(relation, people))).toBe('DataError OBJECT_CHANGED')
  })

  test('several tables each become a folder, and the folder above holds them all', async () => {
    await postgres.execute('CREATE TABLE small_a AS SELECT 1 AS a')
    await postgres.execute('CREATE TABLE small_b AS SELECT 2 AS b')
    await using lake = await ends('raw/')
    await copy({ connector: postgres, address: 'postgres', tables: ['small_*'] }, lake, { file: parquet })
    await using source = await (await ends('raw/')).openSource()
    expect((await source.listTables(['*'])).map(({ name }) => name)).toEqual(['small_a', 'small_b'])
  })

  test('no record of a copy holds a secret', async () => {
    await using lake = await ends('secret.csv.gz')
    const manifest = await copy(flights(), lake, { file: csv })
    expect(JSON.stringify(manifest)).not.toContain(server.secretAccessKey)
  })
})
