import { expect, test } from 'vitest'
import { column } from '../kit/sink-rows.contract.ts'
import { suggestColumn } from '../kit/suggest-column.ts'
import { cloudUrl, parseCloudUrl } from './cloud-url.ts'
import { migration } from './migration.ts'

const source = [
  column('Id', { kind: 'integer', bits: 32, unsigned: false }),
  column('at', { kind: 'timestamp', utc: true }),
  column('note'),
].map(suggestColumn)

test('a data source that fits needs nothing, whatever the case of names and the precision of times', () => {
  const target = [
    { name: 'ID', type: 'Int32' },
    { name: 'at', type: 'DateTime64(3)' },
    { name: 'note', type: 'Nullable(String)' },
    { name: 'inserted_at', type: 'DateTime', auto: true },
  ]
  expect(migration(source, target)).toEqual([])
})

test('new columns are told in the order of the source', () => {
  expect(migration(source, [{ name: 'id', type: 'Int32' }])).toEqual([
    "`at` Nullable(DateTime64(6, 'UTC'))",
    '`note` Nullable(String)',
  ])
})

test('a lost column or another type cannot be mended by adding', () => {
  const lost = [...source.map(({ name, chType }) => ({ name, type: chType.name })), { name: 'old', type: 'String' }]
  expect(() => migration(source, lost)).toThrow(/no column "old" any more/)
  expect(() => migration(source, [{ name: 'id', type: 'Int64' }])).toThrow(/"id" is Int64/)
})

test('addresses of objects are taken apart and put together', () => {
  expect(parseCloudUrl('s3://bucket/a/b.csv/')).toEqual({ service: 's3', bucket: 'bucket', key: 'a/b.csv' })
  expect(parseCloudUrl('gs://bucket')).toEqual({ service: 'gcs', bucket: 'bucket', key: null })
  expect(parseCloudUrl('gcs://bucket/').key).toBeNull()
  expect(() => parseCloudUrl('ftp://host/x')).toThrow(
    expect.objectContaining({ name: 'UnsupportedCloudServiceSchemeError' }),
  )
  expect(cloudUrl('gcs', 'bucket', 'k')).toBe('gs://bucket/k')
  expect(() => cloudUrl('ftp', 'bucket')).toThrow(expect.objectContaining({ name: 'UnsupportedCloudServiceError' }))
})
