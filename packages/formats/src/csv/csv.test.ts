import { describe, expect, test } from 'vitest'
import { createCsvEncoder, csvHeader, type Piece, readCsv } from '../index.ts'
import {
  blockOf,
  chunksOf,
  collectRows,
  column,
  int4,
  type Row,
  readCsvRows,
  text,
} from '../text-block.test.fixture.ts'

function encode(rows: readonly Row[], lineEnd: 'lf' | 'crlf' = 'lf'): string {
  const columns = (rows[0] ?? []).map((_, index) => column(`c${index}`, text))
  return (createCsvEncoder({ columns, lineEnd }).encode(blockOf(rows)) as Piece[])
    .map(({ bytes }) => Buffer.from(bytes).toString())
    .join('')
}

describe('the CSV encoder', () => {
  test.each<[string, Row[], string]>([
    ['NULL as nothing and the empty string as quotes', [[null, '', 'a']], ',"",a\n'],
    ['quotes, commas and line breaks in quotes', [['a"b', 'a,b', 'a\nb', 'a\rb']], '"a""b","a,b","a\nb","a\rb"\n'],
    ['spaces, tabs and backslashes as they are', [[' a ', '\t', '\\N']], ' a ,\t,\\N\n'],
    ['a lone end mark in quotes', [['\\.']], '"\\."\n'],
    ['an end mark beside other fields as it is', [['\\.', 'a']], '\\.,a\n'],
    ['NULL in the only column as an empty line', [[null], ['a']], '\na\n'],
    ['many quotes', [['"'.repeat(5), 'ü']], `"${'""'.repeat(5)}",ü\n`],
  ])('writes %s', (_, rows, csv) => {
    expect(encode(rows)).toBe(csv)
  })

  test('ends rows with CRLF on request', () => {
    expect(encode([['a', null]], 'crlf')).toBe('a,\r\n')
    expect(csvHeader([{ name: 'a' }, { name: 'b,"c' }], 'crlf').toString()).toBe('a,"b,""c"\r\n')
  })

  test('writes a block larger than its buffer', () => {
    const rows: Row[] = Array.from({ length: 3000 }, (_, i) => [String(i), `"${'x'.repeat(1000)}"`])
    expect(encode(rows)).toBe(rows.map(([n, x]) => `${n},"""${x?.slice(1, -1)}"""\n`).join(''))
  })
})

describe('the CSV reader', () => {
  const cases: [string, string, Row[]][] = [
    [
      'NULL and the empty string',
      'a,,""\n,,\n',
      [
        ['a', null, ''],
        [null, null, null],
      ],
    ],
    [
      'quoted commas, quotes and line breaks',
      '"a,b","a""b","a\r\nb"\n"""",x,""""""\n',
      [
        ['a,b', 'a"b', 'a\r\nb'],
        ['"', 'x', '""'],
      ],
    ],
    [
      'CRLF',
      'a,b,c\r\n"a",,"c"\r\n',
      [
        ['a', 'b', 'c'],
        ['a', null, 'c'],
      ],
    ],
    [
      'a last row without an end',
      'a,b,c\nd,e,f',
      [
        ['a', 'b', 'c'],
        ['d', 'e', 'f'],
      ],
    ],
    ['a last row that ends with NULL', 'a,b,', [['a', 'b', null]]],
    ['a last row that ends with a quote', 'a,b,"c"', [['a', 'b', 'c']]],
    ['CR within a field', 'a\rb,b,c\n', [['a\rb', 'b', 'c']]],
    [
      'blank lines between rows',
      '\na,b,c\n\r\n\nd,e,f\n\n',
      [
        ['a', 'b', 'c'],
        ['d', 'e', 'f'],
      ],
    ],
    ['no rows', '', []],
  ]

  test.each(cases)('reads %s', async (_, csv, rows) => {
    // Every size of chunk, so that a chunk ends at every place.
    for (let size = 1; size <= Math.max(1, csv.length); size++) expect(await readCsvRows(csv, 3, size)).toEqual(rows)
  })

  test('reads an empty line of the only column as NULL', async () => {
    expect(await readCsvRows('\n""\na\n', 1)).toEqual([[null], [''], ['a']])
  })

  test('leaves out the header and its byte order mark', async () => {
    const read = (csv: string) => collectRows(readCsv(chunksOf(csv), { columnCount: 2, header: true }))
    expect(await read('\ufeff"a","b""b"\nc,"d""d"\n')).toEqual([['c', 'd"d']])
    expect(await read('a,b\n')).toEqual([])
  })

  test('reads fields and rows larger than its buffer, and blocks that end within a row', async () => {
    const large = 'a"\n,'.repeat(1_000_000)
    const rows: Row[] = []
    for (let i = 0; i < 20_000; i++) rows.push([String(i), i % 3 === 0 ? null : `"${i}"`, 'x'.repeat(i % 300)])
    rows.splice(7000, 0, ['large', large, large])
    const csv = encode(rows)
    expect(await readCsvRows(csv, 3, 65_000)).toEqual(rows.map((row) => row.map((cell) => cell)))
    expect(await readCsvRows(csv, 3, 3_000_000)).toEqual(rows)
  })

  test.each([
    ['CSV_RAGGED_ROW', 'a,b\nc\n', 2],
    ['CSV_RAGGED_ROW', '"a\n",b\nc,d,e\n', 3],
    ['CSV_UNTERMINATED_QUOTE', 'a,b\nc,"d\n', 2],
    ['CSV_STRAY_QUOTE', 'a,b"\n', 1],
    ['CSV_STRAY_QUOTE', 'a,"b"c\n', 1],
    ['CSV_STRAY_QUOTE', 'a,"b"\r"\n', 1],
  ])('refuses with %s and the line', async (code, csv, line) => {
    await expect(readCsvRows(csv, 2)).rejects.toMatchObject({ code, details: { line } })
  })
})

test('numbers pass without a look at their bytes', () => {
  const encoder = createCsvEncoder({ columns: [column('n', int4), column('t', text)] })
  const [piece] = encoder.encode(
    blockOf([
      ['1', '2'],
      [null, ''],
    ]),
  ) as Piece[]
  expect(Buffer.from(piece?.bytes ?? []).toString()).toBe('1,2\n,""\n')
  expect(piece?.rows).toBe(2)
})
