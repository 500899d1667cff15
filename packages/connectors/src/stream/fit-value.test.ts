import type { LogicalType } from '@millrace/formats'
import { describe, expect, it } from 'vitest'
import { fitValue, isMoment } from './fit-value.ts'
import { newColumn } from './new-column.ts'

const int = (bits: 8 | 16 | 32 | 64, unsigned = false): LogicalType => ({ kind: 'integer', bits, unsigned })
const decimal = (precision: number | null, scale: number | null): LogicalType => ({ kind: 'decimal', precision, scale })

describe('the canonical text of a JSON token', () => {
  it.each<[LogicalType, string, string | undefined]>([
    [int(64), '9223372036854775807', '9223372036854775807'],
    [int(64), '9223372036854775808', undefined],
    [int(64, true), '18446744073709551615', '18446744073709551615'],
    [int(8), '-128', '-128'],
    [int(8), '128', undefined],
    [int(8, true), '-1', undefined],
    [int(32), '1.0', '1'],
    [int(32), '1e3', '1000'],
    [int(32), '1.5', undefined],
    [int(32), '1.00000000000000000001', undefined],
    [int(64), '9223372036854775807.0', '9223372036854775807'],
    [int(32), '"12"', '12'],
    [int(32), '" 12"', undefined],
    [int(32), 'true', undefined],
    [decimal(10, 2), '1.5', '1.50'],
    [decimal(10, 2), '-0.001', undefined],
    [decimal(10, 2), '12345678.9', '12345678.90'],
    [decimal(10, 2), '123456789', undefined],
    [decimal(3, 3), '0.125', '0.125'],
    [decimal(null, null), '1.10', '1.10'],
    [decimal(20, 4), '1.5e3', '1500.0000'],
    [decimal(20, 4), '15e-3', '0.0150'],
    [decimal(20, 2), '-0.00', '0.00'],
    [{ kind: 'float', bits: 64 }, '0.1', '0.1'],
    [{ kind: 'float', bits: 64 }, '1e400', undefined],
    [{ kind: 'float', bits: 64 }, '9007199254740993', undefined],
    [{ kind: 'float', bits: 64 }, '12345678901234567000', '1.2345678901234567e+19'],
    [{ kind: 'float', bits: 32 }, '16777217', undefined],
    [{ kind: 'float', bits: 64 }, '"NaN"', 'NaN'],
    [{ kind: 'float', bits: 32 }, '0.1', '0.1'],
    [{ kind: 'boolean' }, 'true', 't'],
    [{ kind: 'boolean' }, '"false"', 'f'],
    [{ kind: 'boolean' }, '1', undefined],
    [{ kind: 'text' }, '"a\\u00e4\\n"', 'aä\n'],
    [{ kind: 'text' }, '"\\ud800"', undefined],
    [{ kind: 'text' }, '{"a":1}', '{"a":1}'],
    [{ kind: 'json' }, '"a"', '"a"'],
    [{ kind: 'date' }, '"2024-02-29"', '2024-02-29'],
    [{ kind: 'date' }, '"2023-02-29"', undefined],
    [{ kind: 'date' }, '20240229', undefined],
    [{ kind: 'time' }, '"10:20:30.500"', '10:20:30.5'],
    [{ kind: 'timestamp', utc: true }, '"2024-01-01T00:30:00+01:00"', '2023-12-31 23:30:00+00'],
    [{ kind: 'timestamp', utc: true }, '"2024-01-01 00:30"', '2024-01-01 00:30:00+00'],
    [{ kind: 'timestamp', utc: false }, '"2024-01-01T00:30:00.123456Z"', '2024-01-01 00:30:00.123456'],
    [{ kind: 'timestamp', utc: true }, '"2024-01-01T00:30:00.123456000Z"', '2024-01-01 00:30:00.123456+00'],
    [{ kind: 'timestamp', utc: true }, '"2024-01-01T00:30:00.123456789Z"', undefined],
    [{ kind: 'timestamp', utc: true }, '1704067200', undefined],
    [{ kind: 'uuid' }, '"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
    [{ kind: 'uuid' }, '"x"', undefined],
    [{ kind: 'binary' }, '"\\\\xDEAD"', '\\xdead'],
    [{ kind: 'enum', labels: ['a'] }, '"b"', undefined],
    [{ kind: 'list', element: int(32) }, '[1,null,3]', '{"1",NULL,"3"}'],
    [{ kind: 'list', element: { kind: 'text' } }, '["a\\"b","\\\\"]', '{"a\\"b","\\\\"}'],
    [{ kind: 'list', element: int(32) }, '[1,"x"]', undefined],
    [{ kind: 'list', element: int(64) }, '[9007199254740993]', undefined],
  ])('%o of %s is %s', (type, token, text) => {
    expect(fitValue(type, token)).toBe(text)
  })
})

describe('a new column', () => {
  it.each<[string[], LogicalType]>([
    [['1', '-2'], int(64)],
    [['1', '2.5'], { kind: 'float', bits: 64 }],
    [['12345678901234567890'], { kind: 'text' }],
    [['true', 'false'], { kind: 'boolean' }],
    [['true', '1'], { kind: 'text' }],
    [['"2024-01-01T00:00:00Z"'], { kind: 'timestamp', utc: true }],
    [['"2024-01-01T00:00:00Z"', '"x"'], { kind: 'text' }],
    [['"2024-01-01"'], { kind: 'text' }],
    [['{}', '1'], { kind: 'json' }],
  ])('of %o', (tokens, type) => {
    expect(newColumn('x', tokens).type).toEqual(type)
  })

  it('takes only moments that exist', () => {
    expect(isMoment('"2024-02-30T00:00:00Z"')).toBe(false)
  })
})
