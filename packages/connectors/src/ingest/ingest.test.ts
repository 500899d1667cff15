import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres, type TestPostgres } from '@millrace/testing'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { SqlConnector } from '../kit/connector.ts'
import { createConnector } from '../kit/registry.ts'
import { codeOf, errorOf } from '../kit/sink-rows.contract.ts'
import { withConnector } from '../kit/with-connector.ts'
import { type LocalTinybird, openLocalTinybird } from '../tinybird/local-tinybird.contract.ts'
import { connectorFor } from './connector-for.ts'
import { IngestError, MissingConfiguration, NonSupportedMigration, UnknownConnectorError } from './errors.ts'
import { CSV, NDJSON, PARQUET } from './formats.ts'

let postgres: TestPostgres
let local: LocalTinybird
let environment: Record<string, string>
const lines: string[] = []

beforeAll(async () => {
  ;[postgres, local] = await Promise.all([startPostgres(), openLocalTinybird()])
  environment = {
    TB_CDK_TOKEN: local.server.token,
    TB_CDK_TAG: 'orders-hourly',
    TB_CDK_ENDPOINT: local.server.url,
    PGHOST: postgres.host,
    PGPORT: String(postgres.port),
    PGUSER: postgres.user,
    PGPASSWORD: postgres.password,
    PGDATABASE: postgres.database,
  }
  await run(`create table orders (id int primary key, note text, amount numeric(10,2), day date not null)`)
  await run(`insert into orders values
    (1, 'a "x",' || chr(10) || ' b\\', 1.10, '2026-01-01'), (2, null, -0.05, '2026-01-02'), (3, '', null, '2026-01-02')`)
})
afterAll(async () => {
  await local[Symbol.asyncDispose]()
  await postgres.stop()
})

const run = async (sql: string) => {
  await using connector = (await createConnector('postgres', config())) as SqlConnector
  await connector.execute(sql)
}
const config = () => ({
  host: postgres.host,
  port: postgres.port,
  user: postgres.user,
  password: postgres.password,
  database: postgres.database,
})
const open = () => connectorFor('postgres', { environment, write: (line) => lines.push(line) })
const rowsOf = (dataSource: string) => local.connector.query(`SELECT * FROM ${dataSource} ORDER BY 1, 2`)

describe('connectorFor', () => {
  test('needs a token and a tag, and what the source needs, when it makes the connector', async () => {
    for (const name of ['TB_CDK_TOKEN', 'TB_CDK_TAG']) {
      const { [name]: _, ...rest } = environment
      const error = await errorOf(connectorFor('postgres', { environment: rest }))
      expect(error).toBeInstanceOf(MissingConfiguration)
      expect(String(error)).toContain(`${name} is required`)
    }
    const bare = { TB_CDK_TOKEN: 't', TB_CDK_TAG: 't' }
    expect(await errorOf(connectorFor('sqlite', { environment: bare }))).toBeInstanceOf(MissingConfiguration)
  })

  test('knows its connectors, by the name of the kit, too', async () => {
    const error = await errorOf(connectorFor('postgers', { environment }))
    expect(error).toBeInstanceOf(UnknownConnectorError)
    expect(String(error)).toContain('Did you mean "postgres"?')
    await using same = await connectorFor('postgresql', { environment })
    expect(same.name).toBe('postgres')
  })

  test('reads the configuration of the script from the environment only', async () => {
    await using warehouse = await connectorFor('postgres', { environment: { ...environment, EMPTY: '' } })
    expect(warehouse.config.get('TB_CDK_TAG')).toBe('orders-hourly')
    expect(warehouse.config.get('EMPTY')).toBe('')
    expect(warehouse.config.get('ABSENT', { optional: true })).toBeNull()
    expect(warehouse.config.get('ABSENT', { default: null })).toBeNull()
    expect(warehouse.config.get('ABSENT', { default: 7, optional: true })).toBe(7)
    expect(() => warehouse.config.get('ABSENT')).toThrow('ABSENT is required')
  })
})

describe('an ingestion script', () => {
  test.for([CSV, NDJSON, PARQUET])('loads the same rows as %s', async (format) => {
    await using warehouse = await open()
    const dataSource = `orders_${format}`
    const schema = (await warehouse.suggestSchema(['public', 'orders'])).map(
      ({ name, chType }) => `\`${name}\` ${chType.name}`,
    )
    await local.client.createDataSource(dataSource, { schema: schema.join(', ') })
    await warehouse.append('select * from orders', dataSource, { format })
    expect(await rowsOf(dataSource)).toEqual([
      { id: 1, note: 'a "x",\n b\\', amount: '1.10', day: '2026-01-01' },
      { id: 2, note: null, amount: '-0.05', day: '2026-01-02' },
      { id: 3, note: '', amount: null, day: '2026-01-02' },
    ])
  })

  test('goes on where the last run ended, and replaces a part', async () => {
    await using warehouse = await open()
    await warehouse.append(`select * from orders where day < '2026-01-02'`, 'orders')
    const newest = await warehouse.queryTb('SELECT max(day) FROM orders', { scalar: true })
    expect(newest).toBe('2026-01-01')
    await warehouse.append(`select * from orders where day > '${newest}'`, 'orders')
    expect((await rowsOf('orders')).map(({ id }) => id)).toEqual([1, 2, 3])
    await warehouse.replace(`select id, 'new' as note, amount, day from orders where id = 2`, 'orders', {
      replaceCondition: `day = '2026-01-02'`,
    })
    expect((await rowsOf('orders')).map(({ id, note }) => [id, note])).toEqual([
      [1, 'a "x",\n b\\'],
      [2, 'new'],
    ])
    await warehouse.replace('select * from orders', 'orders', { rowLimit: 2 })
    expect(await rowsOf('orders')).toHaveLength(2)
    expect(lines.join('')).toMatch(
      /^\[\d{4}-\d\d-\d\dT[\d:]+[+-]\d\d:\d\d\]\[orders-hourly\]\[INFO\] Appending to orders from /m,
    )
  })

  test('looks values up on both sides', async () => {
    await using warehouse = await open()
    expect(await warehouse.queryDb('select id, note from orders where id = 3')).toEqual([{ id: 3, note: '' }])
    expect(await warehouse.queryDb('select max(id) from orders', { scalar: true })).toBe(3)
    expect(await warehouse.queryDb('select id from orders where false', { scalar: true })).toBeNull()
    expect(await warehouse.queryTb('SELECT 1 AS one')).toEqual([{ one: 1 }])
    expect(await warehouse.queryTb('SELECT 1 WHERE 0', { scalar: true })).toBeNull()
  })

  test('sends nothing for an empty append, and loses nothing by an empty replace unless it is allowed', async () => {
    await using warehouse = await open()
    await warehouse.replace('select * from orders', 'emptied')
    expect(await warehouse.append('select * from orders where false', 'emptied')).toBeNull()
    const nothing = 'select * from orders where false'
    const error = await errorOf(warehouse.replace(nothing, 'emptied'))
    expect(error).toMatchObject({ name: 'ConfigError', code: 'EMPTY_REPLACE' })
    expect(String(error)).toMatch(/all 3 rows of "emptied"/)
    expect(await rowsOf('emptied')).toHaveLength(3)
    const part = { replaceCondition: `day = '2026-01-02'` }
    expect(String(await errorOf(warehouse.replace(nothing, 'emptied', part)))).toContain('the 2 rows where day')
    await warehouse.replace(nothing, 'emptied', { ...part, allowEmpty: true })
    expect(await rowsOf('emptied')).toHaveLength(1)
    await warehouse.replace(nothing, 'emptied', { allowEmpty: true })
    expect(await rowsOf('emptied')).toEqual([])
    expect(await warehouse.replace(nothing, 'emptied')).toBeNull()
  })

  test('shows a sample and the drift of a table', async () => {
    await using warehouse = await open()
    await run('create table drifting as select id, note from orders')
    await warehouse.append('select * from drifting', 'drifting')
    expect(await warehouse.migration(['public', 'drifting'], 'drifting')).toEqual([])
    await run('alter table drifting add column "New" timestamptz, add column tags text[]')
    expect(await warehouse.migration(['public', 'drifting'], 'drifting')).toEqual([
      "`New` Nullable(DateTime64(6, 'UTC'))",
      '`tags` Array(String)',
    ])
    await run('alter table drifting alter column note type int using 1')
    expect(await errorOf(warehouse.migration(['public', 'drifting'], 'drifting'))).toBeInstanceOf(NonSupportedMigration)
    await run('alter table drifting drop column note')
    expect(await errorOf(warehouse.migration(['public', 'drifting'], 'drifting'))).toBeInstanceOf(NonSupportedMigration)
    await run('insert into orders select g, null, g, current_date from generate_series(100, 200) g')
    expect(await warehouse.sample(['public', 'orders'])).toHaveLength(10)
    expect((await warehouse.sample(['public', 'orders'], ['amount', 'id']))[0]).toEqual({ id: 1, amount: '1.10' })
    expect(await codeOf(warehouse.sample(['public', 'orders'], ['id', 'absent']))).toBe('ConfigError COLUMN_NOT_FOUND')
    await run('delete from orders where id >= 100')
  })

  test('cannot change the source, whatever its query is', async () => {
    await using warehouse = await open()
    const deleting = 'delete from orders returning *'
    const hidden = `with gone as (${deleting}) select * from gone`
    for (const query of [deleting, hidden, `select 1; ${deleting}`, `select 1) x; ${deleting} --`]) {
      for (const options of [{}, { rowLimit: 5 }]) {
        expect(await codeOf(warehouse.append(query, 'never', options))).not.toBe('nothing thrown')
      }
    }
    expect(await warehouse.queryDb('select count(*)::int from orders', { scalar: true })).toBe(3)
  })

  test('leaves nothing behind, however a load ends', async () => {
    await using warehouse = await open()
    const folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
    vi.stubEnv('TMPDIR', folder)
    await warehouse.append('select * from orders', 'orders_clean')
    expect(await codeOf(warehouse.append('select 1 as a, 2 as b', 'orders_clean'))).toBe('ConfigError COLUMNS_DIFFER')
    expect(await codeOf(warehouse.append('select * from orders', 'orders', { format: 'xml' as 'csv' }))).toBe(
      'UnsupportedFormatError UNSUPPORTED_FORMAT',
    )
    expect(await codeOf(warehouse.append('select nonsense', 'orders'))).toMatch(/^\w+ \w+/)
    expect(await readdir(folder)).toEqual([])
    vi.unstubAllEnvs()
    await rm(folder, { recursive: true })
  })

  test('logs what leaves its scope, and lets only errors of Millrace out', async () => {
    lines.length = 0
    const broken = withConnector(open(), async () => (undefined as unknown as string).trim())
    const error = await errorOf(broken)
    expect(error).toBeInstanceOf(IngestError)
    expect((error as Error).cause).toBeInstanceOf(TypeError)
    expect(lines.join('')).toMatch(/\[ERROR\] Exception raised: IngestError: /)
    lines.length = 0
    const own = await errorOf(withConnector(open(), (warehouse) => warehouse.queryDb('select nonsense')))
    expect(own).toMatchObject({ code: expect.any(String) })
    expect(lines.filter((line) => line.includes('Exception raised'))).toHaveLength(1)
    expect(lines.join('')).not.toContain(local.server.token)
  })
})
