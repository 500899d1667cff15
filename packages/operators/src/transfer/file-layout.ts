import type { FileLayout } from '@millrace/connectors'
import { ConfigError } from '@millrace/core'
import type { TransferTo } from './config.ts'

const formats: Readonly<Record<string, FileLayout['format']>> = {
  csv: 'csv',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  parquet: 'parquet',
}
const compressions: Readonly<Record<string, FileLayout['compression']>> = { gz: 'gzip', zst: 'zstd', zstd: 'zstd' }

/** How files are written, from what is asked for and from the name. */
export function fileLayout(path: string, to: TransferTo): FileLayout {
  const [, inner = '', outer = ''] = /\.([a-z]+?)(?:\.(gz|zst|zstd))?$/i.exec(path) ?? []
  const named = formats[inner.toLowerCase()]
  const format = to.format ?? named
  if (format === undefined) {
    throw new ConfigError('FORMAT_REQUIRED', {
      message: `The name "${path}" does not tell how to write it. Set "format" at "/to" to csv, ndjson or parquet, or end the name in .csv, .ndjson or .parquet.`,
    })
  }
  if (named !== undefined && named !== format) {
    throw new ConfigError('FORMAT_CONTRADICTS_NAME', {
      message: `"${path}" is named like ${named}, but "/to/format" says ${format}. Change one of them.`,
    })
  }
  const compression = to.compression ?? compressions[outer.toLowerCase()] ?? 'none'
  if (format === 'parquet' && compression !== 'none') {
    throw new ConfigError('COMPRESSED_TWICE', {
      message: 'Parquet compresses inside. Leave "/to/compression" out, and end the name in .parquet.',
    })
  }
  const { splitRows, splitBytes, partitionBy, header } = to
  if ((splitRows ?? splitBytes ?? partitionBy) !== undefined && !path.endsWith('/')) {
    throw new ConfigError('SPLIT_NEEDS_FOLDER', {
      message: `Several files need a folder to go to: end "/to/path" with a slash, and name the format with "format".`,
    })
  }
  return {
    format,
    compression,
    ...(format === 'csv' ? { csv: { header: header ?? true, lineEnd: 'lf' } as const } : {}),
    ...(splitRows === undefined ? {} : { splitRows }),
    ...(splitBytes === undefined ? {} : { splitBytes }),
    ...(partitionBy === undefined ? {} : { partitionBy }),
  }
}
