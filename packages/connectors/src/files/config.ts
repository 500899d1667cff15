import type { ConfigSchema, ConfigValues } from '../kit/config-schema.ts'
import { parsePath } from '../kit/file-uri.ts'

export const fileFormats = ['csv', 'ndjson', 'parquet'] as const
export type FileFormat = (typeof fileFormats)[number]

export interface FilesSourceConfig {
  readonly path: string
  /** Null where the name does not tell. */
  readonly format: FileFormat | null
  readonly compression: 'none' | 'gzip' | 'zstd'
  readonly header: boolean
  readonly allText: boolean
}

export const configSchema: ConfigSchema = {
  type: 'object',
  properties: {
    path: {
      type: 'string',
      title: 'Path',
      description:
        'A file, a folder that ends with `/`, or `-` for standard input and output. For reading also a pattern such as `data/*.csv`.',
      localPath: true,
    },
    format: {
      type: 'string',
      title: 'Format',
      description: 'Default: from the name of the file.',
      enum: fileFormats,
    },
    compression: {
      type: 'string',
      title: 'Compression',
      description: 'Of what is read. Default: from the name of the file.',
      enum: ['none', 'gzip', 'zstd'],
    },
    header: {
      type: 'boolean',
      title: 'Header',
      description: 'CSV that is read: whether the first row names the columns.',
      default: true,
    },
    all_text: {
      type: 'boolean',
      title: 'All text',
      description: 'CSV that is read: keeps every column as text instead of finding its type.',
      default: false,
    },
  },
  required: ['path'],
  secret: [],
  order: ['path', 'format', 'compression', 'header', 'all_text'],
}

const settings = ['format', 'compression', 'header', 'all_text']

/** A plain path, `-`, or `file:path`; settings may follow a `?` (`data.txt?format=csv`). */
export function parseUri(uri: string): ConfigValues {
  const path = uri.replace(/^files?:(\/\/(?=\/))?/, '')
  return parsePath(path, settings, 'The address names no file. Write a path, or "-" for standard input or output.')
}

/** `orders.csv.gz` → csv and gzip; nulls where the name does not tell. */
export function guessFormat(path: string): { format: FileFormat | null; compression: 'none' | 'gzip' | 'zstd' } {
  const match = /\.(csv|tsv|ndjson|jsonl|json|parquet|pq)(\.gz|\.zst|\.zstd)?$/i.exec(path)
  const outer = /\.(gz|zst|zstd)$/i.exec(path)?.[1]?.toLowerCase()
  const compression = outer === undefined ? 'none' : outer === 'gz' ? 'gzip' : 'zstd'
  if (!match) return { format: null, compression }
  const inner = (match[1] ?? '').toLowerCase()
  if (inner === 'csv' || inner === 'tsv') return { format: 'csv', compression }
  return { format: inner === 'parquet' || inner === 'pq' ? 'parquet' : 'ndjson', compression }
}
