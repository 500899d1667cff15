import { parquetMetadata } from 'hyparquet'
import { describe, expect, test } from 'vitest'
import { columnsMetadataKey, type LogicalType } from '../index.ts'
import {
  column,
  decimal,
  duck,
  hyparquet,
  integer,
  list,
  metadataOf,
  text,
  useDuck,
  write,
} from './parquet-files.test.support.ts'

useDuck()

describe('files', () => {
  test('of no rows still have their columns', async () => {
    const file = await write([column('a', integer(32)), column('b', list(text))], [])
    expect(await duck(file, 'SELECT * FROM $file')).toEqual([])
    expect(await duck(file, 'SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM $file)')).toEqual([
      ['a', 'INTEGER'],
      ['b', 'VARCHAR[]'],
    ])
  })

  test('of columns without a value', async () => {
    const types = [text, integer(64), list(text), { kind: 'boolean' }, { kind: 'uuid' }, decimal(38, 2)] as const
    const columns = types.map((type, i) => column(`c${i}`, type))
    const file = await write(
      columns,
      Array.from({ length: 3000 }, () => columns.map(() => null)),
      { rowGroupRows: 1000 },
    )
    const counts = await duck(file, 'SELECT count(*), count(COLUMNS(*)) FROM $file')
    expect(counts[0]?.map(Number)).toEqual([3000, ...columns.map(() => 0)])
  })

  test('of 1,000 columns', async () => {
    const columns = Array.from({ length: 1000 }, (_, i) => column(`column "${i}"`, i % 2 ? text : integer(64)))
    const rows = Array.from({ length: 100 }, (_, r) => columns.map((_, c) => String(r * 1000 + c)))
    const file = await write(columns, rows)
    const [sums] = await duck(file, 'SELECT sum(COLUMNS(*)::BIGINT) FROM $file')
    expect(sums?.map(Number)).toEqual(columns.map((_, c) => 4_950_000 + 100 * c))
  })

  test('with a value of 50 MB', async () => {
    const huge = 'x'.repeat(50_000_000)
    const file = await write([column('v', text)], [['a'], [huge], [null], ['b']], { compression: 'snappy' })
    expect(await duck(file, "SELECT length(v), v = repeat('x', 50000000) FROM $file")).toEqual([
      ['1', false],
      ['50000000', true],
      [null, null],
      ['1', false],
    ])
  })

  test.each(['zstd', 'snappy', 'none'] as const)(
    'in several row groups and pages, compressed with %s',
    async (compression) => {
      const columns = [
        column('id', integer(64)),
        column('unique', text),
        column('status', text),
        column('price', decimal(9, 2)),
        column('flag', { kind: 'boolean' }),
      ]
      const rows = Array.from({ length: 30_000 }, (_, i) => [
        String(i),
        `value ${i} ${'.'.repeat(i % 200)}`,
        i % 3 === 0 ? null : (['new', 'paid', 'sent'][i % 7] ?? 'lost'),
        i < 20_000 ? '1.50' : `${i}.25`,
        i % 2 ? 't' : 'f',
      ])
      const file = await write(columns, rows, { compression, rowGroupRows: 12_000, blockRows: 777 })
      const read = (await duck(
        file,
        'SELECT id, "unique", status, price::VARCHAR, flag FROM $file ORDER BY id',
      )) as unknown[]
      expect(read).toEqual(rows.map(([id, ...rest]) => [id, ...rest.slice(0, 3), rest[3] === 't']))
      const objects = await hyparquet(file)
      expect(objects.map((row) => [String(row.id), row.unique, row.status ?? null])).toEqual(
        rows.map((row) => row.slice(0, 3)),
      )
      const metadata = await metadataOf(file)
      expect(new Set(metadata.map((chunk) => chunk.row_group_id))).toEqual(new Set(['0', '1', '2']))
      const encodings = (name: string) =>
        metadata.filter((chunk) => chunk.path_in_schema === name).map((chunk) => chunk.encodings)
      expect(encodings('status')).toEqual(Array(3).fill('RLE, PLAIN, RLE_DICTIONARY'))
      expect(encodings('unique')).toEqual(Array(3).fill('RLE, PLAIN'))
    },
  )

  test('whose dictionary grows too large change to plain pages', async () => {
    // The first page repeats itself, later ones do not.
    const rows = Array.from({ length: 60_000 }, (_, i) => [`${'-'.repeat(80)}${i < 15_000 ? i % 10 : i}`])
    const file = await write([column('v', text)], rows, { compression: 'none' })
    expect(await duck(file, 'SELECT count(*), count(DISTINCT v), sum(hash(v))::VARCHAR FROM $file')).toEqual(
      await duck(
        file,
        `SELECT count(*), count(DISTINCT v), sum(hash(v))::VARCHAR
           FROM (SELECT repeat('-', 80) || if(i < 15000, i % 10, i) AS v FROM range(60000) t (i))`,
      ),
    )
    expect((await metadataOf(file))[0]?.encodings).toBe('RLE, PLAIN, RLE_DICTIONARY')
  })

  test("are read alike by Arrow's reader in Rust", async () => {
    const columns = [
      column('id', integer(64)),
      column('small', integer(8, true)),
      column('price', decimal(38, 2)),
      column('at', { kind: 'timestamp', utc: true }),
      column('status', { kind: 'enum', labels: ['new', 'paid'] }),
      column('tags', list(text)),
      column('flag', { kind: 'boolean' }),
    ]
    const rows = Array.from({ length: 5000 }, (_, i) => [
      String(i),
      i % 3 ? String(i % 256) : null,
      `-${i}.25`,
      '2024-03-10 06:59:59.123+00',
      i % 2 ? 'new' : 'paid',
      i % 5 ? `{a,NULL,${i}}` : '{}',
      i % 7 ? 't' : 'f',
    ])
    const { readParquet } = await import('parquet-wasm')
    const { tableFromIPC } = await import('apache-arrow')
    const table = tableFromIPC(readParquet(await write(columns, rows, { rowGroupRows: 2000 })).intoIPCStream())
    expect(table.schema.fields.map(({ type }) => String(type))).toEqual([
      'Int64',
      'Uint8',
      'Decimal[38e+2]',
      'Timestamp<MICROSECOND, UTC>',
      'Utf8',
      'List<Utf8>',
      'Bool',
    ])
    const read = table
      .toArray()
      .map((row) => [
        String(row.id),
        row.small === null ? null : String(row.small),
        String(row.price),
        row.at,
        row.status,
        [...row.tags],
        row.flag,
      ])
    expect(read).toEqual(
      rows.map(([id, small, price, , status, tags, flag], i) => [
        id,
        small,
        String(price).replace('.', '').replace(/^-0+/, '-'),
        Date.UTC(2024, 2, 10, 6, 59, 59, 123),
        status,
        tags === '{}' ? [] : ['a', null, String(i)],
        flag === 't',
      ]),
    )
  })

  test('say which columns they were written from', async () => {
    const columns = [column('d', { kind: 'duration' }), column('i', { kind: 'interval' })]
    const file = await write(columns, [['-838:59:59', 'PT0S']])
    const metadata = parquetMetadata(file.buffer.slice(file.byteOffset, file.byteOffset + file.length) as ArrayBuffer)
    const pair = metadata.key_value_metadata?.find(({ key }) => key === columnsMetadataKey)
    expect(JSON.parse(pair?.value ?? '')).toEqual(columns)
  })
})

describe('statistics', () => {
  const long = `m${'a'.repeat(100)}`
  test.each<[string, LogicalType, string[], unknown, unknown]>([
    ['integers', integer(64), ['5', '-7', '9223372036854775807'], '-7', '9223372036854775807'],
    ['unsigned integers', integer(64, true), ['5', '18446744073709551615'], '5', '18446744073709551615'],
    ['unsigned 32-bit integers', integer(32, true), ['5', '4294967295'], '5', '4294967295'],
    ['decimals', decimal(38, 2), ['-1.00', '3.50', '0.00'], '-1.00', '3.50'],
    ['zeros', { kind: 'float', bits: 64 }, ['0'], '-0.0', '0.0'],
    ['doubles', { kind: 'float', bits: 64 }, ['1.5', '-2.5'], '-2.5', '1.5'],
    ['doubles with NaN', { kind: 'float', bits: 64 }, ['1.5', 'NaN'], null, null],
    ['text', text, ['b', 'ab', 'ü'], 'ab', 'ü'],
    ['long text', text, [long, 'zz'], `m${'a'.repeat(63)}`, 'zz'],
    ['long greatest text', text, ['a', long], 'a', `m${'a'.repeat(62)}b`],
    ['text of multi-byte characters', text, ['a', 'ü'.repeat(60)], 'a', null],
    ['dates', { kind: 'date' }, ['2024-01-01', '0001-12-31 BC'], '0001-12-31 (BC)', '2024-01-01'],
    ['documents', { kind: 'json' }, ['1', '2'], null, null],
  ])('of %s', async (_name, type, texts, min, max) => {
    const file = await write([column('v', type)], [...texts.map((t) => [t]), [null]])
    const [chunk] = await metadataOf(file)
    expect([chunk?.stats_min_value, chunk?.stats_max_value, chunk?.stats_null_count]).toEqual([min, max, '1'])
  })

  test('span the pages of a row group, and never hide a row', async () => {
    const rows = Array.from({ length: 40_000 }, (_, i) => [String((i * 7919) % 40_000), `${'p'.repeat(70)}${i}`])
    const file = await write([column('i', integer(64)), column('t', text)], rows, { rowGroupRows: 4000 })
    for (const i of [0, 1, 20_000, 39_999]) {
      expect(await duck(file, `SELECT count(*) FROM $file WHERE i = ${i}`)).toEqual([['1']])
      expect(await duck(file, `SELECT count(*) FROM $file WHERE t = '${rows[i]?.[1]}'`)).toEqual([['1']])
    }
  })
})
