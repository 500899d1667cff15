import { expect, it } from 'vitest'
import { bytesText, rateText, rowsText } from '../ui/amounts.ts'
import { type CopiedTable, isCopyOutput, spanMs, verdictOf } from './manifest.ts'

const table: CopiedTable = {
  ...{ table: 'a', target: 'b', rows: 3, bytes: 30, mode: 'replace', durationMs: 5, resumedChunks: 0, losses: [] },
  ...{ load: 'x', proof: 'content' },
}
const manifest = {
  from: { connector: 'postgres', address: 'a' },
  to: { connector: 'duckdb', address: 'b' },
  columns: [],
  startedAt: '',
  finishedAt: '',
  chunks: { total: 1, resumed: 0 },
}

it('says what a proof proves', () => {
  const side = { rows: 3, hash: 'h' }
  const proof = { level: 'content', source: side, staged: side }
  expect(verdictOf({ ...table, manifest: { ...manifest, proof } })).toBe('equal')
  expect(verdictOf({ ...table, manifest: { ...manifest, proof: { ...proof, staged: { rows: 3, hash: 'x' } } } })).toBe(
    'different',
  )
  expect(verdictOf({ ...table, proof: 'count' })).toBe('counted')
  expect(verdictOf({ ...table, proof: 'none' })).toBe('unproven')
  expect(isCopyOutput({ tables: [] })).toBe(true)
  expect(isCopyOutput(null)).toBe(false)
})

it('knows how long all tables took together', () => {
  const at = (second: number) => new Date(second * 1000).toISOString()
  const took = (from: number, to: number) => ({
    ...table,
    manifest: { ...manifest, proof: { level: 'count' }, startedAt: at(from), finishedAt: at(to) },
  })
  expect(spanMs([took(0, 2), took(1, 5)])).toBe(5000)
  expect(spanMs([took(0, 2), table])).toBe(5)
  expect(spanMs([])).toBe(0)
})

it('writes amounts for people', () => {
  expect([0, 1, 1023, 1536, 5 * 1024 ** 3].map(bytesText)).toEqual([
    '0 bytes',
    '1 bytes',
    '1023 bytes',
    '1.5 KiB',
    '5.0 GiB',
  ])
  expect(rowsText(1)).toBe('1 row')
  expect([rateText(3, 1000), rateText(812, 10_000), rateText(3, 0)]).toEqual(['3 rows/s', '81 rows/s', ''])
})
