import { expect, test } from 'vitest'
import { createCopyTextEncoder, type Piece, readCopyText } from '../index.ts'
import { blockOf, chunksOf, collectRows, column, int4, type Row, text } from '../text-block.test.fixture.ts'

const columns = [column('n', int4), column('t', text)]

function encode(rows: readonly Row[], dialect: 'postgres' | 'mysql'): string {
  const [piece] = createCopyTextEncoder({ columns, dialect }).encode(blockOf(rows)) as Piece[]
  return Buffer.from(piece?.bytes ?? []).toString()
}

test.each([
  ['postgres', '1\ta\\tb\\nc\\rd\\be\\ff\\vg\\\\h\0\x1a"ü\n'],
  ['mysql', '1\ta\\tb\\nc\\rd\\be\ff\vg\\\\h\\0\\Z"ü\n'],
] as const)('escapes for %s', (dialect, copy) => {
  expect(encode([['1', 'a\tb\nc\rd\be\ff\vg\\h\0\x1a"ü']], dialect)).toBe(copy)
})

test.each(['postgres', 'mysql'] as const)('tells NULL from text for %s', (dialect) => {
  expect(
    encode(
      [
        [null, null],
        ['0', ''],
        ['1', '\\N'],
        ['2', 'NULL'],
      ],
      dialect,
    ),
  ).toBe('\\N\t\\N\n0\t\n1\t\\\\N\n2\tNULL\n')
})

test('reads back what PostgreSQL writes, whatever the chunks', async () => {
  const rows: Row[] = [
    [null, null],
    ['1', ''],
    ['2', '\\N'],
    ['3', 'a\tb\nc\\'],
    ['4', 'ü\b\f\r\v'],
  ]
  const copy = encode(rows, 'postgres')
  for (let size = 1; size <= copy.length; size++) {
    expect(await collectRows(readCopyText(chunksOf(copy, size), { columnCount: 2 }))).toEqual(rows)
  }
})

test('reads rows larger than its buffer', async () => {
  const rows: Row[] = Array.from({ length: 200 }, (_, i) => [String(i), '\t\\x'.repeat(i * 100)])
  rows.push(['large', '\n'.repeat(3_000_000)], ['last', 'x'])
  expect(await collectRows(readCopyText(chunksOf(encode(rows, 'postgres')), { columnCount: 2 }))).toEqual(rows)
})

test.each(['1\n', '1\t2\t3\n'])('refuses rows with other columns: %j', async (line) => {
  await expect(collectRows(readCopyText(chunksOf(`1\t2\n${line}`), { columnCount: 2 }))).rejects.toMatchObject({
    code: 'COPY_TEXT_MALFORMED',
    details: { line: 2 },
  })
})
