import { expect, it } from 'vitest'
import { bytesText, rowsText } from '../ui/amounts.ts'
import { type CopiedTable, isCopyOutput, verdictOf } from './manifest.ts'

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

it('writes amounts for people', () => {
  expect([0, 1, 1023, 1536, 5 * 1024 ** 3].map(bytesText)).toEqual([
    '0 bytes',
    '1 bytes',
    '1023 bytes',
    '1.5 KiB',
    '5.0 GiB',
  ])
  expect(rowsText(1)).toBe('1 row')
})
