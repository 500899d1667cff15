import type { ValueCase } from './value-case.ts'

const same = (sql: string, text: string, ndjson = text, parquet = text) => ({ sql, csv: text, ndjson, parquet })
const quoted = (sql: string, text: string, parquet = text) => same(sql, text, JSON.stringify(text), parquet)

export const mysqlValues: readonly ValueCase[] = [
  {
    id: 'v_bigint_unsigned',
    type: 'bigint unsigned',
    parquetType: 'UBIGINT',
    values: [same('18446744073709551615', '18446744073709551615')],
    pitfall: 'Delivered signed it is -1.',
  },
  {
    id: 'v_tinyint1',
    type: 'tinyint(1)',
    parquetType: 'TINYINT',
    values: [same('2', '2'), same('-1', '-1')],
    pitfall: 'Taken for a boolean, 2 becomes true.',
  },
  {
    id: 'v_bit1',
    type: 'bit(1)',
    parquetType: 'UBIGINT',
    values: [same(`b'1'`, '1'), same(`b'0'`, '0')],
    pitfall: 'Drivers hand out bytes.',
  },
  {
    id: 'v_bit20',
    type: 'bit(20)',
    parquetType: 'UBIGINT',
    values: [same(`b'11100011100011100011'`, '932067')],
    pitfall: 'Drivers hand out bytes, some tools base64.',
  },
  {
    id: 'v_zero_date',
    type: 'date',
    parquetType: 'DATE',
    values: [
      quoted(`'2024-02-29'`, '2024-02-29'),
      { sql: `'0000-00-00'`, csv: '0000-00-00', ndjson: '"0000-00-00"', parquet: { policy: 'zero-date' } },
      { sql: `'2000-00-01'`, csv: '2000-00-01', ndjson: '"2000-00-01"', parquet: { policy: 'zero-date' } },
    ],
    pitfall: 'Zero dates crash, or become NULL or Invalid Date.',
  },
  {
    id: 'v_datetime6',
    type: 'datetime(6)',
    parquetType: 'TIMESTAMP',
    values: [
      same(`'9999-12-31 23:59:59.999999'`, '9999-12-31 23:59:59.999999', '"9999-12-31T23:59:59.999999"'),
      same(`'2024-03-10 01:59:59.1'`, '2024-03-10 01:59:59.1', '"2024-03-10T01:59:59.1"'),
      {
        sql: `'0000-00-00 00:00:00'`,
        csv: '0000-00-00 00:00:00',
        ndjson: '"0000-00-00T00:00:00"',
        parquet: { policy: 'zero-date' },
      },
    ],
    pitfall: 'Nanosecond timestamps end in 2262.',
  },
  {
    id: 'v_timestamp6',
    type: 'timestamp(6) null',
    parquetType: 'TIMESTAMP WITH TIME ZONE',
    values: [
      same(
        `'2024-03-10 06:59:59.123456'`,
        '2024-03-10 06:59:59.123456+00',
        '"2024-03-10T06:59:59.123456+00:00"',
        '2024-03-10 06:59:59.123456+00',
      ),
      {
        sql: `'0000-00-00 00:00:00'`,
        csv: '0000-00-00 00:00:00+00',
        ndjson: '"0000-00-00T00:00:00+00:00"',
        parquet: { policy: 'zero-date' },
      },
    ],
    pitfall: 'Converted to the zone of the session.',
  },
  {
    id: 'v_time',
    type: 'time(6)',
    parquetType: 'BIGINT',
    values: [
      { sql: `'-838:59:59'`, csv: '-838:59:59', ndjson: '"-838:59:59"', parquet: '-3020399000000' },
      { sql: `'838:59:59'`, csv: '838:59:59', ndjson: '"838:59:59"', parquet: '3020399000000' },
      { sql: `'00:00:00.5'`, csv: '00:00:00.5', ndjson: '"00:00:00.5"', parquet: '500000' },
    ],
    pitfall: 'It is a duration, not a time of day; the sign is dropped.',
  },
  {
    id: 'v_year',
    type: 'year',
    parquetType: 'SMALLINT',
    values: [{ sql: '0', csv: '0000', ndjson: '0', parquet: '0' }, same('2155', '2155')],
    pitfall: '0 is not 2000.',
  },
  {
    id: 'v_float',
    type: 'float',
    parquetType: 'FLOAT',
    values: [same('16777217', '16777216', '16777216', '16777216.0'), same('0.1', '0.1')],
    pitfall: 'The text protocol prints 16777200.',
  },
  {
    id: 'v_double',
    type: 'double',
    parquetType: 'DOUBLE',
    values: [same('0.1e0 + 0.2e0', '0.30000000000000004')],
    pitfall: '',
  },
  {
    id: 'v_decimal_65_30',
    type: 'decimal(65,30)',
    parquetType: 'VARCHAR',
    values: [
      same(
        `'12345678901234567890123456789012345.123456789012345678901234567890'`,
        '12345678901234567890123456789012345.123456789012345678901234567890',
      ),
    ],
    pitfall: 'More than 38 digits.',
  },
  {
    id: 'v_decimal_10_2',
    type: 'decimal(10,2)',
    parquetType: 'DECIMAL(10,2)',
    values: [same(`'-1.1'`, '-1.10')],
    pitfall: '',
  },
  {
    id: 'v_enum',
    type: `enum('x','y')`,
    parquetType: 'VARCHAR',
    values: [quoted(`'x'`, 'x'), quoted(`''`, '')],
    pitfall: 'The error value and NULL are mixed up.',
  },
  {
    id: 'v_set',
    type: `set('x','y','z')`,
    parquetType: 'VARCHAR',
    values: [quoted(`'x,z'`, 'x,z'), quoted(`''`, '')],
    pitfall: 'A bit mask instead of labels.',
  },
  {
    id: 'v_binary4',
    type: 'binary(4)',
    parquetType: 'BLOB',
    values: [{ sql: `'ab'`, csv: '\\x61620000', ndjson: '"\\\\x61620000"', parquet: 'ab\\x00\\x00' }],
    pitfall: 'Trailing zeros are stripped.',
  },
  {
    id: 'v_varbinary',
    type: 'varbinary(9)',
    parquetType: 'BLOB',
    values: [
      { sql: `x'00ff'`, csv: '\\x00ff', ndjson: '"\\\\x00ff"', parquet: '\\x00\\xFF' },
      { sql: `''`, csv: '\\x', ndjson: '"\\\\x"', parquet: '' },
    ],
    pitfall: 'Read as text in the column’s charset.',
  },
  { id: 'v_char5', type: 'char(5)', parquetType: 'VARCHAR', values: [quoted(`'ab  '`, 'ab')], pitfall: '' },
  {
    id: 'v_json',
    type: 'json',
    parquetType: 'JSON',
    values: [
      {
        sql: `'{"b":1, "a":2,  "a":3, "n":12345678901234567890.10}'`,
        csv: '{"b":1, "a":2,  "a":3, "n":12345678901234567890.10}',
        ndjson: '{"b":1, "a":2,  "a":3, "n":12345678901234567890.10}',
        parquet: '{"b":1, "a":2,  "a":3, "n":12345678901234567890.10}',
      },
    ],
    pitfall:
      'Parsed and written again, digits and duplicate keys are lost. (MariaDB; MySQL 8 normalises documents itself.)',
  },
  {
    id: 'v_latin1',
    type: 'varchar(9) character set latin1',
    parquetType: 'VARCHAR',
    values: [quoted(`'é'`, 'é')],
    pitfall: 'Bytes of the column’s charset.',
  },
  {
    id: 'v_utf8mb4',
    type: 'varchar(9) character set utf8mb4',
    parquetType: 'VARCHAR',
    values: [quoted(`_utf8mb4 x'F09FA686'`, '\u{1F986}')],
    pitfall: 'Cut at three bytes.',
  },
  {
    id: 'v_zerofill',
    type: 'int(6) unsigned zerofill',
    parquetType: 'UINTEGER',
    values: [same('42', '42')],
    pitfall: '000042 is not JSON.',
  },
  {
    id: 'v_text',
    type: 'text',
    parquetType: 'VARCHAR',
    values: [
      quoted(`''`, ''),
      quoted(`'NULL'`, 'NULL'),
      quoted(`'\\\\N'`, '\\N'),
      quoted(`'line\\nfeed " and \\\\'`, 'line\nfeed " and \\'),
      { sql: `'nul\\0byte'`, csv: 'nul\u0000byte', ndjson: '"nul\\u0000byte"', parquet: 'nul\u0000byte' },
    ],
    pitfall: 'Empty becomes NULL; a NUL byte ends the text.',
  },
  {
    id: 'v_geometry',
    type: 'geometry',
    parquetType: 'BLOB',
    values: [
      {
        sql: `ST_GeomFromText('POINT(1 2)')`,
        csv: '\\x0101000000000000000000f03f0000000000000040',
        ndjson: '"\\\\x0101000000000000000000f03f0000000000000040"',
        parquet: '\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\xF0?\\x00\\x00\\x00\\x00\\x00\\x00\\x00@',
      },
    ],
    pitfall: 'The first four bytes are the SRID, not part of the WKB.',
  },
]
