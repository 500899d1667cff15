import { isUtf8 } from 'node:buffer'
import { stat } from 'node:fs/promises'
import { DataError } from '@millrace/core'
import {
  type Column,
  decompress,
  type LogicalType,
  type RewrittenColumn,
  type RowBlock,
  type Verdict,
} from '@millrace/formats'
import { fileError } from './errors.ts'
import type { FileRelation } from './find-relations.ts'
import { fileBytes } from './read-back.ts'

/** CSV or NDJSON files whose columns are known from all of their rows. */
export interface FileTable {
  readonly columns: readonly Column[]
  /** Null when the rows were not looked at. */
  readonly rows: number | null
  readonly bytes: number
  /** All rows, in canonical text. */
  blocks(signal?: AbortSignal): AsyncIterable<RowBlock>
}

/** Names for types, as they are written in a query over the files. */
export function duckdbType(type: LogicalType): string {
  switch (type.kind) {
    case 'boolean':
      return 'BOOLEAN'
    case 'integer':
      return 'BIGINT'
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`
    case 'float':
      return 'DOUBLE'
    case 'date':
      return 'DATE'
    case 'time':
      return 'TIME'
    case 'timestamp':
      return type.utc ? 'TIMESTAMP WITH TIME ZONE' : 'TIMESTAMP'
    case 'uuid':
      return 'UUID'
    case 'json':
      return 'JSON'
    default:
      return 'VARCHAR'
  }
}

export function columnsOf(names: readonly string[], verdicts: readonly Verdict[]): Column[] {
  return names.map((name, place) => {
    const type = verdicts[place]?.type ?? { kind: 'text' }
    return { name, type, nullable: true, sourceType: duckdbType(type) }
  })
}

export function rewritesOf(verdicts: readonly Verdict[]): RewrittenColumn[] {
  return verdicts.flatMap(({ type, rewrite }, place) => (rewrite ? [{ place, type }] : []))
}

/** Names that stay apart where case is not told apart. */
export function distinctNames(names: readonly string[], empty: (place: number) => string): string[] {
  const seen = new Set<string>()
  return names.map((given, place) => {
    let name = given === '' ? empty(place) : given
    for (let n = 2; seen.has(name.toLowerCase()); n++) name = `${given}_${n}`
    seen.add(name.toLowerCase())
    return name
  })
}

/** The columns of the files, and behind them those of their paths. */
export function withPathColumns(columns: readonly Column[], { name, paths }: FileRelation): readonly Column[] {
  if (!paths) return columns
  const twice = paths.columns.find((one) => columns.some((column) => column.name === one.name))
  if (!twice) return [...columns, ...paths.columns]
  throw new DataError('COLUMN_TWICE', {
    message: `"${twice.name}" stands in the files of "${name}" and in their paths. Read the files by a pattern that begins below these folders.`,
  })
}

/** The state of files, by which a change between two passes over them shows. */
export type FileStates = ReadonlyMap<string, { readonly size: number; readonly changed: number }>

export async function fileStates({ files }: FileRelation): Promise<FileStates> {
  const states = new Map<string, { size: number; changed: number }>()
  for (const file of files) {
    const { size, mtimeMs } = await stat(file).catch((error) => {
      throw fileError(error, file)
    })
    states.set(file, { size, changed: mtimeMs })
  }
  return states
}

export function totalBytes(states: FileStates): number {
  let bytes = 0
  for (const { size } of states.values()) bytes += size
  return bytes
}

/** The text of a file without a byte order mark. What was found out about it holds only while it stays as it is. */
export async function* fileText(
  file: string,
  { compression }: FileRelation,
  states: FileStates,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  yield* utf8Text(decompress(fileBytes(file, signal), compression))
  const { size, mtimeMs } = await stat(file)
  const before = states.get(file)
  if (before?.size !== size || before.changed !== mtimeMs) {
    throw new DataError('FILE_CHANGED', {
      message: 'it was changed while it was read. Run the copy again when nothing writes to it.',
    })
  }
}

async function* utf8Text(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let offset = 0
  let carried = Buffer.alloc(0)
  let mark = Buffer.alloc(0)
  let begun = false
  for await (const part of source) {
    let bytes = part
    if (!begun) {
      mark = Buffer.concat([mark, bytes])
      if (mark.length < 3) continue
      begun = true
      bytes = mark[0] === 0xef && mark[1] === 0xbb && mark[2] === 0xbf ? mark.subarray(3) : mark
      offset = mark.length - bytes.length
    }
    carried = checkUtf8(bytes, carried, offset)
    offset += bytes.length
    yield bytes
  }
  if (!begun && mark.length > 0) {
    carried = checkUtf8(mark, carried, 0)
    yield mark
  }
  if (carried.length > 0) refuseText(offset)
}

/** Returns the beginning of a character that was cut off. */
function checkUtf8(bytes: Uint8Array, carried: Buffer, offset: number): Buffer<ArrayBuffer> {
  let from = 0
  if (carried.length > 0) {
    while (from < bytes.length && ((bytes[from] as number) & 0xc0) === 0x80) from++
    const whole = Buffer.concat([carried, bytes.subarray(0, from)])
    if (from === bytes.length && whole.length < 4) return whole
    if (!isUtf8(whole)) refuseText(offset)
  }
  let to = bytes.length
  // A character has four bytes at most.
  for (let back = 1; back <= 3 && bytes.length - back >= from; back++) {
    const byte = bytes[bytes.length - back] as number
    if (byte < 0x80) break
    if (byte < 0xc0) continue
    const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
    if (size > back) to = bytes.length - back
    break
  }
  const body = bytes.subarray(from, to)
  if (!isUtf8(body)) refuseText(offset + from + badLine(body))
  return Buffer.from(bytes.subarray(to))
}

function badLine(bytes: Uint8Array): number {
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0x0a, at)
    const next = end < 0 ? bytes.length : end + 1
    if (!isUtf8(bytes.subarray(at, next))) return at
    at = next
  }
  return 0
}

function refuseText(offset: number): never {
  throw new DataError('NOT_UTF8', {
    message: `the text is not UTF-8 near byte ${offset}. Convert it first, for instance with iconv -f windows-1252 -t utf-8.`,
    details: { offset },
  })
}

/** Says in which file it was that the rows could not be read. */
export function inFile(error: unknown, file: string): unknown {
  if (!(error instanceof DataError)) return fileError(error, file)
  return new DataError(error.code, {
    message: `"${file}": ${error.message}`,
    details: { ...error.details, file },
    cause: error.cause,
  })
}
