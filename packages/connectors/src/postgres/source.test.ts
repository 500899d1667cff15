import { addContentHashes } from '@millrace/formats'
import { findPostgres15, startPostgres, type TestPostgres } from '@millrace/testing'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SqlConnector } from '../kit/connector.ts'
import { readRequest, readText } from '../kit/read-text.contract.ts'
import { connectorForUri } from '../kit/registry.ts'
import type { Chunk, Relation } from '../kit/source.ts'

const versions = [{ version: 'embedded' as const }, ...(findPostgres15() ? [{ version: '15' as const }] : [])]

const table = (name: string, schema = 'public'): Relation => ({ kind: 'table', table: { scope: [schema], name } })

describe.each(versions)('PostgreSQL $version as a source', ({ version }) => {
  let server: TestPostgres
  let admin: pg.Client
  const sql = (text: string, values?: unknown[]) => admin.query(text, values)

  beforeAll(async () => {
    server = await startPostgres({ version })
    admin = new pg.Client({ connectionString: server.url() })
    await admin.connect()
  })
  afterAll(async () => {
    await admin?.end()
    await server?.stop()
  })

  const connect = async (uri = server.url()) => (await connectorForUri(uri)) as SqlConnector
  const open = async (connector: SqlConnector, parallel = 1) => await connector.openSource({ parallel })

  test('values print the same under hostile defaults of the role', async () => {
    await sql(`create table hostile as select 0.1::float8 + 0.2::float8 as f, '\\xde00'::bytea as b, interval '1 year -3 days 04:05:06.789' as i,
      timestamptz '2024-03-10 01:59:59.123456-05' as ts, date '2024-03-10' as d, (-1000.5)::numeric::money as m, '0044-03-15 BC'::date as bc`)
    await sql(`create role hostile login`)
    await sql(`grant select on hostile to hostile`)
    for (const [name, value] of [
      ['timezone', 'Asia/Kolkata'],
      ['datestyle', 'SQL, DMY'],
      ['intervalstyle', 'postgres_verbose'],
      ['extra_float_digits', '-10'],
      ['bytea_output', 'escape'],
      ['client_encoding', 'LATIN1'],
      ['statement_timeout', '1'],
      ['default_transaction_isolation', 'read committed'],
    ]) {
      await sql(`alter role hostile set ${name} = '${value}'`)
    }
    await using plain = await connect()
    await using hostile = await connect(server.url().replace('//postgres:', '//hostile:'))
    await using source = await open(plain)
    await using other = await open(hostile)
    const expected = await readText(source, table('hostile'))
    expect(expected.text).toBe(
      '0.30000000000000004,\\xde00,P1Y-3DT4H5M6.789S,2024-03-10 06:59:59.123456+00,2024-03-10,-1000.50,0044-03-15 BC\n',
    )
    expect(await readText(other, table('hostile'))).toEqual(expected)
    const { columns } = await source.describe(table('hostile'))
    expect(await other.contentHash(table('hostile'), columns)).toEqual(
      await source.contentHash(table('hostile'), columns),
    )
  })

  test('all sessions see one snapshot while others write', async () => {
    await sql(`create table stable as select g as id from generate_series(1, 1000) g`)
    await using connector = await connect()
    await using source = await open(connector, 3)
    await sql(`insert into stable select generate_series(1001, 2000); delete from stable where id <= 10`)
    const reads = await Promise.all(Array.from({ length: 5 }, () => readText(source, table('stable'))))
    expect(new Set(reads.map((read) => read.text)).size).toBe(1)
    expect(reads[0]?.rows).toBe(1000)
    expect(await source.count(table('stable'))).toBe(1000)
    expect(source.position).toMatchObject({ lsn: expect.any(String), snapshot: expect.stringMatching(/^\d+:\d+:/) })
  })

  test.each(['wide_plain', 'wide_parted'])('chunks of %s cover every row exactly once', async (name) => {
    await sql(`create table wide_plain (id int, filler text)`).catch(() => {})
    if (name === 'wide_parted') {
      await sql(`create table wide_parted (id int, filler text) partition by range (id);
        create table wide_parted_a partition of wide_parted for values from (0) to (20000);
        create table wide_parted_b partition of wide_parted for values from (20000) to (100000) partition by hash (id);
        create table wide_parted_b0 partition of wide_parted_b for values with (modulus 2, remainder 0);
        create table wide_parted_b1 partition of wide_parted_b for values with (modulus 2, remainder 1);
        create table wide_parted_empty partition of wide_parted for values from (100000) to (200000)`)
    }
    await sql(`insert into ${name} select g, repeat('x', 500) from generate_series(1, 60000) g`)
    await using connector = await connect()
    await using source = await open(connector, 2)
    const schema = await source.describe(table(name))
    const chunks = await source.planChunks(table(name), schema, { parallel: 2 })
    expect(chunks.length).toBeGreaterThan(2)
    const parts = await Promise.all(chunks.map((chunk) => readText(source, table(name), { chunk })))
    const ids = parts.flatMap((part) => part.text.split('\n').filter(Boolean)).map((line) => Number(line.split(',')[0]))
    expect(ids).toHaveLength(60000)
    expect(new Set(ids).size).toBe(60000)
    expect(await source.contentHash(table(name), schema.columns)).toMatchObject({ rows: 60000 })
    await using single = await open(connector, 1)
    expect(await single.contentHash(table(name), schema.columns)).toEqual(
      await source.contentHash(table(name), schema.columns),
    )
  })

  test('a chunk is reused only while it holds exactly the rows it was read with', async () => {
    await sql(`create table again (id int, filler text);
      insert into again select g, repeat('x', 1000) from generate_series(1, 60000) g`)
    await using connector = await connect()
    const relation = table('again')
    let chunks: Chunk[] = []
    let finished: { id: string; rows: number; bounds: Chunk['bounds'] }[] = []
    let position: Readonly<Record<string, unknown>> = {}
    const load = async () => {
      await using source = await open(connector)
      chunks = await source.planChunks(relation, await source.describe(relation), { parallel: 2 })
      expect(chunks.length).toBeGreaterThanOrEqual(3)
      finished = []
      for (const chunk of chunks) {
        finished.push({ ...chunk, rows: (await readText(source, relation, { chunk })).rows })
      }
      position = JSON.parse(JSON.stringify(source.position))
    }
    const reusable = async () => {
      await using source = await open(connector)
      return await source.reusable(relation, finished, position)
    }
    const all = () => chunks.map((chunk) => chunk.id)

    await load()
    expect(await reusable()).toEqual(all())
    await sql(`vacuum freeze again`)
    expect(await reusable()).toEqual(all())
    await sql(`insert into again values (0, 'new')`)
    expect(await reusable()).toHaveLength(all().length - 1)

    await load()
    await sql(`delete from again where id = 1`)
    expect(await reusable()).toEqual(all().slice(1))

    await load()
    await sql(`update again set filler = filler where id = 2`)
    expect(await reusable()).not.toContain(all()[0])

    // A transaction that runs at the time of the snapshot, with its rows in subtransactions.
    const writer = new pg.Client({ connectionString: server.url() })
    await writer.connect()
    await writer.query(`vacuum again`)
    await writer.query(
      `begin; savepoint a; delete from again where id = 60000; insert into again values (60000, repeat('y', 1000)); release savepoint a`,
    )
    await load()
    await writer.query('commit')
    await writer.end()
    expect((await reusable()).length).toBeLessThan(all().length)

    await load()
    await sql(`vacuum full again`)
    expect(await reusable()).toEqual([])
    await load()
    await sql(`alter table again add column extra int default 1`)
    expect(await reusable()).toEqual([])
  })

  test('an old plan covers partitions that came, went or filled since', async () => {
    await sql(`create table moved (id int, v text) partition by list (id);
      create table moved_1 partition of moved for values in (1);
      create table moved_2 partition of moved for values in (2);
      create table moved_3 partition of moved for values in (3);
      insert into moved values (1, 'a'), (2, 'b')`)
    await using connector = await connect()
    const relation = table('moved')
    let chunks: Chunk[]
    {
      await using source = await open(connector)
      chunks = await source.planChunks(relation, await source.describe(relation), { parallel: 1 })
    }
    await sql(`alter table moved detach partition moved_1;
      create table moved_4 (v text, id int);
      alter table moved attach partition moved_4 for values in (4);
      alter table moved_2 rename to moved_two;
      insert into moved values (3, 'c'), (4, 'd')`)
    await using source = await open(connector)
    const parts = await Promise.all(chunks.map((chunk) => readText(source, relation, { chunk })))
    expect(
      parts
        .map((part) => part.text)
        .join('')
        .split('\n')
        .sort(),
    ).toEqual(['', '2,b', '3,c', '4,d'])
  })

  test('a table that is truncated after the snapshot is not taken for an empty one', async () => {
    await sql(`create table cut as select generate_series(1, 10) as id`)
    await using connector = await connect()
    await using source = await open(connector)
    await sql(`truncate cut`)
    await expect(
      source.planChunks(table('cut'), await source.describe(table('cut')), { parallel: 1 }),
    ).rejects.toMatchObject({
      code: 'TABLE_REWRITTEN',
    })
    await expect(source.count({ kind: 'query', sql: 'select 1' })).resolves.toBe(1)
  })

  test('a server error in mid-stream rejects with its SQLSTATE, and the source goes on', async () => {
    await using connector = await connect()
    await using source = await open(connector)
    const relation: Relation = {
      kind: 'query',
      sql: `select 1/(g - 50000) as x, repeat('x', 200) as y from generate_series(1, 100000) g`,
    }
    await expect(readText(source, relation)).rejects.toMatchObject({ name: 'DataError', code: 'POSTGRES_22012' })
    expect((await readText(source, { kind: 'query', sql: 'select 1 as one' })).text).toBe('1\n')
  })

  test('a session that is terminated in mid-stream rejects as transient', async () => {
    await using connector = await connect()
    await using source = await open(connector)
    const relation: Relation = {
      kind: 'query',
      sql: `select pg_backend_pid() as pid, repeat('x', 500) as y from generate_series(1, 2000000) g`,
    }
    const { columns } = await source.describe(relation)
    const pieces = source.read(readRequest(relation, columns))
    await expect(
      (async () => {
        let killed = false
        for await (const piece of pieces) {
          if (killed) continue
          killed = true
          const pid = Buffer.from(piece.bytes.subarray(0, 20)).toString().split(',')[0]
          await sql('select pg_terminate_backend($1)', [pid])
        }
      })(),
    ).rejects.toMatchObject({ name: 'TransientError' })
    expect((await readText(source, { kind: 'query', sql: 'select 1 as one' })).text).toBe('1\n')
  })

  test('an abort rejects with its reason and stops the server', async () => {
    await using connector = await connect()
    await using source = await open(connector)
    const controller = new AbortController()
    const reason = new Error('enough')
    const relation: Relation = {
      kind: 'query',
      sql: `select g, pg_sleep(0.001) as s, 'abort-marker' as m from generate_series(1, 1000000) g`,
    }
    await source.describe(relation)
    const reading = readText(source, relation, { signal: controller.signal })
    const running = `select count(*)::int as n from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() and query like '%abort-marker%'`
    while ((await sql(running)).rows[0].n === 0);
    controller.abort(reason)
    await expect(reading).rejects.toBe(reason)
    // The server tells of the error a moment before it is done with the statement.
    await expect.poll(async () => (await sql(running)).rows[0].n, { interval: 10 }).toBe(0)
  })

  test('a consumer that stops early leaves no query behind', async () => {
    await using connector = await connect()
    await using source = await open(connector)
    const relation: Relation = {
      kind: 'query',
      sql: `select repeat('early-marker', 20) as m from generate_series(1, 5000000) g`,
    }
    const { columns } = await source.describe(relation)
    for await (const piece of source.read(readRequest(relation, columns))) {
      expect(piece.rows).toBeGreaterThan(0)
      break
    }
    expect(
      (
        await sql(
          `select count(*)::int as n from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() and query like '%early-marker%'`,
        )
      ).rows[0].n,
    ).toBe(0)
    expect((await readText(source, { kind: 'query', sql: 'select 1 as one' })).text).toBe('1\n')
  })

  test('rows larger than the buffers arrive whole, and every row is counted', async () => {
    await using connector = await connect()
    await using source = await open(connector)
    const relation: Relation = {
      kind: 'query',
      sql: `select g, repeat('é', g * 300000) as big from generate_series(0, 9) g union all select g, 'small' from generate_series(10, 5000) g`,
    }
    const { text, rows } = await readText(source, relation)
    expect(rows).toBe(5001)
    expect(
      text
        .split('\n')
        .slice(0, 10)
        .map((line) => line.length),
    ).toEqual(Array.from({ length: 10 }, (_, g) => (g === 0 ? '0,""'.length : `${g},`.length + g * 300000)))
  })

  test('binary rows come without header and trailer', async () => {
    await using connector = await connect()
    await using source = await open(connector)
    for (const count of [0, 1, 3]) {
      const { text, rows } = await readText(
        source,
        { kind: 'query', sql: `select 7::int2 as a from generate_series(1, ${count}) g` },
        { format: 'copy-binary' },
      )
      expect(rows).toBe(count)
      expect(text).toBe('\0\x01\0\0\0\x02\0\x07'.repeat(count))
    }
  })

  test.each([
    `select 1) to stdout; drop table injected; --`,
    `select 1; drop table injected`,
    `select 1) q; drop table injected; select * from (select 1`,
    `with gone as (delete from injected returning *) select * from gone`,
    `commit`,
  ])('%s changes nothing', async (query) => {
    await sql(`create table if not exists injected as select 1 as id`)
    await using connector = await connect()
    await using source = await open(connector)
    await expect(readText(source, { kind: 'query', sql: query })).rejects.toMatchObject({ name: 'ConfigError' })
    await connector.query(query).catch(() => {})
    expect((await sql('select count(*)::int as n from injected')).rows[0].n).toBe(1)
  })

  test('odd names are read, listed and found', async () => {
    const schema = `o"dd. schéma`
    const name = `${'ü"x.'.repeat(12)}abc`
    expect(Buffer.byteLength(name)).toBe(63)
    await sql(`create schema ${admin.escapeIdentifier(schema)};
      create table ${admin.escapeIdentifier(schema)}.${admin.escapeIdentifier(name)} ("a ""b"" ;--" int primary key, "ü.x" text);
      insert into ${admin.escapeIdentifier(schema)}.${admin.escapeIdentifier(name)} values (1, 'one')`)
    await using connector = await connect()
    await using source = await open(connector)
    const found = await source.listTables(['"o""dd. schéma".*'])
    expect(found).toEqual([{ scope: [schema], name }])
    const relation: Relation = { kind: 'table', table: { scope: [schema], name } }
    const description = await source.describe(relation)
    expect(description.primaryKey).toEqual(['a "b" ;--'])
    expect((await readText(source, relation)).text).toBe('1,one\n')
    const [chunk] = await source.planChunks(relation, description, { parallel: 1 })
    expect((await readText(source, relation, chunk ? { chunk } : {})).rows).toBe(1)
    expect(await source.cursorMark(relation, 'a "b" ;--', ['ü.x'])).toEqual({ cursor: '1', keys: ['one'] })
  })

  test('tables are listed without partitions, system tables and working tables', async () => {
    await sql(`create schema listed; create table listed.b (id int) partition by hash (id); create table listed.b_0 partition of listed.b for values with (modulus 1, remainder 0);
      create view listed.a as select 1 as one; create materialized view listed.c as select 1 as one; create table listed._millrace_x (id int)`)
    await using connector = await connect()
    await using source = await open(connector)
    expect((await source.listTables(['listed.*'])).map((found) => found.name)).toEqual(['a', 'b', 'c'])
    await expect(source.listTables(['listed.nothing'])).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' })
    expect((await connector.listScope(['listed'])).map((item) => item.name)).toEqual(['a', 'b', 'c'])
  })

  test('rows after a watermark: strictly greater, with ties by key, or again with a look-back', async () => {
    await sql(
      `create table watermark as select g as id, timestamptz '2024-01-01 00:00:00.123456+00' + (g / 3) * interval '1 minute' as at from generate_series(0, 11) g`,
    )
    await sql(`insert into watermark values (99, null)`)
    await using connector = await connect()
    await using source = await open(connector)
    const base = table('watermark')
    const mark = await source.cursorMark(base, 'at', ['id'])
    expect(mark).toEqual({ cursor: '2024-01-01 00:03:00.123456+00', keys: ['11'] })
    expect(await source.countNullCursors(base, 'at')).toBe(1)
    const ids = async (range: object) =>
      (await readText(source, { ...base, range } as Relation)).text
        .split('\n')
        .filter(Boolean)
        .map((line) => Number(line.split(',')[0]))
    const after = { cursor: '2024-01-01 00:02:00.123456+00', keys: ['7'] }
    expect(await ids({ cursor: 'at', keys: [], after: { ...after, keys: [] } })).toEqual([9, 10, 11])
    expect(await ids({ cursor: 'at', keys: ['id'], after })).toEqual([8, 9, 10, 11])
    expect(await ids({ cursor: 'at', keys: [], after, lookback: 60 })).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11])
    expect(await ids({ cursor: 'id', keys: [], after: { cursor: '10', keys: [] }, lookback: 2 })).toEqual([
      8, 9, 10, 11, 99,
    ])
    await expect(ids({ cursor: 'nope', keys: [], after })).rejects.toMatchObject({ code: 'COLUMN_NOT_FOUND' })
  })

  test('a database in another encoding has the same text and the same hash', async () => {
    await sql(`create database latin encoding 'LATIN1' locale 'C' template template0`)
    const rows = `(id int, v text); insert into same values (1, 'é'), (2, 'ascii'), (3, null)`
    await sql(`create table same ${rows}`)
    await using here = await connect()
    await using there = await connect(server.url('latin'))
    await there.execute(`create table same ${rows}`)
    await using utf8 = await open(here)
    await using latin = await open(there)
    const { columns } = await utf8.describe(table('same'))
    expect((await readText(latin, table('same'))).text).toBe('1,é\n2,ascii\n3,\n')
    expect(await latin.contentHash(table('same'), columns)).toEqual(await utf8.contentHash(table('same'), columns))
  })

  test('partitions that may not be read by themselves, and rows that are hidden, keep a table in one chunk', async () => {
    await sql(`create role reader login; create schema guarded; grant usage on schema guarded to reader;
      create table guarded.parted (id int) partition by hash (id);
      create table guarded.parted_0 partition of guarded.parted for values with (modulus 1, remainder 0);
      insert into guarded.parted values (1), (2); grant select on guarded.parted to reader;
      create table guarded.hidden (id int); insert into guarded.hidden values (1), (2); grant select on guarded.hidden to reader;
      alter table guarded.hidden enable row level security; create policy only_one on guarded.hidden using (id = 1)`)
    await using connector = await connect(server.url().replace('//postgres:', '//reader:'))
    await using source = await open(connector, 2)
    for (const [name, rows] of [
      ['parted', 2],
      ['hidden', 1],
    ] as const) {
      const relation = table(name, 'guarded')
      const schema = await source.describe(relation)
      const chunks = await source.planChunks(relation, schema, { parallel: 2 })
      expect(chunks).toEqual([{ id: '0000', bounds: null }])
      expect((await readText(source, relation)).rows).toBe(rows)
      expect(await source.contentHash(relation, schema.columns)).toMatchObject({ rows })
    }
  })

  test('columns are described with their own and their neutral type', async () => {
    await sql(`create type mood as enum ('sad', 'it''s "ok"'); create domain amount as numeric(10, 2); create type pair as (a int, b text);
      create table described (n numeric(5,-2), small numeric(3,5), free numeric, a amount not null, m mood, l text[], c char(5), p pair, r numrange, money money,
        u uuid, j jsonb, t timestamptz, d amount[], v int2vector, o oid, i interval)`)
    await using connector = await connect()
    await using source = await open(connector)
    const { columns } = await source.describe(table('described'))
    const decimal = (precision: number | null, scale: number | null) => ({ kind: 'decimal', precision, scale })
    expect(Object.fromEntries(columns.map((column) => [column.name, column.type]))).toEqual({
      n: decimal(7, 0),
      small: decimal(5, 5),
      free: decimal(null, null),
      a: decimal(10, 2),
      m: { kind: 'enum', labels: ['sad', `it's "ok"`] },
      l: { kind: 'list', element: { kind: 'text' } },
      c: { kind: 'text' },
      p: { kind: 'text' },
      r: { kind: 'text' },
      money: decimal(19, 2),
      u: { kind: 'uuid' },
      j: { kind: 'json' },
      t: { kind: 'timestamp', utc: true },
      d: { kind: 'list', element: decimal(10, 2) },
      v: { kind: 'text' },
      o: { kind: 'integer', bits: 32, unsigned: true },
      i: { kind: 'interval' },
    })
    expect(columns.find((column) => column.name === 'a')).toMatchObject({ nullable: false, sourceType: 'amount' })
    const query = await source.describe({ kind: 'query', sql: 'select n, c from described' })
    expect(query.columns.map((column) => column.sourceType)).toEqual(['numeric(5,-2)', 'character(5)'])
    expect(addContentHashes([])).toEqual(await source.contentHash(table('described'), columns))
  })
})
