import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findMariadb, startMariadb, startPostgres, type TestMariadb, type TestPostgres } from '@millrace/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { definition as duckdb } from '../duckdb/connector.ts'
import type { SqlConnector } from '../kit/connector.ts'
import { connectorForUri } from '../kit/registry.ts'
import { createMemoryBroker } from './memory-broker.test.fixture.ts'
import { runStream } from './run-stream.ts'
import type { StreamEvent, StreamSpec } from './types.ts'

let folder: string
let postgres: TestPostgres
let mariadb: TestMariadb | undefined
let count = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-stream-tables-'))
  postgres = await startPostgres()
  mariadb = findMariadb() === null ? undefined : await startMariadb()
})
afterAll(async () => {
  await postgres?.stop()
  await mariadb?.stop()
  await rm(folder, { recursive: true, force: true })
})

const servers: readonly [string, boolean, () => Promise<SqlConnector>, string][] = [
  ['PostgreSQL', true, () => open(postgres.createDatabase().then(postgres.url)), 'jsonb'],
  ['DuckDB', true, async () => duckdb.create({ path: join(folder, `${count++}.duckdb`) }) as SqlConnector, 'json'],
  [
    'MariaDB',
    findMariadb() !== null,
    async () => {
      const server = mariadb as TestMariadb
      return open(server.createDatabase().then(server.url))
    },
    'json',
  ],
]

async function open(uri: Promise<string>): Promise<SqlConnector> {
  return (await connectorForUri(await uri)) as SqlConnector
}

const run = (
  broker: ReturnType<typeof createMemoryBroker>,
  connector: SqlConnector,
  spec: Partial<StreamSpec> = {},
  onEvent = (_: StreamEvent) => {},
) =>
  runStream(
    {
      from: { connector: broker.connector, stream: 'orders' },
      to: { kind: 'table', connector, table: { scope: [], name: 'orders' } },
      ...{ deadLetter: join(folder, `${count++}.ndjson`), drain: true, ...spec },
    },
    { onEvent },
  )

describe.each(servers)('a stream into %s', (name, found, connect, json) => {
  it.skipIf(!found)('makes a table, adds columns, and lets the types of a table decide', async () => {
    await using connector = await connect()
    const broker = createMemoryBroker()
    broker.add({ id: 1, name: 'ä', ok: true, at: '2024-05-01T10:00:00.5+02:00', price: 0.1, doc: { a: [1] } })
    await run(broker, connector, { metadata: true })
    broker.add({ id: 2, more: 'x', 'odd "name"': 1 })
    await run(broker, connector)
    const rows = await connector.query('select * from orders order by id')
    expect(rows).toHaveLength(2)
    expect(rows[0]).toMatchObject({ name: 'ä', _position: 'orders@0', more: null })
    expect(String(rows[0]?.at)).toMatch(/^2024-05-01[ T]08:00:00\.5/)
    expect(JSON.parse(String(rows[0]?.doc))).toEqual({ a: [1] })
    expect(rows[1]).toMatchObject({ more: 'x', name: null })

    await connector.execute(
      `create table typed (id bigint not null, price decimal(10,2), day date, ts timestamp null, doc ${json}, f real, note varchar(5))`,
    )
    const typed = { kind: 'table', connector, table: { scope: [], name: 'typed' } } as const
    const row = { price: 1.5, day: '2024-02-29', ts: '2024-05-01T10:00:00Z', doc: [1], f: 0.5 }
    broker.add(
      { id: 1, ...row, note: 'abc' },
      ...[{ price: 1.234 }, { day: '2023-02-29' }, { ts: 'now' }, { price: 1e9 }].map((bad) => ({
        id: 2,
        ...row,
        ...bad,
      })),
      { ...row, note: 'no id' },
      { id: 3, ...row, note: 'too long' },
      { id: 4 },
    )
    const totals = await run(broker, connector, { to: typed })
    expect(totals).toMatchObject({ messages: 8 })
    // In DuckDB the length of a varchar is not a limit.
    expect(totals).toMatchObject(name === 'DuckDB' ? { rows: 3, deadLetters: 5 } : { rows: 2, deadLetters: 6 })
    const [first] = await connector.query('select * from typed order by id')
    expect(first).toMatchObject({ price: expect.stringMatching(/^1\.50$/), note: 'abc' })
  })
})

describe.each(servers)('a column of whole numbers in %s', (_, found, connect) => {
  it.skipIf(!found)('takes decimals as soon as they come, and keeps every digit', async () => {
    await using connector = await connect()
    const broker = createMemoryBroker()
    const events: StreamEvent[] = []
    const follow = (spec: Partial<StreamSpec> = {}) => run(broker, connector, spec, (event) => events.push(event))
    broker.add({ id: 1, price: 10 })
    await follow()
    broker.add(Buffer.from('{"id":2,"price":9223372036854775807}'), { id: 3, price: 10.5 }, { id: 4, price: 'x' })
    expect(await follow()).toMatchObject({ rows: 2, deadLetters: 1 })
    broker.add(Buffer.from('{"id":5,"price":12345678901234.56789}'))
    expect(await follow()).toMatchObject({ rows: 1, deadLetters: 0 })
    const widened = events.filter(({ type }) => type === 'columns-widened')
    expect(widened).toEqual([{ type: 'columns-widened', columns: [expect.objectContaining({ name: 'price' })] }])
    const rows = await connector.query('select price from orders order by id')
    expect(
      rows.map(({ price }) =>
        String(price)
          .replace(/\.?0+$/, '')
          .replace(/^1$/, '10'),
      ),
    ).toEqual(['10', '9223372036854775807', '10.5', '12345678901234.56789'])
    // What was promised not to change does not change.
    broker.add({ id: 6.5, price: 1 })
    expect(await follow({ contract: 'freeze' })).toMatchObject({ rows: 0, deadLetters: 1 })
  })
})

it('puts aside only the messages whose keys differ in case from those of others, when it makes a table', async () => {
  await using connector = duckdb.create({ path: join(folder, `${count++}.duckdb`) }) as SqlConnector
  const broker = createMemoryBroker()
  broker.add({ id: 1 }, { id: 2, ID: 3 }, { id: 4 })
  expect(await run(broker, connector)).toMatchObject({ rows: 2, deadLetters: 1 })
  expect(await connector.query('select id from orders order by id')).toHaveLength(2)
})

it('keeps a column whose type something depends on, and goes on', async () => {
  await using connector = await open(postgres.createDatabase().then(postgres.url))
  await connector.execute('create table orders (id bigint, price bigint)')
  await connector.execute('create view prices as select price from orders')
  const broker = createMemoryBroker()
  broker.add({ id: 1, price: 10 }, { id: 2, price: 10.5 })
  expect(await run(broker, connector)).toMatchObject({ rows: 1, deadLetters: 1 })
})

it('writes from several consumers to one table at once', async () => {
  const database = postgres.url(await postgres.createDatabase())
  const consumers = await Promise.all(
    [1, 2, 3].map(async (number) => {
      const broker = createMemoryBroker()
      broker.add(...Array.from({ length: 100 }, (_, id) => ({ id: number * 1000 + id })))
      return { broker, connector: await open(Promise.resolve(database)) }
    }),
  )
  await using connector = await open(Promise.resolve(database))
  await connector.execute('create table orders (id bigint)')
  await Promise.all(consumers.map(({ broker, connector }) => run(broker, connector, { flush: { rows: 10 } })))
  for (const consumer of consumers) await consumer.connector[Symbol.asyncDispose]()
  const [row] = await connector.query('select count(*) as rows, count(distinct id) as ids from orders')
  expect([Number(row?.rows), Number(row?.ids)]).toEqual([300, 300])
  const staged = await connector.query(
    `SELECT tablename FROM pg_tables WHERE schemaname = '_millrace' AND tablename LIKE 's\\_%'`,
  )
  expect(staged).toEqual([])
})
