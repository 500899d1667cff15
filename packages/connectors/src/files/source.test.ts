import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { LossLedger } from '@millrace/formats'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { asTableConnector } from '../kit/registry.ts'
import { codeOf } from '../kit/sink-rows.contract.ts'
import type { Relation, Source } from '../kit/source.ts'
import { definition } from './connector.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** The tables of a path with their column kinds and their rows as canonical CSV. */
async function read(path: string, config: Record<string, string | boolean> = {}) {
  await using source = await asTableConnector(definition.create({ path: join(folder, path), ...config })).openSource()
  const tables: Record<string, { types: string; rows: string }> = {}
  for (const table of await source.listTables(['*']))
    tables[table.name] = await rowsOf(source, { kind: 'table', table })
  return tables
}

async function rowsOf(source: Source, relation: Relation) {
  const { columns } = await source.describe(relation)
  const parts: Buffer[] = []
  const chunk = { id: '0000', bounds: null }
  const signal = new AbortController().signal
  const request = { relation, columns, chunk, policy: 'error', ledger: new LossLedger(), options: {}, signal } as const
  for await (const { bytes } of source.read({ ...request, format: 'csv' })) parts.push(Buffer.from(bytes))
  return {
    types: columns.map(({ name, type }) => `${name} ${type.kind}`).join(', '),
    rows: Buffer.concat(parts).toString(),
  }
}

/** A query sees the same columns and values, by way of DuckDB; so do the count and the hash. */
async function expectSameByQuery(path: string) {
  await using source = await asTableConnector(definition.create({ path: join(folder, path) })).openSource()
  const table: Relation = { kind: 'table', table: { scope: [], name: 'data' } }
  const query: Relation = { kind: 'query', sql: 'select * from data' }
  expect(await rowsOf(source, query)).toEqual(await rowsOf(source, table))
  expect(await source.count(query)).toBe(await source.count(table))
  const { columns } = await source.describe(table)
  expect(await source.contentHash(query, columns)).toEqual(await source.contentHash(table, columns))
}

describe('files as a source', () => {
  test.each([
    ['leading zeros are text', 'zip\n01234\n99999\n', 'zip text', '01234\n99999\n'],
    [
      'numbers',
      'a,b,c\n1,-2.5,1e3\n9223372036854775807,0.1,\n',
      'a integer, b float, c float',
      '1,-2.5,1000\n9223372036854775807,0.1,\n',
    ],
    [
      'too many digits stay',
      'n,m\n9223372036854775808,0.12345678901234567891\n',
      'n text, m decimal',
      '9223372036854775808,0.12345678901234567891\n',
    ],
    ['doubles with all their digits', 'x\n0.30000000000000004\n', 'x float', '0.30000000000000004\n'],
    ['NULL and the empty string', 'a,b\n,""\n"",x\n', 'a text, b text', ',""\n"",x\n'],
    ['dates only in one form', 'd,e\n2024-01-31,01/02/2024\n', 'd date, e text', '2024-01-31,01/02/2024\n'],
    [
      'timestamps',
      't,z\n2024-01-31 10:00:00.5,2024-01-31T10:00:00+02:00\n',
      't timestamp, z timestamp',
      '2024-01-31 10:00:00.5,2024-01-31 08:00:00+00\n',
    ],
    ['a late value decides', `n\n${'1\n'.repeat(30_000)}x\n`, 'n text', `${'1\n'.repeat(30_000)}x\n`],
    ['line breaks, quotes and CRLF', 'a,b\r\n"x\ny","q ""q"""\r\n', 'a text, b text', '"x\ny","q ""q"""\n'],
    ['semicolons', 'a;b\n1;x,y\n', 'a integer, b text', '1,"x,y"\n'],
    ['a byte order mark', '\ufeffa,b\n1,x\n', 'a integer, b text', '1,x\n'],
    ['no rows', 'a,b\n', 'a text, b text', ''],
    [
      'amounts',
      'a,b\n1.50,-0.25\n,12345678901234567890.00\n',
      'a decimal, b decimal',
      '1.50,-0.25\n,12345678901234567890.00\n',
    ],
    [
      'other forms of the same values',
      'a,b,c,d\nTRUE,2024-01-31T10:00:00Z,1.50,10:00:00.500\n,,1e3,\n',
      'a boolean, b timestamp, c float, d time',
      't,2024-01-31 10:00:00+00,1.5,10:00:00.5\n,,1000,\n',
    ],
    [
      'UUIDs, and columns without a value',
      'a,b\nc4ca4238-a0b9-2382-0dcc-509a6f75849b,\n',
      'a uuid, b text',
      'c4ca4238-a0b9-2382-0dcc-509a6f75849b,\n',
    ],
    ['tabs and a last line without its end', 'a\tb\n1\t"x\ty"', 'a integer, b text', '1,x\ty\n'],
    ['the mark that ends a COPY', 'a\n\\.\nx\n', 'a text', '"\\."\nx\n'],
    [
      'a field of five megabytes',
      `a,b\n1,"${'x""\n'.repeat(1_250_000)}"\n`,
      'a integer, b text',
      `1,"${'x""\n'.repeat(1_250_000)}"\n`,
    ],
    ['names twice or missing', 'a,A,\n1,2,3\n', 'a integer, A_2 integer, column_3 integer', '1,2,3\n'],
  ])('CSV: %s', async (_, content, types, rows) => {
    await writeFile(join(folder, 'data.csv'), content)
    expect(await read('data.csv')).toEqual({ data: { types, rows } })
    await expectSameByQuery('data.csv')
  })

  test.each([
    ['a row with more fields', 'a,b\n1,2\n"x\ny",3,4\n', 'CSV_RAGGED_ROW', '"data.csv": Line 3 has 3 fields'],
    ['a quote that never ends', 'a\n"x\n', 'CSV_UNTERMINATED_QUOTE', '"data.csv": Line 2'],
    ['bytes that are not UTF-8', Buffer.from('a,b\n1,\xe9\n', 'latin1'), 'NOT_UTF8', 'near byte 4'],
    ['a character that is cut off', Buffer.from([0x61, 0x0a, 0xc3]), 'NOT_UTF8', 'near byte'],
  ])('CSV: %s is refused', async (_, content, code, message) => {
    await writeFile(join(folder, 'data.csv'), content)
    const error = await read('data.csv').catch((thrown) => thrown)
    expect(error.code).toBe(code)
    expect(error.message.replace(`${folder}/`, '')).toContain(message)
  })

  test('characters may lie across the blocks that are read', async () => {
    const row = `${'é東🚚'.repeat(37)}\n`
    const rows = row.repeat(20_000)
    await writeFile(join(folder, 'data.csv'), `a\n${rows}`)
    await writeFile(join(folder, 'zipped.csv.gz'), gzipSync(`\ufeffa\n${rows}`))
    const expected = { types: 'a text', rows }
    expect(await read('data.csv')).toEqual({ data: expected })
    expect(await read('zipped.csv.gz')).toEqual({ zipped: expected })
  })

  test('a file that changes between the passes over it is refused', async () => {
    const path = join(folder, 'data.csv')
    await writeFile(path, 'id\n1\n')
    await using source = await asTableConnector(definition.create({ path })).openSource()
    const relation: Relation = { kind: 'table', table: { scope: [], name: 'data' } }
    await source.describe(relation)
    await appendFile(path, '2\n')
    expect(await codeOf(rowsOf(source, relation))).toBe('DataError FILE_CHANGED')
  })

  test('files of one table need the same header', async () => {
    await writeFile(join(folder, 'day-1.csv'), 'id,name\n1,x\n')
    await writeFile(join(folder, 'day-2.csv'), 'name,id\ny,2\n')
    expect(await codeOf(read('day-*.csv'))).toBe('DataError CSV_HEADER_DIFFERS')
  })

  test('an empty file has no columns of its own', async () => {
    await writeFile(join(folder, 'day-1.csv'), '')
    expect(await codeOf(read('day-*.csv'))).toBe('DataError CSV_EMPTY')
    await writeFile(join(folder, 'day-2.csv'), 'id;name\n1;x\n')
    expect(Object.values(await read('day-*.csv'))).toEqual([{ types: 'id integer, name text', rows: '1,x\n' }])
  })

  test('CSV can be read as text, and without a header', async () => {
    await writeFile(join(folder, 'data.txt'), '1,x\n2,y\n')
    expect(await read('data.txt', { format: 'csv', header: false, all_text: true })).toEqual({
      data: { types: 'column_1 text, column_2 text', rows: '1,x\n2,y\n' },
    })
    expect(await codeOf(read('data.txt'))).toBe('ConfigError FORMAT_REQUIRED')
  })

  test.each([
    [
      'digits and documents stay as they are written',
      [
        '{"i":1,"big":12345678901234567890.10,"f":1.5,"s":"a\\"b","t":"2024-01-31T10:00:00+00:00","doc":{"b": 1, "a":[1,2]},"b":true,"z":"007"}',
        '{"i":9223372036854775807,"big":1,"f":0.1,"s":null,"t":null,"doc":[1, 2.50],"b":null,"late":"x"}',
      ],
      'i integer, big text, f float, s text, t timestamp, doc json, b boolean, z text, late text',
      '1,12345678901234567890.10,1.5,"a""b",2024-01-31 10:00:00+00,"{""b"": 1, ""a"":[1,2]}",t,007,\n9223372036854775807,1,0.1,,,"[1, 2.50]",,,x\n',
    ],
    [
      'white space, other orders, keys twice, no keys',
      ['\ufeff { "a" : 1 , "b" : [ "}" ] } \r', '', '{"b":[],"a":2}', '{}', '{"a":3,"a":4}'],
      'a integer, b json',
      '1,"[ ""}"" ]"\n2,[]\n,\n4,\n',
    ],
    [
      'escapes in keys and strings',
      ['{"k\\u00e9\\"":"\\u0041\\n\\/\\ud83d\\ude9a\\u00e9\\\\"}', '{"ké\\"":"2024-01-01"}'],
      'ké" text',
      '"A\n/🚚é\\"\n2024-01-01\n',
    ],
    [
      'kinds of values',
      [
        '{"mixed":"1","n":1.50,"u":"c4ca4238-a0b9-2382-0dcc-509a6f75849b","e":"","x":null,"t":"t"}',
        '{"mixed":1,"n":-2.25}',
      ],
      'mixed json, n decimal, u uuid, e text, x text, t text',
      '"""1""",1.50,c4ca4238-a0b9-2382-0dcc-509a6f75849b,"",,t\n1,-2.25,,,,\n',
    ],
    [
      'many keys',
      [JSON.stringify(Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`k${n}`, n])))],
      Array.from({ length: 200 }, (_, n) => `k${n} integer`).join(', '),
      `${Array.from({ length: 200 }, (_, n) => n).join(',')}\n`,
    ],
  ])('NDJSON: %s', async (_, lines, types, rows) => {
    await writeFile(join(folder, 'data.ndjson'), `${lines.join('\n')}\n`)
    expect(await read('data.ndjson')).toEqual({ data: { types, rows } })
    await expectSameByQuery('data.ndjson')
  })

  test.each([
    '[1]',
    '{"a":1}{"a":2}',
    '{"a":01}',
    '{"a":1,}',
    '{"a":tru}',
    '{"a":"x}',
    '{a:1}',
    '{"a":[1}',
    '{"a":1.}',
    '{"a"}',
  ])('NDJSON: %s is refused', async (line) => {
    await writeFile(join(folder, 'data.ndjson'), `{"a":1}\n\n${line}\n`)
    const error = await read('data.ndjson').catch((thrown) => thrown)
    expect(error.code).toBe('NDJSON_MALFORMED')
    expect(error.message).toContain('line 3')
  })

  test('compressed files, patterns, folders of parts and folders of tables', async () => {
    const csv = (n: number) => `id\n${n}\n`
    await mkdir(join(folder, 'all', 'parts'), { recursive: true })
    await writeFile(join(folder, 'all', 'a.csv.gz'), gzipSync(csv(1)))
    await writeFile(join(folder, 'all', 'b.csv.zst'), zstdCompressSync(csv(2)))
    await writeFile(join(folder, 'all', 'b.ndjson'), '{"id":3}\n')
    await writeFile(join(folder, 'all', 'notes.md'), 'not data')
    await writeFile(join(folder, 'all', 'parts', 'part-00000.csv'), csv(4))
    await writeFile(join(folder, 'all', 'parts', 'part-00001.csv'), csv(5))
    const one = (rows: string) => ({ types: 'id integer', rows })
    expect(await read('all')).toEqual({
      a: one('1\n'),
      'b.csv.zst': one('2\n'),
      'b.ndjson': one('3\n'),
      parts: one('4\n5\n'),
    })
    expect(await read('all/parts')).toEqual({ parts: one('4\n5\n') })
    expect(await read('all/parts/part-*.csv')).toEqual({ part: one('4\n5\n') })
    expect(await codeOf(read('all/none-*.csv'))).toBe('ConfigError FILE_NOT_FOUND')
    expect(await codeOf(read('absent.csv'))).toBe('ConfigError FILE_NOT_FOUND')
  })

  test('a query reads files by their names', async () => {
    await writeFile(join(folder, 'orders.csv'), 'id,amount\n1,10\n2,20\n')
    await using source = await asTableConnector(definition.create({ path: join(folder, 'orders.csv') })).openSource()
    const relation: Relation = { kind: 'query', sql: 'select sum(amount)::bigint as total from orders' }
    expect((await source.describe(relation)).columns).toMatchObject([{ name: 'total', type: { kind: 'integer' } }])
    expect(await source.cursorMark(relation, 'total', [])).toEqual({ cursor: '30', keys: [] })
  })
})
