import { expect, test } from 'vitest'
import { type Piece, type SplitOptions, splitPieces } from './index.ts'

async function files(texts: readonly (readonly [string, number])[], options: SplitOptions) {
  async function* pieces(): AsyncGenerator<Piece> {
    for (const [text, rows] of texts) yield { bytes: Buffer.from(text), rows }
  }
  const found: { text: string; rows: number }[] = []
  for await (const { file, piece } of splitPieces(pieces(), options)) {
    found[file] ??= { text: '', rows: 0 }
    found[file].text += Buffer.from(piece.bytes).toString()
    found[file].rows += piece.rows
  }
  return found.map(({ text, rows }) => `${rows}: ${text}`)
}

const csv = [
  ['a\n"b\n"""\n', 2],
  ['c\nd\n"e\n"\nf\n', 4],
] as const

test('without limits everything is one file', async () => {
  expect(await files(csv, { format: 'csv' })).toEqual(['6: a\n"b\n"""\nc\nd\n"e\n"\nf\n'])
  expect(await files([], { format: 'csv', rows: 1 })).toEqual([])
})

test('files are cut between rows, not at line breaks within quotes', async () => {
  expect(await files(csv, { format: 'csv', rows: 3 })).toEqual(['3: a\n"b\n"""\nc\n', '3: d\n"e\n"\nf\n'])
  expect(await files(csv, { format: 'csv', rows: 2 })).toEqual(['2: a\n"b\n"""\n', '2: c\nd\n', '2: "e\n"\nf\n'])
  expect(await files(csv, { format: 'csv', rows: 1 })).toHaveLength(6)
})

test('files stay within a number of bytes, but hold a row', async () => {
  expect(await files(csv, { format: 'csv', bytes: 9 })).toEqual(['2: a\n"b\n"""\n', '3: c\nd\n"e\n"\n', '1: f\n'])
  expect(await files(csv, { format: 'csv', bytes: 1 })).toHaveLength(6)
  expect(await files([['{"a":"\\""}\n{}\n{}\n', 3]], { format: 'ndjson', bytes: 14 })).toEqual([
    '2: {"a":"\\""}\n{}\n',
    '1: {}\n',
  ])
})

test('row groups stay whole', async () => {
  const groups = [
    ['PAGES', 10],
    ['PAGES', 10],
    ['PAGES', 30],
    ['PAGES', 5],
  ] as const
  expect(await files(groups, { format: 'parquet', rows: 20 })).toEqual(['20: PAGESPAGES', '30: PAGES', '5: PAGES'])
  expect(await files(groups, { format: 'parquet', bytes: 11 })).toEqual(['20: PAGESPAGES', '35: PAGESPAGES'])
})
