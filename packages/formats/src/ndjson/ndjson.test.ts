import { describe, expect, test } from 'vitest'
import {
  type Column,
  createCopyTextEncoder,
  createCopyTextToNdjson,
  createNdjsonEncoder,
  type JsonOptions,
  type LogicalType,
  LossLedger,
  type Piece,
  readNdjson,
} from '../index.ts'
import {
  blockOf,
  chunksOf,
  collectRows,
  column,
  float8,
  int4,
  int8,
  list,
  numeric,
  type Row,
  text,
} from '../text-block.test.fixture.ts'

const timestamp: LogicalType = { kind: 'timestamp', utc: false }
const timestamptz: LogicalType = { kind: 'timestamp', utc: true }
const binary: LogicalType = { kind: 'binary' }
const json: LogicalType = { kind: 'json' }

function encode(columns: readonly Column[], rows: readonly Row[], options: JsonOptions = {}) {
  const ledger = new LossLedger()
  const pieces = createNdjsonEncoder({ columns, options, ledger }).encode(blockOf(rows, columns.length))
  const [piece] = pieces as Piece[]
  return { ndjson: Buffer.from(piece?.bytes ?? []).toString(), losses: ledger.entries() }
}

/** The same rows by way of COPY text. */
function convert(columns: readonly Column[], rows: readonly Row[], options: JsonOptions = {}) {
  const ledger = new LossLedger()
  const encoder = createCopyTextEncoder({ columns, dialect: 'postgres' })
  const [copy] = encoder.encode(blockOf(rows, columns.length)) as Piece[]
  const piece = createCopyTextToNdjson({ columns, options, ledger }).convert(copy?.bytes ?? Buffer.alloc(0))
  return { ndjson: Buffer.from(piece.bytes).toString(), losses: ledger.entries(), rows: piece.rows }
}

const read = (columns: readonly Column[], ndjson: string, options: JsonOptions = {}, chunk?: number) =>
  collectRows(readNdjson(chunksOf(ndjson, chunk), { columns, options }))

/** Type, canonical text, JSON token. Each goes out by both roads, and comes back. */
const values: [LogicalType, string | null, string][] = [
  [int8, '9223372036854775807', '9223372036854775807'],
  [int4, '-1', '-1'],
  [int4, '0', '0'],
  [int4, null, 'null'],
  [numeric, '12345678901234567890.123456789012345678', '12345678901234567890.123456789012345678'],
  [numeric, '1.1000', '1.1000'],
  [numeric, 'NaN', '"NaN"'],
  [numeric, '-Infinity', '"-Infinity"'],
  [float8, '-0', '-0'],
  [float8, '5e-324', '5e-324'],
  [float8, '1e+21', '1e+21'],
  [float8, 'Infinity', '"Infinity"'],
  [{ kind: 'boolean' }, 't', 'true'],
  [{ kind: 'boolean' }, 'f', 'false'],
  [timestamptz, '2024-03-10 06:59:59.123456+00', '"2024-03-10T06:59:59.123456+00:00"'],
  [timestamptz, '0044-03-15 12:00:00+00 BC', '"0044-03-15T12:00:00+00:00 BC"'],
  [timestamptz, '-infinity', '"-infinity"'],
  [timestamp, '294276-12-31 23:59:59.999999', '"294276-12-31T23:59:59.999999"'],
  [timestamp, '0044-03-15 12:00:00 BC', '"0044-03-15T12:00:00 BC"'],
  [{ kind: 'date' }, '0001-12-31 BC', '"0001-12-31 BC"'],
  [{ kind: 'time' }, '24:00:00', '"24:00:00"'],
  [{ kind: 'interval' }, 'P1Y2M-3DT4H5M6.789S', '"P1Y2M-3DT4H5M6.789S"'],
  [{ kind: 'duration' }, '-838:59:59', '"-838:59:59"'],
  [{ kind: 'uuid' }, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"'],
  [{ kind: 'enum', labels: [] }, 'not "ok"', '"not \\"ok\\""'],
  [binary, '\\xdeadbeef00', '"\\\\xdeadbeef00"'],
  [binary, '\\x', '"\\\\x"'],
  [text, '', '""'],
  [text, '\\N', '"\\\\N"'],
  [
    text,
    'a\tb\nc\rd\be\ff\vg"h\\i/\u0001\u001f\u007f',
    '"a\\tb\\nc\\rd\\be\\ff\\u000bg\\"h\\\\i/\\u0001\\u001f\u007f"',
  ],
  [text, 'ünï\u2028🦆', '"ünï\u2028🦆"'],
  [json, '{"b":1, "a":2,  "a":3, "n":12345678901234567890.10}', '{"b":1, "a":2,  "a":3, "n":12345678901234567890.10}'],
  [json, '"line\\nbreak \\\\ \\" } ,"', '"line\\nbreak \\\\ \\" } ,"'],
  [json, '[1,{"a":[]}]', '[1,{"a":[]}]'],
  [list(int4), '{1,NULL,3}', '[1,null,3]'],
  [list(int4), '{}', '[]'],
  [list(int4), '{{1,2},{3,4}}', '[[1,2],[3,4]]'],
  [list(list(int4)), '{{1,2},{3}}', '[[1,2],[3]]'],
  [list(numeric), '{1.10,NaN}', '[1.10,"NaN"]'],
  [list({ kind: 'boolean' }), '{t,f,NULL}', '[true,false,null]'],
  [
    list(text),
    '{"a,b","\\"q\\"","NULL",NULL,"","\\\\x","a b",c}',
    '["a,b","\\"q\\"","NULL",null,"","\\\\x","a b","c"]',
  ],
  [list(text), '{"a\nb\t{}"}', '["a\\nb\\t{}"]'],
  [list(timestamptz), '{"2024-03-10 06:59:59+00"}', '["2024-03-10T06:59:59+00:00"]'],
  [list(binary), '{"\\\\xdead"}', '["\\\\xdead"]'],
  [list(json), '{"{\\"a\\": [1]}",NULL,2}', '[{"a": [1]},null,2]'],
]

describe.each(values)('%o %s', (type, canonical, token) => {
  const columns = [column('n', int4), column('v', type), column('last', text)]
  const rows: Row[] = [
    ['1', canonical, 'x'],
    ['2', canonical, null],
  ]
  const ndjson = `{"n":1,"v":${token},"last":"x"}\n{"n":2,"v":${token},"last":null}\n`

  test('goes out and comes back', async () => {
    expect(encode(columns, rows)).toEqual({ ndjson, losses: [] })
    expect(convert(columns, rows)).toEqual({ ndjson, losses: [], rows: 2 })
    expect(await read(columns, ndjson)).toEqual(rows)
  })
})

describe('what JSON cannot keep', () => {
  test.each<[LogicalType, string, string, string]>([
    [json, 'null', 'null', 'json-null'],
    [json, '\nnull', ' null', 'json-null'],
    [json, '{"x":\r\n1}', '{"x":  1}', 'json-line-break'],
    [list(int4), '[2:3]={7,8}', '[7,8]', 'array-bounds'],
    [list(int4), '[0:1][2:2]={{7},{8}}', '[[7],[8]]', 'array-bounds'],
  ])('is counted: %o %j', (type, canonical, token, reason) => {
    const columns = [column('v', type)]
    const expected = {
      ndjson: `{"v":${token}}\n`.repeat(2),
      losses: [{ column: 'v', reason, outcome: 'altered', count: 2 }],
    }
    expect(encode(columns, [[canonical], [canonical]])).toEqual(expected)
    expect(convert(columns, [[canonical], [canonical]])).toMatchObject(expected)
  })
})

test.each<[string, JsonOptions, LogicalType, string, string]>([
  ['numbers as strings', { jsonNumbers: 'string' }, int8, '-5', '"-5"'],
  ['numbers as strings', { jsonNumbers: 'string' }, numeric, '1.10', '"1.10"'],
  ['numbers as strings', { jsonNumbers: 'string' }, numeric, 'NaN', '"NaN"'],
  ['numbers as strings', { jsonNumbers: 'string' }, list(int8), '{1,NULL}', '["1",null]'],
  ['numbers as strings', { jsonNumbers: 'string' }, int4, '5', '5'],
  ['binary as base64', { jsonBinary: 'base64' }, binary, '\\xdeadbeef00', '"3q2+7wA="'],
  ['binary as base64', { jsonBinary: 'base64' }, binary, '\\x', '""'],
  ['binary as base64', { jsonBinary: 'base64' }, list(binary), '{"\\\\xdead",NULL}', '["3q0=",null]'],
  ['documents as strings', { jsonAs: 'string' }, json, 'null', '"null"'],
  ['documents as strings', { jsonAs: 'string' }, json, '{"a":\n1}', '"{\\"a\\":\\n1}"'],
])('%s on request: %j %o', async (_, options, type, canonical, token) => {
  const columns = [column('v', type)]
  const expected = { ndjson: `{"v":${token}}\n`, losses: [] }
  expect(encode(columns, [[canonical]], options)).toEqual(expected)
  expect(convert(columns, [[canonical]], options)).toMatchObject(expected)
  expect(await read(columns, expected.ndjson, options)).toEqual([[canonical]])
})

test("zeros that MySQL's ZEROFILL puts before a number are left out", () => {
  const columns = [column('a', int8), column('b', numeric)]
  expect(
    encode(columns, [
      ['000042', '00.50'],
      ['0000', '-007'],
    ]).ndjson,
  ).toBe('{"a":42,"b":0.50}\n{"a":0,"b":-7}\n')
  expect(encode(columns, [['000042', '01']], { jsonNumbers: 'string' }).ndjson).toBe('{"a":"42","b":"1"}\n')
})

test('names are escaped, and rows without columns are objects', () => {
  expect(encode([column('a"b\n', int4)], [['1']]).ndjson).toBe('{"a\\"b\\n":1}\n')
  expect(encode([], [[], []]).ndjson).toBe('{}\n{}\n')
  const piece = createCopyTextToNdjson({ columns: [], ledger: new LossLedger() }).convert(Buffer.from('\n\n'))
  expect(Buffer.from(piece.bytes).toString()).toBe('{}\n{}\n')
})

test('columns that are JSON already are embedded', () => {
  const columns = [column('a', text), column('b', list(text))]
  const converter = createCopyTextToNdjson({ columns, ledger: new LossLedger(), rawJson: new Set(['a', 'b']) })
  const piece = converter.convert(Buffer.from('{"x":"\\\\n"}\t["a",\\n null]\n\\N\t[]\n'))
  expect(Buffer.from(piece.bytes).toString()).toBe('{"a":{"x":"\\n"},"b":["a",  null]}\n{"a":null,"b":[]}\n')
})

test('large values and many control characters fit', async () => {
  const columns = [column('v', text), column('l', list(text))]
  const large = `${'\u0001'.repeat(3_000_000)}${'"'.repeat(300_000)}`
  const rows: Row[] = [
    ['a', '{}'],
    [large, `{${'"\\"",'.repeat(200_000)}a}`],
    [null, null],
  ]
  const { ndjson } = encode(columns, rows)
  expect(convert(columns, rows).ndjson).toBe(ndjson)
  expect(await read(columns, ndjson, {}, 50_000)).toEqual(rows)
})

test('rows are read whatever the chunks', async () => {
  const columns = [column('a', text), column('b', int4)]
  const rows: Row[] = Array.from({ length: 30_000 }, (_, i) => [
    `"${i}"\n`.repeat(i % 20),
    i % 7 === 0 ? null : String(i),
  ])
  const { ndjson } = encode(columns, rows)
  expect(await read(columns, ndjson.slice(0, -1), {}, 4099)).toEqual(rows)
})

test.each(['{"a":1}\n', '{"b":2,"a":1}\n', '{"a":1,"b":2}x\n', '{"a":1,"b":tru\n', '{"a":1,"b":"\n', '[]\n'])(
  'a line that is not ours is refused: %j',
  async (line) => {
    const columns = [column('a', int4), column('b', text)]
    await expect(read(columns, `{"a":0,"b":""}\n${line}`)).rejects.toMatchObject({
      code: 'NDJSON_MALFORMED',
      details: { line: 2 },
    })
  },
)

test.each(['1\n', '1\t2\t3\n', '1\t2'])('COPY text with other columns is refused: %j', (copy) => {
  const columns = [column('a', int4), column('b', text)]
  const converter = createCopyTextToNdjson({ columns, ledger: new LossLedger() })
  expect(() => converter.convert(Buffer.from(copy))).toThrow(expect.objectContaining({ code: 'COPY_TEXT_MALFORMED' }))
})
