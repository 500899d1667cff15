import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { addContentHashes, type Column, createRowHasher, type LogicalType } from '../index.ts'
import { blockOf, column, float4, float8, int4, numeric, type Row, text } from '../text-block.test.fixture.ts'

function hashOf(columns: readonly Column[], ...blocks: Row[][]) {
  const hasher = createRowHasher(columns)
  for (const rows of blocks) hasher.update(blockOf(rows, columns.length))
  return hasher.digest()
}

/** The definition, written with BigInt. */
function expectedHash(texts: readonly string[]): string {
  let high = 0n
  let low = 0n
  for (const row of texts) {
    const digest = createHash('md5').update(row).digest()
    high += digest.readBigUInt64BE(0)
    low += digest.readBigUInt64BE(8)
  }
  const hex = (sum: bigint) => BigInt.asUintN(64, sum).toString(16).padStart(16, '0')
  return hex(high) + hex(low)
}

describe('the hash of rows', () => {
  const columns = [column('a', text), column('b', text)]

  test('follows the definition', () => {
    const long = 'x'.repeat(2_000_000)
    const rows: Row[] = [
      ['a', null],
      ['', 'ü~'],
      [null, null],
      ['123456789 123', long],
    ]
    expect(hashOf(columns, rows)).toEqual({
      rows: 4,
      hash: expectedHash(['1:a~', '0:3:ü~', '~~', `13:123456789 1232000000:${long}`]),
    })
    expect(hashOf(columns)).toEqual({ rows: 0, hash: '0'.repeat(32) })
    expect(hashOf([], [[], []])).toEqual({ rows: 2, hash: expectedHash(['', '']) })
  })

  test('does not depend on order or blocks, counts duplicates, and adds up', () => {
    const rows: Row[] = Array.from({ length: 5000 }, (_, i) => [`${i % 100}`, i % 3 ? null : `${i}`])
    const whole = hashOf(columns, rows)
    expect(hashOf(columns, rows.slice(1234).reverse(), rows.slice(0, 1234))).toEqual(whole)
    expect(hashOf(columns, rows.slice(1)).hash).not.toBe(whole.hash)
    expect(addContentHashes([hashOf(columns, rows.slice(0, 7)), hashOf(columns, rows.slice(7))])).toEqual(whole)
  })
})

test.each<[LogicalType, string, string]>([
  [int4, '000042', '42'],
  [int4, '-007', '-7'],
  [int4, '0000', '0'],
  [numeric, '0.50', '0.50'],
  [numeric, '00.50', '0.50'],
  [numeric, 'NaN', 'NaN'],
  [float8, '0.1', '0.1'],
  [float8, '0.10', '0.1'],
  [float8, '1e21', '1e+21'],
  [float8, '100000000000000000000', '1e+20'],
  [float8, '123456789012345', '123456789012345'],
  [float8, '1234567890123456', '1.234567890123456e+15'],
  [float8, '0.0001', '0.0001'],
  [float8, '0.00001', '1e-05'],
  [float8, '-0', '-0'],
  [float8, '-0.0', '-0'],
  [float8, '5e-324', '5e-324'],
  [float8, '0.30000000000000004', '0.30000000000000004'],
  [float8, '-Infinity', '-Infinity'],
  [float8, 'NaN', 'NaN'],
  [float4, '0.10000000149011612', '0.1'],
  [float4, '16777216', '1.6777216e+07'],
  [float4, '100000', '100000'],
  [float4, '1000000', '1e+06'],
  [float4, '123456.7', '123456.7'],
  [{ kind: 'time' }, '01:02:03.100000', '01:02:03.1'],
  [{ kind: 'timestamp', utc: true }, '2024-01-01 00:00:00.000000+00', '2024-01-01 00:00:00+00'],
  [{ kind: 'timestamp', utc: false }, '0044-03-15 12:00:00.120 BC', '0044-03-15 12:00:00.12 BC'],
  [{ kind: 'timestamp', utc: false }, 'infinity', 'infinity'],
  [{ kind: 'duration' }, '-838:59:59', '-3020399000000'],
  [{ kind: 'duration' }, '00:00:00.000001', '1'],
  [{ kind: 'duration' }, '-00:00:01.5', '-1500000'],
  [{ kind: 'duration' }, '-00:00:00', '0'],
  [{ kind: 'json' }, '{"a": 1.0}', '{"a": 1.0}'],
  [text, '000', '000'],
])('%o %s is hashed as %s', (type, value, hashed) => {
  expect(hashOf([column('v', type)], [[value]]).hash).toBe(expectedHash([`${hashed.length}:${hashed}`]))
})
