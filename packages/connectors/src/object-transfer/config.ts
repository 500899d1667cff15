import { type FileFormat, fileFormats, guessFormat } from '../files/config.ts'
import type { ConfigProperty, ConfigValues } from '../kit/config-schema.ts'

/** What of a connection says how objects are read. Its connector adds the bucket and how to reach it. */
export interface ObjectTransferConfig {
  /** Key, folder (ends with `/`, or empty for the whole bucket) or pattern (`a/*.parquet`) within the bucket. */
  readonly path: string
  /** Null where the names tell. */
  readonly format: FileFormat | null
  readonly compression: 'none' | 'gzip' | 'zstd'
  /** CSV without a manifest: whether the first row names the columns. */
  readonly header: boolean
  /** CSV without a manifest: keeps every column as text instead of finding its type. */
  readonly allText: boolean
}

/** Properties that the configuration schema of every object store has, beside its own. */
export const objectTransferProperties: Readonly<Record<string, ConfigProperty>> = {
  path: {
    type: 'string',
    title: 'Path',
    description:
      'A key within the bucket, or a folder that ends with `/`. For reading also a pattern such as `data/*.csv`.',
  },
  format: {
    type: 'string',
    title: 'Format',
    description: 'Default: from the name of the object.',
    enum: fileFormats,
  },
  compression: {
    type: 'string',
    title: 'Compression',
    description: 'Of what is read. Default: from the name of the object.',
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
}

export const objectTransferSettings = ['format', 'compression', 'header', 'all_text'] as const

export function objectTransferConfig(values: ConfigValues): ObjectTransferConfig {
  const path = String(values.path ?? '').replace(/^\/+/, '')
  const guessed = guessFormat(path)
  return {
    path,
    format: (values.format as FileFormat | undefined) ?? guessed.format,
    compression: (values.compression as ObjectTransferConfig['compression'] | undefined) ?? guessed.compression,
    header: values.header !== false,
    allText: values.all_text === true,
  }
}
