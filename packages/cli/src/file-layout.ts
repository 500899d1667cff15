import type { FileLayout, FormatOptions } from '@millrace/connectors'
import { ConfigError } from '@millrace/core'
import { optionName, type TransferChoices, transferOptions } from './transfer-options.ts'

export interface NamedFormat {
  readonly format: FileLayout['format'] | null
  readonly compression: 'gzip' | 'zstd' | null
}

const formats: Readonly<Record<string, FileLayout['format']>> = {
  csv: 'csv',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  parquet: 'parquet',
}

/** What a file's name says of its content: `orders.csv.gz` is CSV in gzip. */
export function formatOfName(path: string): NamedFormat {
  const match = /\.([a-z]+?)(?:\.(gz|zst|zstd))?$/i.exec(path)
  const outer = match?.[2]?.toLowerCase()
  return {
    format: formats[match?.[1]?.toLowerCase() ?? ''] ?? null,
    compression: outer === undefined ? null : outer === 'gz' ? 'gzip' : 'zstd',
  }
}

/** Decides how files are written, from what was chosen and from the destination's name. */
export function fileLayout(path: string, choices: TransferChoices): FileLayout {
  const named = formatOfName(path)
  if (choices.format && named.format && choices.format !== named.format) {
    throw new ConfigError('FORMAT_CONTRADICTS_NAME', {
      message: `"${path}" is named like ${named.format}, but --format ${choices.format} was asked for. Change one of them.`,
    })
  }
  const format = choices.format ?? named.format
  if (!format) {
    const database = /\.(duckdb|sqlite)\d?$/i.exec(path)?.[1]?.toLowerCase()
    if (database) {
      throw new ConfigError('SCHEME_REQUIRED', {
        message: `"${path}" is named like a database, and a plain path is a file of rows. Write "${database}:${path}" for the database.`,
      })
    }
    throw new ConfigError('FORMAT_REQUIRED', {
      message: `The name "${path}" does not tell how to write it. Say --format csv, ndjson or parquet, or end the name in .csv, .ndjson or .parquet (and .gz or .zst to compress).`,
    })
  }
  refuseForeign(format, choices)
  const compression = resolveCompression(path, format, named.compression, choices)
  const split = choices.splitRows !== undefined || choices.splitBytes !== undefined
  if (choices.partitionBy !== undefined && !path.endsWith('/')) {
    throw new ConfigError('PARTITIONS_NEED_FOLDER', {
      message: `Partitions are folders: end the destination with a slash, such as "${path.replace(/(\.[a-z]+){1,2}$/i, '')}/", and name the format with --format.`,
    })
  }
  if (split && !path.endsWith('/')) {
    throw new ConfigError('SPLIT_NEEDS_FOLDER', {
      message: `Several files need a folder to go to: end the destination with a slash, such as "${path.replace(/(\.[a-z]+){1,2}$/i, '')}/", and name the format with --format.`,
    })
  }
  return {
    format,
    compression: format === 'parquet' || compression === 'snappy' ? 'none' : compression,
    ...(format === 'csv'
      ? { csv: { header: choices.header ?? true, lineEnd: choices.csvLineEnd ?? 'lf' } as const }
      : {}),
    ...(choices.splitRows === undefined ? {} : { splitRows: choices.splitRows }),
    ...(choices.splitBytes === undefined ? {} : { splitBytes: choices.splitBytes }),
    ...(choices.partitionBy === undefined ? {} : { partitionBy: choices.partitionBy }),
  }
}

/** The part of the choices that decides how values look. */
export function formatOptions(choices: TransferChoices, file: FileLayout | undefined): FormatOptions {
  const { jsonNumbers, jsonBinary, jsonAs, rowGroupRows, compression } = choices
  return {
    ...(jsonNumbers === undefined ? {} : { jsonNumbers }),
    ...(jsonBinary === undefined ? {} : { jsonBinary }),
    ...(jsonAs === undefined ? {} : { jsonAs }),
    ...(rowGroupRows === undefined ? {} : { rowGroupRows }),
    ...(file?.format === 'parquet' && compression !== undefined && compression !== 'gzip'
      ? { parquetCompression: compression }
      : {}),
  }
}

/** An option without a meaning for this format is refused: it would do nothing without a word. */
function refuseForeign(format: FileLayout['format'], choices: TransferChoices): void {
  for (const option of transferOptions) {
    if (choices[option.name] === undefined || !option.files || option.files === '*') continue
    if (option.files.includes(format)) continue
    throw new ConfigError('OPTION_WITHOUT_EFFECT', {
      message: `${optionName(option)} has a meaning for ${option.files.join(' and ')} only, and ${format} is written. Leave it out.`,
    })
  }
}

/** Options for files when the destination is a database; `used` are those that say how the source is read. */
export function refuseFileOptions(destination: string, choices: TransferChoices, used: readonly string[] = []): void {
  const option = transferOptions.find(({ name, files }) => files && choices[name] !== undefined && !used.includes(name))
  if (!option) return
  throw new ConfigError('OPTION_WITHOUT_EFFECT', {
    message: `${optionName(option)} is about files that are written, and ${destination} is a database. Leave it out.`,
  })
}

/** What of a file's defaults has a meaning for a destination, and is not told by its name already. */
export function applicableDefaults(
  defaults: TransferChoices,
  choices: TransferChoices,
  format: FileLayout['format'] | null,
  named: NamedFormat,
): TransferChoices {
  const applies = (name: string) => {
    if (name === 'format') return format !== null && named.format === null
    if (name === 'compression')
      return format !== null && named.compression === null && fits(format, defaults.compression)
    if (name === 'lookback') return (choices.cursor ?? defaults.cursor) !== undefined
    const files = transferOptions.find((option) => option.name === name)?.files
    return !files || (format !== null && (files === '*' || files.includes(format)))
  }
  return Object.fromEntries(Object.entries(defaults).filter(([name]) => applies(name)))
}

function fits(format: FileLayout['format'], compression: TransferChoices['compression']): boolean {
  return compression !== (format === 'parquet' ? 'gzip' : 'snappy')
}

function resolveCompression(
  path: string,
  format: FileLayout['format'],
  named: NamedFormat['compression'],
  { compression }: TransferChoices,
): NonNullable<TransferChoices['compression']> {
  if (format === 'parquet') {
    if (named) {
      throw new ConfigError('COMPRESSED_TWICE', {
        message: `"${path}" asks for a compressed Parquet file; Parquet compresses inside. Name it .parquet and choose with --compression zstd, snappy or none.`,
      })
    }
    if (compression === 'gzip') {
      throw new ConfigError('COMPRESSION_NOT_AVAILABLE', {
        message: 'Parquet is written with --compression zstd, snappy or none; gzip is for CSV and NDJSON.',
      })
    }
    return compression ?? 'zstd'
  }
  if (compression === 'snappy') {
    throw new ConfigError('COMPRESSION_NOT_AVAILABLE', {
      message: `${format === 'csv' ? 'CSV' : 'NDJSON'} is written with --compression gzip, zstd or none; snappy is for Parquet.`,
    })
  }
  if (named && compression !== undefined && compression !== named) {
    throw new ConfigError('COMPRESSION_CONTRADICTS_NAME', {
      message: `"${path}" is named like ${named}, but --compression ${compression} was asked for. Change one of them.`,
    })
  }
  return named ?? compression ?? 'none'
}
