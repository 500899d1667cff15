import { describe, expect, it } from 'vitest'
import { applicableDefaults, fileLayout, formatOfName, refuseFileOptions } from './file-layout.ts'
import { parseAmount, parseNames, parseSize, shellQuote } from './parse-values.ts'
import type { TransferChoices } from './transfer-options.ts'

describe('a file name', () => {
  it.each([
    ['orders.csv', 'csv', null],
    ['out/orders.CSV.gz', 'csv', 'gzip'],
    ['orders.ndjson.zst', 'ndjson', 'zstd'],
    ['orders.jsonl', 'ndjson', null],
    ['a.b/orders.parquet', 'parquet', null],
    ['out/{table}.csv.zstd', 'csv', 'zstd'],
    ['-', null, null],
    ['orders', null, null],
    ['csv', null, null],
    ['folder.csv/', null, null],
  ])('%s tells the format %s and the compression %s', (path, format, compression) => {
    expect(formatOfName(path)).toEqual({ format, compression })
  })

  it('decides the layout together with the options', () => {
    expect(fileLayout('orders.csv.gz', { header: false, csvLineEnd: 'crlf' })).toEqual({
      format: 'csv',
      compression: 'gzip',
      csv: { header: false, lineEnd: 'crlf' },
    })
    expect(fileLayout('orders.parquet', { compression: 'snappy' })).toEqual({ format: 'parquet', compression: 'none' })
    expect(fileLayout('out/', { format: 'ndjson', compression: 'zstd', splitRows: 5 })).toEqual({
      format: 'ndjson',
      compression: 'zstd',
      splitRows: 5,
    })
    expect(fileLayout('out/', { format: 'parquet', partitionBy: ['year', 'month'] })).toEqual({
      format: 'parquet',
      compression: 'none',
      partitionBy: ['year', 'month'],
    })
  })

  it.each<[string, TransferChoices, string]>([
    ['orders.csv', { format: 'parquet' }, 'FORMAT_CONTRADICTS_NAME'],
    ['orders.csv.gz', { compression: 'zstd' }, 'COMPRESSION_CONTRADICTS_NAME'],
    ['orders.parquet.gz', {}, 'COMPRESSED_TWICE'],
    ['orders.parquet', { compression: 'gzip' }, 'COMPRESSION_NOT_AVAILABLE'],
    ['orders.csv', { compression: 'snappy' }, 'COMPRESSION_NOT_AVAILABLE'],
    ['orders', {}, 'FORMAT_REQUIRED'],
    ['-', {}, 'FORMAT_REQUIRED'],
    ['lake.duckdb', {}, 'SCHEME_REQUIRED'],
    ['shop.sqlite3', {}, 'SCHEME_REQUIRED'],
    ['orders.csv', { splitRows: 5 }, 'SPLIT_NEEDS_FOLDER'],
    ['orders.csv', { partitionBy: ['day'] }, 'PARTITIONS_NEED_FOLDER'],
    ['orders.csv', { jsonNumbers: 'string' }, 'OPTION_WITHOUT_EFFECT'],
    ['orders.ndjson', { header: false }, 'OPTION_WITHOUT_EFFECT'],
    ['orders.ndjson', { rowGroupRows: 5 }, 'OPTION_WITHOUT_EFFECT'],
  ])('%s with %o is refused', (path, choices, code) => {
    expect(() => fileLayout(path, choices)).toThrow(expect.objectContaining({ code }))
  })
})

describe('options about files', () => {
  it('are refused for a database', () => {
    expect(() => refuseFileOptions('DuckDB', { csvLineEnd: 'crlf' })).toThrow('--csv-line-end')
    expect(() => refuseFileOptions('DuckDB', { mode: 'append' })).not.toThrow()
  })

  it('apply as defaults where they have a meaning', () => {
    const defaults: TransferChoices = {
      format: 'csv',
      compression: 'gzip',
      csvLineEnd: 'crlf',
      lookback: 5,
      verify: 'content',
    }
    const nothing = { format: null, compression: null }
    expect(applicableDefaults(defaults, {}, null, nothing)).toEqual({ verify: 'content' })
    expect(applicableDefaults(defaults, { cursor: 'at' }, 'parquet', { format: 'parquet', compression: null })).toEqual(
      {
        lookback: 5,
        verify: 'content',
      },
    )
    expect(applicableDefaults(defaults, {}, 'csv', nothing)).toEqual({
      format: 'csv',
      compression: 'gzip',
      csvLineEnd: 'crlf',
      verify: 'content',
    })
  })
})

it('amounts, sizes and names are read with their units and quotes', () => {
  expect(['300', '5m', '1.5h', '1d', '5x', ''].map(parseAmount)).toEqual([300, 300, 5400, 86_400, null, null])
  expect(['100', '64MB', '1GiB', '0', 'MB'].map(parseSize)).toEqual([100, 64e6, 2 ** 30, null, null])
  expect(['a', 'a, b', '"a,b",c', '"a""b"', 'a,', '', '"a'].map(parseNames)).toEqual([
    ['a'],
    ['a', 'b'],
    ['a,b', 'c'],
    ['a"b'],
    null,
    null,
    null,
  ])
  expect(['a/b.csv', "it's", '$x', ''].map(shellQuote)).toEqual(['a/b.csv', `'it'\\''s'`, `'$x'`, `''`])
})
