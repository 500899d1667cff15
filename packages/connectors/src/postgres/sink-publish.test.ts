import type { Column } from '@millrace/formats'
import { startPostgres, type TestPostgres } from '@millrace/testing'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadSpec } from '../kit/load-spec.test.fixture.ts'
import type { LoadSpec, Sink } from '../kit/sink.ts'
import { csvPieces } from '../kit/sink-rows.contract.ts'
import { openPostgresSink } from './sink.ts'

const columns: Column[] = [
  { name: 'id', type: { kind: 'integer', bits: 32, unsigned: false }, nullable: false, sourceType: 'integer' },
  { name: 'name', type: { kind: 'text' }, nullable: true, sourceType: 'text' },
]

describe('publishing in PostgreSQL', () => {
  let server: TestPostgres
  let outside: pg.Client
  let sink: Sink
  let count = 0

  const connectAs = (user?: string, database?: string) => async () => {
    const { host, port, password } = server
    const client = new pg.Client({
      host,
      port,
      password,
      user: user ?? server.user,
      database: database ?? server.database,
    })
    client.on('error', () => {})
    await client.connect()
    return client
  }
  beforeAll(async () => {
    server = await startPostgres({ version: 'embedded' })
    outside = await connectAs()()
    sink = openPostgresSink({ connect: connectAs(), parallel: 2, label: 'the test server' })
  })
  afterAll(async () => {
    await sink[Symbol.asyncDispose]()
    await outside.end()
    await server.stop()
  })

  async function staged(
    table: string,
    rows: readonly (string | null)[][],
    options: Partial<LoadSpec> = {},
    over = sink,
  ) {
    const target = { kind: 'table', table: { scope: ['public'], name: table } } as const
    const { mode = 'replace' } = options
    const { changes } = await over.plan(target, columns, 'files', mode)
    const load = await over.openLoad(
      loadSpec({
        key: `p${++count}`,
        target,
        mode,
        columns,
        changes,
        ...options,
      }),
      null,
    )
    await load.writeChunk({ id: '0000', bounds: null }, csvPieces(rows), () => [])
    return load
  }

  const rows = async (sql: string) => (await outside.query({ text: sql, rowMode: 'array' })).rows
  const until = async (sql: string) => {
    while ((await rows(sql)).length === 0) await new Promise((resolve) => setImmediate(resolve))
  }

  test.each(['replace', 'append', 'merge'] as const)(
    'an abort while a %s waits for a lock reaches the server',
    async (mode) => {
      const table = `aborted_${mode}`
      await outside.query(
        `CREATE TABLE ${table} (id int PRIMARY KEY, name text); INSERT INTO ${table} VALUES (1, 'old')`,
      )
      const controller = new AbortController()
      await using load = await staged(table, [['2', 'new']], { mode, keys: ['id'], signal: controller.signal })
      const holder = await connectAs()()
      await holder.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`)
      const publishing = load.publish()
      const waiting = `SELECT pid FROM pg_locks WHERE relation = (SELECT oid FROM pg_class WHERE relname = '${table}') AND NOT granted`
      await until(waiting)
      controller.abort(new Error('enough'))
      await expect(publishing).rejects.toThrow('enough')
      expect(await rows(waiting)).toEqual([])
      await holder.query('ROLLBACK')
      await holder.end()
      await load.abandon()
      expect(await rows(`SELECT * FROM ${table}`)).toEqual([[1, 'old']])
      expect(
        await rows(
          `SELECT relname FROM pg_class WHERE relnamespace = '_millrace'::regnamespace AND relname LIKE 's\\_%'`,
        ),
      ).toEqual([])
    },
  )

  test('staging of many pages is hashed in parts', async () => {
    const many = Array.from({ length: 40_000 }, (_, index) => [String(index), 'x'.repeat(500)])
    await using load = await staged('large', many)
    const hash = await load.stagedHash(columns)
    await load.publish()
    await load.complete()
    expect(hash.rows).toBe(40_000)
    expect(hash).toEqual(
      await sink.contentHash({ kind: 'table', table: { scope: ['public'], name: 'large' } }, columns),
    )
  })

  test('two replaces of one table at once leave the rows of one of them', async () => {
    await outside.query('CREATE TABLE contended (id int PRIMARY KEY, name text)')
    const loads = await Promise.all(
      ['a', 'b', 'c'].map((name) =>
        staged('contended', [
          ['1', name],
          ['2', name],
        ]),
      ),
    )
    await Promise.all(loads.map((load) => load.publish()))
    for (const load of loads) {
      await load.complete()
      await load[Symbol.asyncDispose]()
    }
    expect(await rows('SELECT count(*)::int, count(DISTINCT name)::int FROM contended')).toEqual([[2, 1]])
    expect(
      await rows(`SELECT conname FROM pg_constraint WHERE conrelid = 'contended'::regclass AND contype = 'p'`),
    ).toEqual([['contended_pkey']])
  })

  test('a user with the named grants, and no more than INSERT on the table, may append', async () => {
    const database = await server.createDatabase()
    const owner = await connectAs(undefined, database)()
    await owner.query(`CREATE ROLE appender LOGIN; CREATE TABLE journal (id int PRIMARY KEY, name text);
      GRANT SELECT, INSERT ON journal TO appender`)
    await using first = openPostgresSink({ connect: connectAs(undefined, database), label: 'the test server' })
    const other = await staged('elsewhere', [['1', 'x']], {}, first)
    await other.abandon()
    await other[Symbol.asyncDispose]()

    await using appender = openPostgresSink({ connect: connectAs('appender', database), label: 'the test server' })
    const refused: Error = await staged('journal', [['1', 'x']], { mode: 'append' }, appender).then(
      () => new Error('nothing thrown'),
      (error) => error,
    )
    expect(refused).toMatchObject({ name: 'ConfigError', code: 'PERMISSION_DENIED' })
    await owner.query(/GRANT .*;/.exec(refused.message)?.[0] ?? '')
    const load = await staged('journal', [['1', 'x']], { mode: 'append' }, appender)
    expect(await load.publish()).toMatchObject({ inserted: 1 })
    await load.complete()
    await load[Symbol.asyncDispose]()
    expect((await owner.query('SELECT name FROM journal')).rows).toEqual([{ name: 'x' }])
    await owner.end()
  })

  test('says who runs the same load', async () => {
    const key = `p${++count}`
    await using load = await staged('mine', [['1', 'x']], { key })
    const error: Error = await staged('mine', [['1', 'x']], { key }).then(
      () => new Error('nothing thrown'),
      (reason) => reason,
    )
    expect(error).toMatchObject({ name: 'ConfigError', code: 'LOAD_RUNNING' })
    const pid = /pg_terminate_backend\((\d+)\)/.exec(error.message)?.[1]
    await outside.query('SELECT pg_terminate_backend($1)', [pid])
    await using next = await staged('mine', [['1', 'y']], { key })
    await expect(load.publish()).rejects.toMatchObject({ name: 'TransientError' })
    await expect(
      load.writeChunk({ id: '0001', bounds: null }, csvPieces([['2', 'x']]), () => []),
    ).rejects.toMatchObject({
      code: 'LOAD_TAKEN_OVER',
    })
    expect(await next.stagedCount()).toBe(1)
    await next.abandon()
  })
})
