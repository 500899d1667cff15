import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findMariadb, startMariadb, startPostgres, type TestMariadb, type TestPostgres } from '@millrace/testing'
import type { ConnectionConfig } from '@millrace/workflow'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { failureOf, outputOf, runOperator } from '../run-operator.test.fixture.ts'

let folder: string
let postgres: TestPostgres
let mariadb: TestMariadb | undefined
const connections: Record<string, ConnectionConfig> = {}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  postgres = await startPostgres()
  connections.postgres = { connector: 'postgres', values: { uri: postgres.url() } }
  connections.sqlite = { connector: 'sqlite', values: { path: join(folder, 'test.sqlite') } }
  connections.duckdb = { connector: 'duckdb', values: { path: join(folder, 'test.duckdb') } }
  if (findMariadb() === null) return
  mariadb = await startMariadb()
  const { host, port, user, password, database } = mariadb
  connections.mariadb = { connector: 'mysql', values: { host, port, user, password, database } }
})
afterAll(async () => {
  await postgres.stop()
  await mariadb?.stop()
  await rm(folder, { recursive: true, force: true })
})

const run = (connection: string, sql: string, more: object = {}) =>
  runOperator('sql', { connection, sql, ...more }, { connections })

describe.each(['postgres', 'mariadb', 'sqlite', 'duckdb'])('%s', (connection) => {
  test('runs several statements over one connection and gives rows changed and the last result', async (context) => {
    if (connections[connection] === undefined) return context.skip('there is no MariaDB on this machine')
    const ran = await run(
      connection,
      `create table visits (id int, place varchar(20));
       insert into visits values (1, 'a;b'), (2, 'c'), (3, '{{ dt }}');
       update visits set place = 'x' where id > :least;
       select id, place from visits where id <> 2 order by id;
       delete from visits where id = 1`,
      { parameters: { least: 2 } },
    )
    expect(outputOf(ran)).toMatchObject({
      statements: [
        { verb: 'create' },
        { verb: 'insert', changed: 3, line: 2 },
        { verb: 'update', changed: 1 },
        { verb: 'select', changed: null },
        { verb: 'delete', changed: 1 },
      ],
      columns: ['id', 'place'],
      rows: [
        { id: 1, place: 'a;b' },
        { id: 3, place: 'x' },
      ],
      cut: false,
    })
    expect(ran.text).toContain('INSERT on line 2')
    expect(ran.progress.at(-1)).toEqual({ done: 5, total: 5, unit: 'statements' })
  })

  test('an expectation that fails rolls the script back', async (context) => {
    if (connections[connection] === undefined) return context.skip('there is no MariaDB on this machine')
    await run(connection, 'create table kept (id int)')
    const script = 'insert into kept values (1); select count(*) from kept'
    expect(failureOf(await run(connection, script, { expect: { value: 7 } }))).toMatchObject({
      code: 'SQL_EXPECTATION_FAILED',
      recovery: 'data',
      message: expect.stringMatching(/first value is "?1"?, and 7 is expected/),
    })
    expect(outputOf(await run(connection, script, { expect: { value: 1, rows: { min: 1, max: 1 } } }))).toBeTruthy()
  })

  test('a statement that fails is named, and undoes those before it', async (context) => {
    if (connections[connection] === undefined) return context.skip('there is no MariaDB on this machine')
    await run(connection, 'create table whole (id int)')
    const failure = failureOf(await run(connection, 'insert into whole values (1);\nselect nothing from nowhere'))
    expect(failure.message).toMatch(/^Statement 2 of 2, on line 2: /)
    expect(outputOf(await run(connection, 'select id from whole'))).toMatchObject({ rows: [], columns: ['id'] })
  })

  test('a long result is cut and said to be', async (context) => {
    if (connections[connection] === undefined) return context.skip('there is no MariaDB on this machine')
    const series = 'with recursive n(i) as (select 1 union all select i + 1 from n where i < 500) select i from n'
    const output = outputOf(await run(connection, series, { rowLimit: 3 })) as { rows: unknown[]; cut: boolean }
    expect(output.rows).toHaveLength(3)
    expect(output.cut).toBe(true)
    expect(failureOf(await run(connection, series, { expect: { rows: { max: 499 } } })).message).toContain(
      'has 500 rows, and at most 499',
    )
    expect(outputOf(await run(connection, series, { rowLimit: 500 }))).toMatchObject({ cut: false })
  })
})

test('the server sees which workflow, run and node a statement is of', async () => {
  const sql = 'select query from pg_stat_activity where pid = pg_backend_pid()'
  expect(outputOf(await run('postgres', sql))).toMatchObject({
    rows: [
      { query: expect.stringContaining('/* millrace workflow=sales.daily version=1 run=7 task=node attempt=1 */') },
    ],
  })
})

test('a cancelled task stops its statement at the server', async () => {
  const stop = new AbortController()
  const running = runOperator(
    'sql',
    { connection: 'postgres', sql: 'select pg_sleep(600)' },
    { connections, signal: stop.signal },
  )
  const sleeping = `select count(*) from pg_stat_activity where query like '%sleep(600)%' and state = 'active' and pid <> pg_backend_pid()`
  const count = async () =>
    Number((outputOf(await run('postgres', sleeping)) as { rows: { count: string }[] }).rows[0]?.count)
  while ((await count()) === 0);
  stop.abort(new Error('enough'))
  expect(failureOf(await running)).toMatchObject({ reason: 'cancelled' })
  await expect.poll(count, { interval: 10 }).toBe(0)
})

test('a script with a transaction of its own is left alone, and one may do without', async () => {
  await run('postgres', 'create table own (id int)')
  await run('postgres', 'begin; insert into own values (1); commit; insert into own values (2); select 1/0')
  expect(outputOf(await run('postgres', 'select id from own order by id'))).toMatchObject({
    rows: [{ id: 1 }, { id: 2 }],
  })
  expect(outputOf(await run('postgres', 'vacuum own', { transaction: false }))).toMatchObject({ columns: [] })
})

test('R4: a password appears neither in the failure nor in the log', async () => {
  const values = {
    host: '127.0.0.1',
    port: postgres.port,
    user: 'nobody',
    password: 'hunter2-secret',
    database: 'absent',
  }
  const ran = await runOperator(
    'sql',
    { connection: 'closed', sql: "select 'hunter2-secret', nonsense" },
    { connections: { closed: { connector: 'postgres', values } } },
  )
  expect(JSON.stringify(ran)).not.toContain('hunter2-secret')
})

test('a result too large for an output is cut as well', async () => {
  const sql = "select repeat('x', 1000000) as wide from generate_series(1, 9)"
  const output = outputOf(await run('postgres', sql)) as { rows: unknown[]; cut: boolean }
  expect([output.rows.length, output.cut]).toEqual([4, true])
})

test('SQL without a statement is refused', async () => {
  expect(failureOf(await run('sqlite', '-- nothing here'))).toMatchObject({ code: 'SQL_EMPTY' })
})
