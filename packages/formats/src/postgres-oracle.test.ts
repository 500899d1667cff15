import { startPostgres, type TestPostgres } from '@millrace/testing'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Column,
  canonicalFloatText,
  createCopyTextEncoder,
  createCopyTextToNdjson,
  createCsvEncoder,
  createNdjsonEncoder,
  createRowHasher,
  LossLedger,
  type Piece,
  readCopyText,
  readCsv,
  readNdjson,
} from './index.ts'
import { chunksOf, collectRows, column, float4, float8, int4, list, numeric, text } from './text-block.test.fixture.ts'

let server: TestPostgres
let client: pg.Client

beforeAll(async () => {
  server = await startPostgres()
  client = new pg.Client({ connectionString: server.url() })
  await client.connect()
  await client.query(`
    SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; SET intervalstyle = 'iso_8601';
    SET extra_float_digits = 1; SET bytea_output = 'hex';
    CREATE TYPE mood AS ENUM ('ok', 'so "so", \\');
    CREATE TABLE t AS
    SELECT n AS id,
           CASE WHEN n % 3 > 0 THEN n - 500 END AS i,
           n * 12345678901.9870 AS d,
           sqrt(n) * 10 ^ (n % 60 - 30) AS f,
           (sqrt(n) * 10 ^ (n % 40 - 20))::float4 AS f4,
           n % 2 = 0 AS b,
           CASE WHEN n % 4 > 0 THEN repeat(chr(n % 200 + 1), n % 5) || '"' || E'\\\\,\\n\\t' || n END AS s,
           CASE n % 3 WHEN 0 THEN '' WHEN 1 THEN '\\N' ELSE 'plain' END AS s2,
           decode(repeat(lpad(to_hex(n % 256), 2, '0'), n % 7), 'hex') AS x,
           '2024-01-01'::timestamptz + n * interval '7.123457 days' AS at,
           ('4700-01-01 BC'::timestamp + n * interval '3000 days') AS local_at,
           'epoch'::date - n * 777 AS day,
           make_time(n % 24, n % 60, n % 59 + n / 1000.0) AS clock,
           make_interval(months => n - 300, days => -n, secs => n / 7.0) AS span,
           md5(n::text)::uuid AS u,
           jsonb_build_object('n', n, 's', E'a"\\n\\\\' || n, 'l', jsonb_build_array(1.50, null)) AS j,
           CASE n % 2 WHEN 0 THEN 'ok' ELSE 'so "so", \\' END::mood AS m,
           ARRAY[n, NULL, -n] AS ints,
           ARRAY[['a', 'b ' || n], [NULL, E'"{\\\\,}\\n\\t' || n]] AS texts,
           ARRAY[n / 7.0, 'NaN'] AS nums,
           CASE WHEN n % 2 = 0 THEN ARRAY['2024-01-01'::timestamptz + n * interval '1 hour', 'infinity'] ELSE '{}' END AS times,
           ARRAY[n % 2 = 0, NULL] AS bools
      FROM generate_series(1, 1000) AS n;
    INSERT INTO t (id, d, f, f4, at, local_at, day, clock) VALUES
      (2001, 'NaN', 'NaN', 'NaN', 'infinity', '-infinity', 'infinity', '24:00:00'),
      (2002, 'Infinity', '-Infinity', 'Infinity', '0044-03-15 12:00:00 BC', '294276-12-31 23:59:59.999999', '0001-12-31 BC', '00:00:00.1'),
      (2003, -0.0, '-0', '-0', NULL, NULL, NULL, NULL)`)
})

afterAll(async () => {
  await client?.end()
  await server?.stop()
})

const columns: Column[] = [
  column('id', int4),
  column('i', int4),
  column('d', numeric),
  column('f', float8),
  column('f4', float4),
  column('b', { kind: 'boolean' }),
  column('s', text),
  column('s2', text),
  column('x', { kind: 'binary' }),
  column('at', { kind: 'timestamp', utc: true }),
  column('local_at', { kind: 'timestamp', utc: false }),
  column('day', { kind: 'date' }),
  column('clock', { kind: 'time' }),
  column('span', { kind: 'interval' }),
  column('u', { kind: 'uuid' }),
  column('j', { kind: 'json' }),
  column('m', { kind: 'enum', labels: [] }),
  column('ints', list(int4)),
  column('texts', list(text)),
  column('nums', list(numeric)),
  column('times', list({ kind: 'timestamp', utc: true })),
  column('bools', list({ kind: 'boolean' })),
]

/** What COPY writes, by way of a file of the server's. */
async function copy(query: string, format: 'csv' | 'text'): Promise<Buffer> {
  const file = `copy-${format}`
  await client.query(`COPY (${query}) TO '${server.dataDirectory}/${file}' (FORMAT ${format})`)
  const { rows } = await client.query<{ bytes: Buffer }>('SELECT pg_read_binary_file($1) AS bytes', [file])
  return rows[0]?.bytes as Buffer
}

const all = 'SELECT * FROM t ORDER BY id'
const textOf = (pieces: Piece[] | Promise<Piece[]>) => Buffer.from((pieces as Piece[])[0]?.bytes ?? []).toString()

describe('against PostgreSQL itself', () => {
  test('CSV is read and written byte for byte, and so is COPY text', async () => {
    const csv = await copy(all, 'csv')
    const copyText = await copy(all, 'text')
    const csvEncoder = createCsvEncoder({ columns })
    const textEncoder = createCopyTextEncoder({ columns, dialect: 'postgres' })
    let blocks = 0
    for await (const block of readCsv(chunksOf(csv), { columnCount: columns.length })) {
      expect(textOf(csvEncoder.encode(block))).toBe(csv.toString())
      expect(textOf(textEncoder.encode(block))).toBe(copyText.toString())
      blocks++
    }
    for await (const block of readCopyText(chunksOf(copyText), { columnCount: columns.length })) {
      expect(textOf(csvEncoder.encode(block))).toBe(csv.toString())
      blocks++
    }
    expect(blocks).toBe(2)
  })

  test('a lone end mark and an empty string are quoted as the server does', async () => {
    const csv = await copy(`VALUES ('\\.'), (''), (NULL), ('a')`, 'csv')
    const encoder = createCsvEncoder({ columns: [column('v', text)] })
    for await (const block of readCsv(chunksOf(csv), { columnCount: 1 })) {
      expect(textOf(encoder.encode(block))).toBe(csv.toString())
    }
  })

  test('NDJSON is row_to_json by both roads, and reads back', async () => {
    const { rows } = await client.query<{ line: string }>(`SELECT row_to_json(t)::text AS line FROM t ORDER BY id`)
    // to_json writes a raw line feed nowhere, so a line is a row.
    const expected = rows.map(({ line }) => `${line}\n`).join('')
    const csv = await copy(all, 'csv')
    const copyText = await copy(all, 'text')
    const ledger = new LossLedger()
    const converted = createCopyTextToNdjson({ columns, ledger }).convert(copyText)
    expect(Buffer.from(converted.bytes).toString()).toBe(expected)
    expect(converted.rows).toBe(1003)
    const encoder = createNdjsonEncoder({ columns, ledger })
    for await (const block of readCsv(chunksOf(csv), { columnCount: columns.length })) {
      expect(textOf(encoder.encode(block))).toBe(expected)
    }
    expect(ledger.entries()).toEqual([])
    expect(await collectRows(readNdjson(chunksOf(expected), { columns }))).toEqual(
      await collectRows(readCsv(chunksOf(csv), { columnCount: columns.length })),
    )
  })

  test('the content hash is what the server computes from its own text', async () => {
    const texts = columns.map(({ name }) =>
      name === 'b' ? `CASE WHEN b THEN 't' WHEN NOT b THEN 'f' END` : `${name}::text`,
    )
    const cells = texts.map((cell) => `coalesce(octet_length(${cell}) || ':' || (${cell}), '~')`)
    const { rows } = await client.query<{ high: string; low: string }>(`
      SELECT sum(('x' || left(h, 16))::bit(64)::bigint)::text AS high,
             sum(('x' || right(h, 16))::bit(64)::bigint)::text AS low
        FROM (SELECT md5(${cells.join(' || ')}) AS h FROM t) AS hashes`)
    const hex = (value = '0') => BigInt.asUintN(64, BigInt(value)).toString(16).padStart(16, '0')
    const hasher = createRowHasher(columns)
    for await (const block of readCsv(chunksOf(await copy(all, 'csv')), { columnCount: columns.length })) {
      hasher.update(block)
    }
    expect(hasher.digest()).toEqual({ rows: 1003, hash: hex(rows[0]?.high) + hex(rows[0]?.low) })
  })

  test.each([32, 64] as const)('floats of %i bits are printed the same', async (bits) => {
    const view = new DataView(new ArrayBuffer(8))
    const values: number[] = []
    const add = (pattern: bigint) => {
      view.setBigUint64(0, pattern)
      values.push(bits === 64 ? view.getFloat64(0) : view.getFloat32(4))
    }
    const mantissaBits = bits === 64 ? 52n : 23n
    // Powers of two and their neighbours, and a spread of all patterns.
    for (let exponent = 0n; exponent < (bits === 64 ? 2048n : 256n); exponent++) {
      for (const offset of [-1n, 0n, 1n]) add(BigInt.asUintN(bits, (exponent << mantissaBits) + offset))
    }
    for (let i = 1n; i < 20_000n; i++) add(BigInt.asUintN(bits, i * 0x9e3779b97f4a7c15n))
    for (let i = -50; i < 50; i++) values.push(bits === 64 ? 10 ** i : Math.fround(10 ** i), i / 8)
    // Where midpoints between floats and ties between decimals are short.
    for (let i = 0; i < 20_000; i++) {
      values.push(
        bits === 64
          ? (2 ** 53 + i * 7919 * 2) * 2 ** (i % 40)
          : Math.fround((2 ** 23 + i * 419) * 2 ** ((i % 40) - 15)),
      )
    }
    const type = bits === 64 ? 'float8' : 'float4'
    const { rows } = await client.query<{ printed: string }>(
      `SELECT v::${type}::text AS printed FROM unnest($1::text[]) WITH ORDINALITY AS u (v, n) ORDER BY n`,
      [values.map((value) => (Object.is(value, -0) ? '-0' : String(value)))],
    )
    expect(values.map((value) => canonicalFloatText(value, bits))).toEqual(rows.map(({ printed }) => printed))
  })
})
