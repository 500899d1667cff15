import { expect, test } from 'vitest'
import { ColumnEvidence, createCellRewriter, type LogicalType } from '../index.ts'

function nameOf(type: LogicalType): string {
  if (type.kind === 'decimal') return `decimal(${type.precision},${type.scale})`
  if (type.kind === 'timestamp') return type.utc ? 'instant' : 'timestamp'
  return type.kind
}

/** The type of a column with these values, and what its values become. */
function infer(values: readonly string[]): string[] {
  const evidence = new ColumnEvidence()
  const data = Buffer.from(values.join(''))
  const lengths = Int32Array.from(values, (value) => Buffer.byteLength(value))
  const starts = new Int32Array(values.length)
  for (let row = 1; row < values.length; row++) starts[row] = starts[row - 1]! + lengths[row - 1]!
  for (let row = 0; row < values.length; row++) evidence.observe(data, starts[row]!, starts[row]! + lengths[row]!)
  const { type, rewrite } = evidence.verdict()
  const block = { data, starts, lengths, rowCount: values.length, columnCount: 1 }
  const written = createCellRewriter(rewrite ? [{ place: 0, type }] : [])(block)
  const texts = values.map((_, row) =>
    written.data.toString('utf8', written.starts[row]!, written.starts[row]! + written.lengths[row]!),
  )
  return [nameOf(type), ...texts]
}

test.each<[string, string[], string, string[]?]>([
  ['the least and the greatest int64', ['-9223372036854775808', '0', '9223372036854775807'], 'integer'],
  ['one above int64', ['9223372036854775808'], 'text'],
  ['one below int64', ['-9223372036854775809'], 'text'],
  ['leading zeros', ['1', '01'], 'text'],
  ['a sign before a positive number', ['+1'], 'text'],
  ['white space', ['1', ' 2'], 'text'],
  ['a lone sign', ['-'], 'text'],
  ['negative zero', ['-0', '1'], 'float'],
  ['amounts', ['1.10', '-2.00', '0.05'], 'decimal(18,2)'],
  ['as many digits after the point, and no zeros at the end', ['1.25', '-3.75'], 'float'],
  ['large amounts', ['12345678901234567890.12', '0.00'], 'decimal(38,2)'],
  ['more digits than a decimal has', ['123456789012345678901234567890123456789.12'], 'text'],
  ['negative zero as an amount', ['-0.00', '1.25'], 'float', ['-0', '1.25']],
  ['different numbers of digits after the point', ['1.10', '1.1', '3'], 'float', ['1.1', '1.1', '3']],
  ['one digit after the point', ['1.0', '-2.5'], 'float', ['1', '-2.5']],
  ['one digit after the point and too many before it', ['1.5', '12345678901234567.5'], 'decimal(18,1)'],
  ['exponents', ['1e5', '1E-7', '-1.5e+300', '2e15'], 'float', ['100000', '1e-07', '-1.5e+300', '2e+15']],
  ['an exponent beyond doubles', ['1e400'], 'text'],
  ['an exponent that becomes zero', ['1e-400'], 'text'],
  ['more digits than a denormal double keeps', ['1.23456789012345e-320'], 'text'],
  ['special floats', ['NaN', 'Infinity', '-Infinity', '0.5'], 'float'],
  ['other words for them', ['nan', 'inf'], 'text'],
  ['all digits of doubles', ['0.30000000000000004', '1.4142135623730951', '2'], 'float'],
  ['more digits than a double keeps', ['1.5', '3.14159265358979323846'], 'text'],
  ['an integer that a double would round among floats', ['1.5', '9007199254740993'], 'text'],
  ['a point without digits', ['1.', '2.5'], 'text'],
  ['a point in front', ['.5'], 'text'],
  ['hexadecimal', ['0x1F'], 'text'],
  ['thousands', ['1,000.00'], 'text'],
  ['booleans', ['t', 'f'], 'boolean'],
  ['booleans as words', ['true', 'FALSE', 'True', 't'], 'boolean', ['t', 'f', 't', 't']],
  ['yes and no', ['yes', 'no'], 'text'],
  ['zero and one', ['0', '1'], 'integer'],
  ['dates', ['2024-02-29', '0001-01-01', '9999-12-31'], 'date'],
  ['a day that is none', ['2024-01-01', '2023-02-29'], 'text'],
  ['the year zero', ['0000-01-01'], 'text'],
  ['infinite dates', ['2024-01-01', 'infinity'], 'text'],
  ['dates in another order', ['31-01-2024'], 'text'],
  ['a date among timestamps', ['2024-01-01 10:00:00', '2024-01-01'], 'text'],
  ['times', ['00:00:00', '23:59:59.999999', '10:00:00.500'], 'time', ['00:00:00', '23:59:59.999999', '10:00:00.5']],
  ['times without seconds', ['10:00'], 'text'],
  [
    'timestamps',
    ['2024-01-31T10:00:00', '2024-01-31 10:00:00.000', '2024-01-31 10:00:00.120'],
    'timestamp',
    ['2024-01-31 10:00:00', '2024-01-31 10:00:00', '2024-01-31 10:00:00.12'],
  ],
  ['nanoseconds', ['2024-01-31 10:00:00.123456789'], 'text'],
  ['a leap second', ['2016-12-31 23:59:60'], 'text'],
  [
    'zones',
    [
      '2024-01-31T10:00:00Z',
      '2024-01-01 00:30:00.5+02:00',
      '2024-12-31 23:30:00-0130',
      '2024-01-31 10:00:00+00',
      '2024-01-31 10:00:00-00:00',
    ],
    'instant',
    [
      '2024-01-31 10:00:00+00',
      '2023-12-31 22:30:00.5+00',
      '2025-01-01 01:00:00+00',
      '2024-01-31 10:00:00+00',
      '2024-01-31 10:00:00+00',
    ],
  ],
  ['years below one hundred with a zone', ['0099-01-01T00:00:00+01:00'], 'instant', ['0098-12-31 23:00:00+00']],
  ['a zone on some only', ['2024-01-31 10:00:00', '2024-01-31 10:00:00Z'], 'text'],
  ['names of zones', ['2024-01-31 10:00:00 UTC'], 'text'],
  ['a zone that leads out of the calendar', ['9999-12-31 23:00:00-02'], 'text'],
  ['lower-case UUIDs', ['c4ca4238-a0b9-2382-0dcc-509a6f75849b'], 'uuid'],
  ['upper-case UUIDs', ['C4CA4238-A0B9-2382-0DCC-509A6F75849B'], 'text'],
  ['hexadecimal bytes', ['\\x00ff'], 'text'],
  ['documents', ['{"a":1}', '[]'], 'text'],
  ['the empty string', ['', '1'], 'text'],
  ['the empty string later', ['1', ''], 'text'],
  ['a boolean that turns out to be text stays as it is', ['true', 'maybe'], 'text'],
  ['a timestamp that turns out to be text stays as it is', ['2024-01-31T10:00:00Z', 'soon'], 'text'],
  ['no values', [], 'text'],
])('inference: %s', (_, values, type, texts = values) => {
  expect(infer(values)).toEqual([type, ...texts])
})
