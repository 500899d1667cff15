import { open, stat } from 'node:fs/promises'
import { ConfigError } from '@millrace/core'
import type { Column, LogicalType } from '@millrace/formats'
import type { TargetPlan, WriteMode } from '../kit/sink.ts'
import { isMissing } from './errors.ts'
import { existingFiles, foreignFiles } from './existing.ts'
import { type FileTarget, type Place, partIndex } from './place.ts'
import { csvFirstRow } from './read-back.ts'

/** Compares the rows to come with the files that are there. */
export async function planFiles(place: Place, columns: readonly Column[], mode: WriteMode): Promise<TargetPlan> {
  const { target } = place
  refuseImpossible(target, mode)
  const files = await existingFiles(place)
  const exists = files.length > 0
  const conflicts = [...(await pathConflicts(place, mode))]
  if (exists && mode === 'append' && conflicts.length === 0)
    conflicts.push(...(await appendConflicts(place, files, columns)))
  return { exists, types: fileTypes(columns, target), changes: [], conflicts, missing: [], estimatedRows: null }
}

/** Standard output is always new. */
export function planStdout(target: FileTarget, columns: readonly Column[], mode: WriteMode): TargetPlan {
  refuseImpossible(target, mode)
  return {
    exists: false,
    types: fileTypes(columns, target),
    changes: [],
    conflicts: [],
    missing: [],
    estimatedRows: null,
  }
}

export function refuseImpossible(target: FileTarget, mode: WriteMode): void {
  if (mode === 'merge' || mode === 'insert-only') {
    throw new ConfigError('MODE_NOT_SUPPORTED', {
      message: `Files cannot be changed row by row, so mode ${mode} is not possible. Use replace or append, or copy into a database such as duckdb:orders.duckdb.`,
    })
  }
  if (target.compression !== 'none' && target.format === 'parquet') {
    throw new ConfigError('COMPRESSION_NOT_SUPPORTED', {
      message:
        'Parquet is compressed within the file. Leave --compression to the values zstd, snappy or none of Parquet itself.',
    })
  }
  if ((target.splitRows !== undefined || target.splitBytes !== undefined) && !target.path.endsWith('/')) {
    throw new ConfigError('FOLDER_REQUIRED', {
      message: `Splitting writes several files, so the target must be a folder: end the path with "/", as in "${target.path}/".`,
    })
  }
}

export function fileTypes(columns: readonly Column[], { format }: FileTarget): Record<string, string> {
  return Object.fromEntries(columns.map(({ name, type }) => [name, fileType(type, format)]))
}

async function pathConflicts(place: Place, mode: WriteMode): Promise<string[]> {
  const found = await stat(place.path).catch((error) => {
    if (isMissing(error)) return null
    throw error
  })
  if (!found) return []
  if (place.folder && !found.isDirectory())
    return [`"${place.path}" is a file, and the target is a folder. Leave out the "/" at its end.`]
  if (!place.folder && found.isDirectory())
    return [`"${place.path}" is a folder. End the path with "/" to write files into it.`]
  if (!place.folder && !found.isFile())
    return [
      `"${place.path}" is not an ordinary file, so it cannot be replaced in one step. Use "-" to write to a pipe.`,
    ]
  if (!place.folder || mode !== 'replace') return []
  const foreign = await foreignFiles(place)
  if (foreign.length === 0) return []
  const some = foreign.slice(0, 3).map((name) => `"${name}"`)
  return [
    `A replace exchanges the whole folder "${place.path}", which also holds ${some.join(', ')}${foreign.length > 3 ? ' and more' : ''}. Choose a folder of its own, or move these files away.`,
  ]
}

async function appendConflicts(place: Place, files: readonly string[], columns: readonly Column[]): Promise<string[]> {
  const { target, folder } = place
  if (!folder && target.format === 'parquet') {
    return [
      `Rows cannot be appended to the Parquet file "${place.path}". Append to a folder (end the path with "/"): each load then adds a file, which every reader of Parquet takes as one table.`,
    ]
  }
  const path = files.at(-1) as string
  if (folder && partIndex(path.slice(place.path.length + 1)) !== null && !path.endsWith(extension(target))) {
    return [
      `The files in "${place.path}" are of another kind than ${extension(target)}. Choose the same --format and --compression, or another folder.`,
    ]
  }
  const compression = await fileCompression(path)
  if (compression !== null && target.format !== 'parquet' && compression !== target.compression) {
    return [
      `"${path}" is ${compression === 'none' ? 'not compressed' : `compressed with ${compression}`}, and the rows to append would be written with compression ${target.compression}. Choose the same --compression.`,
    ]
  }
  if (target.format !== 'csv') return []
  const row = await csvFirstRow(path, target.compression)
  if (row === null) return []
  const names = columns.map((column) => column.name)
  if (target.csv?.header && JSON.stringify(row) !== JSON.stringify(names)) {
    return [
      `"${path}" has the columns ${row.join(', ')}, and the rows to append have ${names.join(', ')}. Write to another file, or bring the columns into the same order by a query.`,
    ]
  }
  if (row.length !== names.length)
    return [`"${path}" has ${row.length} columns, and the rows to append have ${names.length}. Write to another file.`]
  return []
}

function extension({ format, compression }: FileTarget): string {
  return `.${format}${format === 'parquet' ? '' : { none: '', gzip: '.gz', zstd: '.zst' }[compression]}`
}

/** By the first bytes; null for an empty file. */
async function fileCompression(path: string): Promise<FileTarget['compression'] | null> {
  const file = await open(path, 'r')
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(4), 0, 4, 0)
    if (bytesRead === 0) return null
    if (buffer[0] === 0x1f && buffer[1] === 0x8b) return 'gzip'
    return buffer.readUInt32LE(0) === 0xfd2fb528 ? 'zstd' : 'none'
  } finally {
    await file.close()
  }
}

function fileType(type: LogicalType, format: FileTarget['format']): string {
  if (format === 'csv') return 'text'
  if (format === 'ndjson') {
    if (type.kind === 'boolean') return 'boolean'
    if (type.kind === 'integer' || type.kind === 'decimal' || type.kind === 'float') return 'number'
    if (type.kind === 'list') return 'array'
    return type.kind === 'json' ? 'json' : 'string'
  }
  switch (type.kind) {
    case 'integer':
      return `${type.unsigned ? 'UINT' : 'INT'}${type.bits}`
    case 'decimal':
      return type.precision !== null && type.precision <= 38
        ? `DECIMAL(${type.precision},${type.scale ?? 0})`
        : 'STRING'
    case 'float':
      return type.bits === 32 ? 'FLOAT' : 'DOUBLE'
    case 'timestamp':
      return `TIMESTAMP(us${type.utc ? ', UTC' : ''})`
    case 'list':
      return `LIST<${fileType(type.element, format)}>`
    case 'text':
    case 'interval':
      return 'STRING'
    case 'duration':
      return 'INT64'
    default:
      return type.kind.toUpperCase()
  }
}
