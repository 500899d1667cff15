import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findMariadb, startMariadb, startPostgres, type TestMariadb, type TestPostgres } from '@millrace/testing'
import type { ConnectionConfig, Json } from '@millrace/workflow'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { failureOf, outputOf, runOperator } from '../run-operator.test.fixture.ts'

let folder: string
let postgres: TestPostgres
let mariadb: TestMariadb | undefined
const connections: Record<string, ConnectionConfig> = {}

const made = `
  create table orders (id int, customer int, state varchar(10), price decimal(8, 2), changed_at timestamp null);
  insert into orders values
    (1, 7, 'open', 1.50, '2024-01-01 10:00:00'), (2, 8, 'paid', 2.50, '2024-01-01 11:00:00'),
    (3, null, 'lost', -4.00, '2024-01-01 12:00:00'), (3, 9, 'it''s', 900.00, null)`

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  postgres = await startPostgres()
  connections.postgres = { connector: 'postgres', values: { uri: postgres.url() } }
  connections.sqlite = { connector: 'sqlite', values: { path: join(folder, 'test.sqlite') } }
  connections.duckdb = { connector: 'duckdb', values: { path: join(folder, 'test.duckdb') } }
  if (findMariadb() !== null) {
    mariadb = await startMariadb()
    const { host, port, user, password, database } = mariadb
    connections.mariadb = { connector: 'mysql', values: { host, port, user, password, database } }
  }
  for (const connection of Object.keys(connections)) outputOf(await sql(connection, made))
})
afterAll(async () => {
  await postgres.stop()
  await mariadb?.stop()
  await rm(folder, { recursive: true, force: true })
})

const sql = (connection: string, text: string) => runOperator('sql', { connection, sql: text }, { connections })
const check = (connection: string, checks: Json[], more: object = {}) =>
  runOperator('data_test', { connection, table: 'orders', checks, ...more }, { connections })

describe.each(['postgres', 'mariadb', 'sqlite', 'duckdb'])('%s', (connection) => {
  test('checks that hold pass, each with its result', async (context) => {
    if (connections[connection] === undefined) return context.skip('there is no MariaDB on this machine')
    const ran = await check(connection, [
      { check: 'not_null', column: 'id' },
      { check: 'not_null', column: 'customer', where: 'id < 3' },
      { check: 'unique', columns: ['id', 'state'], name: 'one row for a state' },
      { check: 'accepted_values', column: 'state', values: ['open', 'paid', 'lost', "it's"] },
      { check: 'range', column: 'price', min: -4, max: 900 },
      { check: 'row_count', min: 4, max: 4 },
      { check: 'freshness', column: 'changed_at', maxAgeSeconds: 1e9 },
      { check: 'failing_rows', sql: 'select * from orders where price > 10000;' },
    ])
    expect(outputOf(ran)).toMatchObject({ passed: 8, warned: 0, checks: expect.arrayContaining([]) })
    expect(ran.text).toContain('one row for a state: no row fails.')
  })

  test('checks that fail count the rows and show some by key; a warning fails nothing', async (context) => {
    if (connections[connection] === undefined) return context.skip('there is no MariaDB on this machine')
    const checks = [
      { check: 'not_null', column: 'customer' },
      { check: 'unique', columns: 'id' },
      { check: 'accepted_values', column: 'state', values: ['open', 'paid'] },
      { check: 'range', column: 'price', min: 0, max: 100 },
      { check: 'freshness', column: 'changed_at', maxAgeSeconds: 60 },
      { check: 'row_count', min: 10 },
      { check: 'not_null', column: 'no_such_column' },
    ]
    const warned = outputOf(
      await check(
        connection,
        checks.slice(0, 6).map((one) => ({ ...one, severity: 'warn' })),
        { key: 'id' },
      ),
    )
    expect(warned).toMatchObject({
      passed: 0,
      warned: 6,
      checks: [
        { failing: 1, examples: [{ id: 3, customer: null }] },
        { failing: 2, examples: [{ id: 3, rows: expect.anything() }] },
        {
          failing: 2,
          examples: [
            { id: 3, state: 'lost' },
            { id: 3, state: "it's" },
          ],
        },
        { failing: 2, examples: [{ id: 3, price: expect.toSatisfy((price) => Number(price) === -4) }, { id: 3 }] },
        { failing: 1, message: expect.stringContaining('at most 60 s are allowed') },
        { failing: 6, message: '4 rows, at least 10 are expected' },
      ],
    })
    const ran = await check(connection, checks)
    expect(failureOf(ran)).toMatchObject({
      code: 'DATA_TEST_FAILED',
      recovery: 'data',
      message: expect.stringMatching(
        /^7 of 7 checks of orders failed: not_null_customer \(1 rows fail\); .*could not be made/,
      ),
    })
    expect(ran.log.filter(({ level }) => level === 'error')).toHaveLength(7)
  })

  test('a table is compared with its source, by count and by content', async (context) => {
    if (connections[connection] === undefined) return context.skip('there is no MariaDB on this machine')
    const source = { connection: 'postgres', table: 'orders' }
    const columns = ['id', 'customer', 'state', 'price']
    const copied = await runOperator(
      'transfer',
      { from: { connection: 'postgres', table: 'orders' }, to: { connection, table: 'copied' } },
      { connections },
    )
    outputOf(copied)
    const compare = (checks: Json[]) =>
      runOperator('data_test', { connection, table: 'copied', checks }, { connections })
    const same = [
      { check: 'reconcile', source },
      { check: 'reconcile', source, content: true, columns },
    ]
    expect(outputOf(await compare(same))).toMatchObject({
      checks: [{ message: '4 rows on both sides' }, { message: '4 rows with the same values on both sides' }],
    })
    outputOf(await sql(connection, "update copied set state = 'sent' where id = 1"))
    const failure = failureOf(await compare(same))
    expect(failure.message).toContain('some have other values')
    expect(failure.message).toMatch(/^1 of 2/)
    outputOf(await sql(connection, 'delete from copied where id = 1'))
    expect(failureOf(await compare(same)).message).toContain('the source holds 4 rows, the table 3')
  })
})

test('odd names are quoted', async () => {
  outputOf(
    await sql(
      'postgres',
      'create schema "my schema"; create table "my schema"."odd ""name" ("a.b" int); insert into "my schema"."odd ""name" values (1), (null)',
    ),
  )
  const ran = await runOperator(
    'data_test',
    { connection: 'postgres', table: '"my schema"."odd ""name"', checks: [{ check: 'not_null', column: 'a.b' }] },
    { connections },
  )
  expect(failureOf(ran).message).toContain('1 rows fail')
})
