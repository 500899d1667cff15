import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { LossLedger } from '@millrace/formats'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { codeOf } from '../kit/sink-rows.contract.ts'
import type { Relation } from '../kit/source.ts'
import { definition } from './connector.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** The tables of a path with their column kinds and their rows as canonical CSV. */
async function read(path: string, config: Record<string, string | boolean> = {}) {
  await using source = await definition.create({ path: join(folder, path), ...config }).openSource()
  const tables: Record<string, { types: string; rows: string }> = {}
  for (const table of await source.listTables(['*'])) {
    const relation: Relation = { kind: 'table', table }
    const { columns } = await source.describe(relation)
    const parts: Buffer[] = []
    const chunk = { id: '0000', bounds: null }
    const signal = new AbortController().signal
    for await (const { bytes } of source.read({
      relation,
      columns,
      chunk,
      format: 'csv',
      policy: 'error',
      ledger: new LossLedger(),
      options: {},
      signal,
    })) {
      parts.push(Buffer.from(bytes))
    }
    tables[table.name] = {
      types: columns.map(({ name, type }) => `${name} ${type.kind}`).join(', '),
      rows: Buffer.concat(parts).toString(),
    }
  }
  return tables
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
    ['names twice or missing', 'a,A,\n1,2,3\n', 'a integer, A_2 integer, column_3 integer', '1,2,3\n'],
  ])('CSV: %s', async (_, content, types, rows) => {
    await writeFile(join(folder, 'data.csv'), content)
    expect(await read('data.csv')).toEqual({ data: { types, rows } })
  })

  test('CSV can be read as text, and without a header', async () => {
    await writeFile(join(folder, 'data.txt'), '1,x\n2,y\n')
    expect(await read('data.txt', { format: 'csv', header: false, all_text: true })).toEqual({
      data: { types: 'column_1 text, column_2 text', rows: '1,x\n2,y\n' },
    })
    expect(await codeOf(read('data.txt'))).toBe('ConfigError FORMAT_REQUIRED')
  })

  test('NDJSON keeps digits and documents as they are written', async () => {
    const lines = [
      '{"i":1,"big":12345678901234567890.10,"f":1.5,"s":"a\\"b","t":"2024-01-31T10:00:00+00:00","doc":{"b": 1, "a":[1,2]},"b":true,"z":"007"}',
      '{"i":9223372036854775807,"big":1,"f":0.1,"s":null,"t":null,"doc":[1, 2.50],"b":null,"late":"x"}',
    ]
    await writeFile(join(folder, 'data.ndjson'), `${lines.join('\n')}\n`)
    expect(await read('data.ndjson')).toEqual({
      data: {
        types: 'i integer, big text, f float, s text, t timestamp, doc json, b boolean, z text, late text',
        rows: '1,12345678901234567890.10,1.5,"a""b",2024-01-31 10:00:00+00,"{""b"": 1, ""a"":[1,2]}",t,007,\n9223372036854775807,1,0.1,,,"[1, 2.50]",,,x\n',
      },
    })
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
    await using source = await definition.create({ path: join(folder, 'orders.csv') }).openSource()
    const relation: Relation = { kind: 'query', sql: 'select sum(amount)::bigint as total from orders' }
    expect((await source.describe(relation)).columns).toMatchObject([{ name: 'total', type: { kind: 'integer' } }])
    expect(await source.cursorMark(relation, 'total', [])).toEqual({ cursor: '30', keys: [] })
  })
})
