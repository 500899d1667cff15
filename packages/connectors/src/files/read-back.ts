import { open } from 'node:fs/promises'
import { DataError } from '@millrace/core'
import {
  type Column,
  type ContentHash,
  createRowHasher,
  decompress,
  type JsonOptions,
  type RowBlock,
  readCsv,
  readNdjson,
} from '@millrace/formats'
import { openDatabase } from '../duckdb/database.ts'
import { duckdbError } from '../duckdb/errors.ts'
import { hashTable } from '../duckdb/hash-table.ts'
import { scalarCount } from '../duckdb/text-rows.ts'
import { quoteText } from '../kit/sql-quote.ts'
import type { Extent } from './journal.ts'
import type { FileTarget } from './place.ts'
import { selectColumns } from './select-columns.ts'
import { sniffJsonOptions } from './sniff-json.ts'

const readBytes = 1 << 20

async function* extentBytes(folder: string, extents: readonly Extent[], signal?: AbortSignal): AsyncGenerator<Buffer> {
  for (const { file, offset, length } of extents) {
    if (length > 0) yield* fileBytes(`${folder}/${file}`, signal, { start: offset, end: offset + length - 1 })
  }
}

/** Reads ahead into the other of two buffers: the bytes are valid until the next ones are asked for. */
export async function* fileBytes(
  path: string,
  signal?: AbortSignal,
  { start = 0, end = Number.POSITIVE_INFINITY }: { start?: number; end?: number } = {},
): AsyncGenerator<Buffer> {
  const handle = await open(path)
  let position = start
  const read = async (buffer: Buffer) => {
    const length = Math.min(buffer.length, end + 1 - position)
    const { bytesRead } = await handle.read(buffer, 0, length, position)
    position += bytesRead
    return buffer.subarray(0, bytesRead)
  }
  let current = Buffer.allocUnsafeSlow(readBytes)
  let other = Buffer.allocUnsafeSlow(readBytes)
  let ahead = read(current)
  try {
    for (;;) {
      const bytes = await ahead
      signal?.throwIfAborted()
      if (bytes.length === 0) return
      ahead = read(other)
      // Whoever has stopped asking does not hear of a failure.
      ahead.catch(() => {})
      yield bytes
      ;[current, other] = [other, current]
    }
  } finally {
    await ahead.catch(() => {})
    await handle.close()
  }
}

/** Hash of staged CSV or NDJSON, read back from the disk. */
export async function hashExtents(
  folder: string,
  extents: readonly Extent[],
  target: FileTarget,
  columns: { readonly all: readonly Column[]; readonly hashed: readonly Column[] },
  options: JsonOptions,
  signal?: AbortSignal,
): Promise<ContentHash> {
  const bytes = decompress(extentBytes(folder, extents, signal), target.compression)
  const blocks =
    target.format === 'csv'
      ? readCsv(bytes, { columnCount: columns.all.length })
      : readNdjson(bytes, { columns: columns.all, options })
  return await hashBlocks(blocks, columns.all, columns.hashed)
}

/** Hash of published files, whose columns are `all`. */
export async function hashFiles(
  paths: readonly string[],
  target: FileTarget,
  columns: { readonly all: readonly Column[]; readonly hashed: readonly Column[] },
  signal?: AbortSignal,
): Promise<ContentHash> {
  if (target.format === 'parquet') return await hashParquet(paths, columns.hashed, signal)
  async function* blocks(): AsyncGenerator<RowBlock> {
    for (const path of paths) {
      const bytes = decompress(fileBytes(path, signal), target.compression)
      if (target.format === 'csv') {
        yield* readCsv(bytes, { columnCount: columns.all.length, header: target.csv?.header ?? false })
        continue
      }
      const options = await sniffJsonOptions(decompress(fileBytes(path, signal), target.compression), columns.all)
      yield* readNdjson(bytes, { columns: columns.all, options })
    }
  }
  return await hashBlocks(blocks(), columns.all, columns.hashed)
}

async function hashBlocks(
  blocks: AsyncIterable<RowBlock>,
  all: readonly Column[],
  hashed: readonly Column[],
): Promise<ContentHash> {
  const hasher = createRowHasher(hashed)
  for await (const block of selectColumns(blocks, all, hashed)) hasher.update(block)
  return hasher.digest()
}

export async function hashParquet(
  paths: readonly string[],
  columns: readonly Column[],
  signal?: AbortSignal,
): Promise<ContentHash> {
  return await withParquet(paths, signal, (connection, from) => hashTable(connection, from, columns))
}

export async function countFiles(
  paths: readonly string[],
  target: FileTarget,
  columnCount: number,
  signal?: AbortSignal,
): Promise<number> {
  if (paths.length === 0) return 0
  if (target.format === 'parquet') {
    return await withParquet(paths, signal, (connection, from) =>
      scalarCount(connection, `SELECT count(*)::VARCHAR FROM ${from}`),
    )
  }
  let rows = 0
  for (const path of paths) {
    const bytes = decompress(fileBytes(path, signal), target.compression)
    if (target.format === 'csv') {
      for await (const block of readCsv(bytes, { columnCount, header: target.csv?.header ?? false }))
        rows += block.rowCount
    } else rows += await countLines(bytes)
  }
  return rows
}

async function countLines(bytes: AsyncIterable<Uint8Array>): Promise<number> {
  let lines = 0
  let open = false
  for await (const part of bytes) {
    for (let at = part.indexOf(0x0a); at >= 0; at = part.indexOf(0x0a, at + 1)) lines++
    if (part.length > 0) open = part.at(-1) !== 0x0a
  }
  return open ? lines + 1 : lines
}

export async function withParquet<T>(
  paths: readonly string[],
  signal: AbortSignal | undefined,
  work: (
    connection: Awaited<ReturnType<Awaited<ReturnType<typeof openDatabase>>['connect']>>,
    from: string,
  ) => Promise<T>,
): Promise<T> {
  await using database = await openDatabase({ path: ':memory:' }, 'write')
  const connection = await database.connect()
  const interrupt = () => connection.interrupt()
  signal?.addEventListener('abort', interrupt, { once: true })
  try {
    signal?.throwIfAborted()
    return await work(connection, `read_parquet([${paths.map(quoteGlobFree).join(', ')}])`)
  } catch (error) {
    signal?.throwIfAborted()
    const damaged = /^(Invalid( Input)?|Serialization|IO) Error: (?!.*(No such file|No space left|Permission denied))/s
    if (!(error instanceof Error) || !damaged.test(error.message)) throw duckdbError(error, 'the files')
    throw new DataError('PARQUET_DAMAGED', {
      message: `The Parquet file cannot be read: ${error.message.split('\n', 1)[0]} It was cut off or changed after it was written; make it again.`,
      details: { paths },
      cause: error,
    })
  } finally {
    signal?.removeEventListener('abort', interrupt)
    connection.closeSync()
  }
}

/** DuckDB reads wildcards in paths; in brackets they stand for themselves. */
export function quoteGlobFree(path: string): string {
  return quoteText(path.replaceAll(/[[*?]/g, '[$&]'))
}

/** The first row of a CSV file; null when it is empty. */
export async function csvFirstRow(
  path: string,
  compression: FileTarget['compression'],
  delimiter = ',',
): Promise<string[] | null> {
  const text = await fileStart(path, compression, (start) => parseRow(start, delimiter) !== null)
  return text === '' ? null : (parseRow(text, delimiter) ?? parseRow(`${text}\n`, delimiter))
}

function parseRow(text: string, delimiter: string): string[] | null {
  const mark = delimiter === '|' ? '\\|' : delimiter
  const pattern = new RegExp(`(?:"((?:[^"]|"")*)"|([^"${mark}\\r\\n]*))(${mark}|\\r?\\n)`, 'y')
  const fields: string[] = []
  let at = text.startsWith('\ufeff') ? 1 : 0
  for (;;) {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (!found) return null
    fields.push(found[1] === undefined ? (found[2] ?? '') : found[1].replaceAll('""', '"'))
    at = pattern.lastIndex
    if (found[3] !== delimiter) return fields
  }
}

/** Whether a file's content ends with a line feed; true for an empty one. */
export async function endsWithLineFeed(path: string, compression: FileTarget['compression']): Promise<boolean> {
  let last = 0x0a
  for await (const part of decompress(fileBytes(path), compression)) last = part.at(-1) ?? last
  return last === 0x0a
}

/** The first line of a file; null when it is empty. */
export async function firstLine(path: string, compression: FileTarget['compression']): Promise<string | null> {
  const text = await fileStart(path, compression, (start) => start.includes('\n'))
  return text === '' ? null : (text.split('\n', 1)[0] ?? null)
}

/** As much of a file's beginning as it takes, 16 MB at most. */
async function fileStart(
  path: string,
  compression: FileTarget['compression'],
  enough: (text: string) => boolean,
): Promise<string> {
  const parts: Buffer[] = []
  let text = ''
  for await (const bytes of decompress(fileBytes(path), compression)) {
    // The decompressor may use its buffer again.
    parts.push(Buffer.from(bytes))
    text = Buffer.concat(parts).toString('utf8')
    if (enough(text) || text.length > 16 * readBytes) break
  }
  return text
}
