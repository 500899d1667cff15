import { DataError } from '@millrace/core'
import type { LogicalType } from '@millrace/formats'
import type { TableManifest } from './manifest.ts'

const plainKinds = ['boolean', 'text', 'binary', 'date', 'time', 'interval', 'duration', 'uuid', 'json']
const formats = ['csv', 'ndjson', 'parquet']
const compressions = ['none', 'gzip', 'zstd']

/** Whoever may write into a bucket may write a manifest: what it says is not taken for ours before it has our form. */
export function checkManifest(value: TableManifest, uri: string): void {
  const names = new Set(isList(value.columns) ? value.columns.map(({ name }) => name) : [])
  const partitionBy = isList(value.partitionBy) ? value.partitionBy : []
  const isRight =
    names.size > 0 &&
    names.size === value.columns.length &&
    value.columns.every(({ name, type }) => typeof name === 'string' && isType(type)) &&
    formats.includes(value.format) &&
    compressions.includes(value.compression) &&
    isList(value.partitionBy) &&
    partitionBy.every((name) => names.has(name)) &&
    isList(value.published) &&
    isRecord(value.states) &&
    isRecord(value.options) &&
    isList(value.objects) &&
    value.objects.every(
      ({ key, rows, bytes, etag, partition = [] }) =>
        typeof key === 'string' &&
        isCount(rows) &&
        isCount(bytes) &&
        isTextOrNull(etag) &&
        isList(partition) &&
        partition.length === partitionBy.length &&
        partition.every(isTextOrNull),
    )
  if (isRight) return
  throw new DataError('MANIFEST_DAMAGED', {
    message: `${uri} does not have the form that Millrace writes. Restore an earlier version of it, or remove the folder's objects and copy the table again.`,
  })
}

function isType(type: LogicalType): boolean {
  if (!isRecord(type)) return false
  switch (type.kind) {
    case 'integer':
      return isCount(type.bits) && typeof type.unsigned === 'boolean'
    case 'float':
      return isCount(type.bits)
    case 'decimal':
      return [type.precision, type.scale].every((part) => part === null || Number.isInteger(part))
    case 'timestamp':
      return typeof type.utc === 'boolean'
    case 'enum':
      return isList(type.labels) && type.labels.every((label) => typeof label === 'string')
    case 'list':
      return isType(type.element)
    default:
      return plainKinds.includes(type.kind)
  }
}

const isRecord = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0
const isTextOrNull = (value: unknown): boolean => value === null || typeof value === 'string'
