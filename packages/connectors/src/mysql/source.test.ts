import type { WireFormat } from '@millrace/formats'
import { findMariadb, startMariadb, type TestMariadb } from '@millrace/testing'
import { type Connection, createConnection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SqlConnector } from '../kit/connector.ts'
import { readRequest, readText } from '../kit/read-text.contract.ts'
import { connectorForUri } from '../kit/registry.ts'
import type { Chunk, Relation, Source } from '../kit/source.ts'

describe.skipIf(!findMariadb())('reading from MariaDB', () => {
  let server: TestMariadb
  let admin: Connection

  beforeAll(async () => {
    server = await startMariadb({ settings: { 'max-allowed-packet': '64M', 'log-bin': 'binlog', 'server-id': '1' } })
    admin = await createConnection({ uri: server.url(), charset: 'utf8mb4' })
  })
  afterAll(async () => {
    await admin?.end()
    await server?.stop()
  })

  const whole: Chunk = { id: '0000', bounds: null }
  const open = async () => (await connectorForUri(server.url())) as SqlConnector
  const table = (name: string): Relation => ({ kind: 'table', table: { scope: [], name } })

  const read = async (source: Source, relation: Relation, chunk = whole, format: WireFormat = 'csv') =>
    (await readText(source, relation, { chunk, format })).text

  test.each([16_777_196, 16_777_208, 16_777_209, 20_000_000, 33_554_422])(
    'a row of more than one packet (%i bytes) arrives whole, between its neighbours',
    async (bytes) => {
      await using connector = await open()
      await using source = await connector.openSource()
      const sql = `select 1 as id, repeat('x', ${bytes}) as v, 'after' as w union all select 2, 'small', null`
      const text = await read(source, { kind: 'query', sql })
      expect(text.length).toBe(2 + bytes + 7 + '2,small,\n'.length)
      expect(text.startsWith('1,xxx')).toBe(true)
      expect(text.endsWith('x,after\n2,small,\n')).toBe(true)
    },
  )

  test('a row of a thousand columns, and more rows than fit a block', async () => {
    await using connector = await open()
    await using source = await connector.openSource()
    const names = Array.from({ length: 1000 }, (_, index) => `seq + ${index} as c${index}`)
    const lines = (await read(source, { kind: 'query', sql: `select ${names.join(', ')} from seq_1_to_3000` })).split(
      '\n',
    )
    expect(lines).toHaveLength(3001)
    expect(lines[2999]?.split(',')).toEqual(Array.from({ length: 1000 }, (_, index) => String(3000 + index)))
  })

  test.each(['KILL QUERY', 'KILL CONNECTION'])('%s in mid-stream is an error, and nothing hangs', async (kill) => {
    await using connector = await open()
    await using source = await connector.openSource()
    const sql = `select seq, repeat('x', 1000) as v from seq_1_to_100000000 /* ${kill} */`
    const relation: Relation = { kind: 'query', sql }
    const { columns } = await source.describe(relation)
    const pieces = source.read(readRequest(relation, columns))
    const reading = (async () => {
      let seen = false
      for await (const piece of pieces) {
        if (seen || piece.rows === 0) continue
        seen = true
        const [rows] = await admin.query(
          `select id from information_schema.processlist where id <> connection_id() and info like 'select seq, repeat%${kill}%'`,
        )
        await admin.query(`${kill} ${(rows as { id: number }[])[0]?.id}`)
      }
    })()
    await expect(reading).rejects.toMatchObject({
      name: 'TransientError',
      code: kill === 'KILL QUERY' ? 'STATEMENT_CANCELLED' : 'CONNECTION_LOST',
    })
    const next = read(source, { kind: 'query', sql: 'select 1' })
    if (kill === 'KILL QUERY') expect(await next).toBe('1\n')
    // The snapshot went with its only connection: another one would see other rows.
    else await expect(next).rejects.toMatchObject({ code: 'SNAPSHOT_LOST' })
  })

  test('a reader that stops early ends the query on the server', async () => {
    await using connector = await open()
    await using source = await connector.openSource()
    const relation: Relation = { kind: 'query', sql: `select seq, repeat('x', 1000) as v from seq_1_to_100000000` }
    const { columns } = await source.describe(relation)
    for await (const _ of source.read(readRequest(relation, columns))) {
      break
    }
    expect(await read(source, { kind: 'query', sql: 'select 7' })).toBe('7\n')
  })

  test.each([
    ['integers with gaps', 'bigint', `if(seq < 40000, seq, seq * 1000000)`],
    ['negative integers', 'int', 'cast(seq as signed) - 50000'],
    ['unsigned 64-bit integers', 'bigint unsigned', '18446744073709551615 - seq'],
    ['text', 'varchar(40)', 'concat(md5(seq), "\'")'],
    ['bytes', 'binary(16)', 'unhex(md5(seq))'],
    ['moments', 'datetime(3)', `'2024-01-01' + interval seq second`],
  ])('chunks by a key of %s hold every row once', async (_, type, expression) => {
    await admin.query('drop table if exists chunked')
    await admin.query(`create table chunked (k ${type} primary key, pad varchar(400))`)
    await admin.query(`insert into chunked select ${expression}, repeat('p', 400) from seq_1_to_100000`)
    await admin.query('analyze table chunked')
    await using connector = await open()
    await using source = await connector.openSource({ parallel: 2 })
    const relation = table('chunked')
    const chunks = await source.planChunks(relation, await source.describe(relation), { parallel: 2 })
    expect(chunks.length).toBeGreaterThan(2)
    const keys = (text: string) =>
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => line.slice(0, line.lastIndexOf(',')))
    const parts = await Promise.all(chunks.map(async (chunk) => keys(await read(source, relation, chunk))))
    expect(Math.max(...parts.map((part) => part.length))).toBeLessThan(90_000)
    const all = parts.flat()
    expect(all).toHaveLength(100_000)
    expect(new Set(all).size).toBe(100_000)
  })

  test('several connections see one moment while others write', async () => {
    await admin.query('create table moving (id int auto_increment primary key, twin int)')
    await admin.query('insert into moving (twin) select seq from seq_1_to_1000')
    const writer = await createConnection({ uri: server.url() })
    let writing = true
    const writes = (async () => {
      while (writing) await writer.query('insert into moving (twin) values (1), (2)')
    })()
    try {
      await using connector = await open()
      await using source = await connector.openSource({ parallel: 3 })
      const counts = await Promise.all(Array.from({ length: 9 }, () => source.count(table('moving'))))
      expect(new Set(counts).size).toBe(1)
      expect(source.position.consistency).toBe('read lock')
    } finally {
      writing = false
      await writes
      await writer.end()
    }
  })

  test('a login without the privilege to lock still reads one moment', async () => {
    await admin.query(`create user if not exists plain identified by 'plain'`)
    await admin.query(`grant select on ${server.database}.* to plain`)
    const address = `mysql://plain:plain@${server.host}:${server.port}/${server.database}`
    await using connector = (await connectorForUri(address)) as SqlConnector
    await using source = await connector.openSource({ parallel: 3 })
    expect(source.position.consistency).toMatch(/^(equal positions|one connection, since)/)
    expect(await source.count({ kind: 'query', sql: 'select 1' })).toBe(1)
  })

  test('finished chunks are reusable until somebody writes', async () => {
    await admin.query('create table kept (id int primary key, v int)')
    await admin.query('insert into kept select seq, seq from seq_1_to_100')
    const chunks = [{ ...whole, rows: 100 }]
    await using connector = await open()
    const first = await connector.openSource()
    const { position } = first
    await first[Symbol.asyncDispose]()
    const reusable = async () => {
      await using source = await connector.openSource()
      return await source.reusable(table('kept'), chunks, JSON.parse(JSON.stringify(position)))
    }
    expect(await reusable()).toEqual(['0000'])
    await admin.query('update kept set v = 0 where id = 1')
    expect(await reusable()).toEqual([])
  })

  test.each([
    ['bigint unsigned', '5', ['18446744073709551615']],
    ['decimal(20,6)', '5.000000', ['5.000001']],
    ['datetime(6)', '2024-01-01 00:00:00', ['2024-01-01 00:00:00.000001']],
    ['timestamp(6)', '2024-01-01 00:00:00+00', ['2024-01-01 00:00:00.000001+00']],
    ['varchar(20)', `it's \\`, ['zebra']],
    ['varbinary(4)', '\\x00ff', ['\\x00ff00', '\\xffff']],
  ])('a watermark of %s leads to the rows behind it, ties by key', async (type, mark, later) => {
    await admin.query('drop table if exists marked')
    await admin.query(`create table marked (id int primary key, c ${type} null)`)
    const stored = (text: string) =>
      text.startsWith('\\x')
        ? `x'${text.slice(2)}'`
        : `'${text.replace('+00', '').replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
    await admin.query(`set time_zone = '+00:00'`)
    await admin.query(`insert into marked values (1, ${stored(mark)}), (2, ${stored(mark)}), (9, null)`)
    await using connector = await open()
    await using source = await connector.openSource()
    const found = await source.cursorMark(table('marked'), 'c', ['id'])
    expect(found).toEqual({ cursor: mark, keys: ['2'] })
    for (const [index, value] of later.entries()) {
      await admin.query(`insert into marked values (${10 + index}, ${stored(value)})`)
    }
    await admin.query(`insert into marked values (3, ${stored(mark)})`)
    await using after = await connector.openSource()
    const range = { cursor: 'c', keys: ['id'], after: { cursor: mark, keys: ['2'] } }
    const rows = await read(after, { ...table('marked'), range })
    expect(rows.split('\n').slice(0, -1)).toHaveLength(1 + later.length)
    const again = await read(after, { ...table('marked'), range: { ...range, keys: [], lookback: 0 } })
    expect(again.split('\n').slice(0, -1)).toHaveLength(3 + later.length)
    expect(await after.countNullCursors(table('marked'), 'c')).toBe(1)
  })
})
