import { type LogEntry, type LogFilter, parseLine, passing } from './log-entry.ts'
import { bytesOfLine, chunkOfLine, createLogIndex, type LogChunk, type LogIndex } from './log-index.ts'

/** A line that passes the filter, with its number in the log from 0. */
export interface LogRow {
  readonly line: number
  readonly entry: LogEntry
}

export interface LogStore {
  readonly index: LogIndex
  /** How many lines pass the filter. */
  readonly rows: number
  /** Whether all of the log is in memory; otherwise parts of it are read again when they are wanted. */
  readonly isKeptWhole: boolean
  append(bytes: Uint8Array): void
  finish(): void
  filter(filter: LogFilter): void
  /** Whether a line passes the filter. */
  isShown(line: number): boolean
  lineOfRow(row: number): number
  /** The first row at or after a line. */
  rowOfLine(line: number): number
  /** Rows from one to before another. */
  read(from: number, to: number): Promise<LogRow[]>
  /** The bytes of a chunk, read again when they were let go. */
  bytesOf(chunk: LogChunk): Promise<Uint8Array>
}

interface LogStoreOptions {
  /** Bytes of the log from an offset on, as many as are wanted. */
  readonly readAgain: (offset: number, length: number) => Promise<Uint8Array>
  /** Bytes of the log to hold at most. Default 192 MiB. */
  readonly keepBytes?: number
  readonly chunkBytes?: number
}

/** A log with its lines, of which some pass a filter, in bounded memory. */
export function createLogStore({ readAgain, keepBytes = 192 << 20, chunkBytes }: LogStoreOptions): LogStore {
  const index = createLogIndex(chunkBytes === undefined ? {} : { chunkBytes })
  const usedAt = new WeakMap<LogChunk, number>()
  let uses = 0
  let isKeptWhole = true
  let passes: readonly boolean[] | null = null
  let shown: number[] = []
  let filteredTo = 0

  const catchUp = () => {
    if (passes === null) return
    for (; filteredTo < index.lines; filteredTo++) {
      if (passes[index.mark(filteredTo)]) shown.push(filteredTo)
    }
  }
  const letGo = (wanted: LogChunk | null) => {
    const held = index.chunks.filter(({ bytes }) => bytes !== null)
    let size = held.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0)
    if (size <= keepBytes) return
    // The beginning stays longest: it is where people look first.
    const last = index.chunks.at(-1)
    for (const chunk of held.toSorted((a, b) => (usedAt.get(a) ?? 0) - (usedAt.get(b) ?? 0) || b.offset - a.offset)) {
      if (size <= keepBytes) break
      if (chunk === wanted || chunk === last) continue
      size -= chunk.bytes?.length ?? 0
      chunk.bytes = null
      isKeptWhole = false
    }
  }

  const store: LogStore = {
    index,
    get rows() {
      return passes === null ? index.lines : shown.length
    },
    get isKeptWhole() {
      return isKeptWhole
    },
    append(bytes) {
      index.append(bytes)
      letGo(null)
      catchUp()
    },
    finish() {
      index.finish()
      catchUp()
    },
    filter(filter) {
      passes = passing(filter)
      shown = []
      filteredTo = 0
      catchUp()
    },
    isShown: (line) => passes === null || passes[index.mark(line)] === true,
    lineOfRow: (row) => (passes === null ? row : (shown[row] ?? index.lines)),
    rowOfLine(line) {
      if (passes === null) return Math.min(line, index.lines)
      let low = 0
      let high = shown.length
      while (low < high) {
        const middle = (low + high) >> 1
        if ((shown[middle] ?? 0) < line) low = middle + 1
        else high = middle
      }
      return low
    },
    async read(from, to) {
      const rows: LogRow[] = []
      const { chunks } = index
      const last = Math.min(to, store.rows)
      for (let row = Math.max(0, from); row < last; row++) {
        const line = store.lineOfRow(row)
        const chunk = chunkOfLine(chunks, line)
        if (chunk === undefined) break
        const bytes = chunk.bytes ?? (await store.bytesOf(chunk))
        usedAt.set(chunk, ++uses)
        rows.push({ line, entry: parseLine(bytesOfLine(chunk, bytes, line)) })
      }
      return rows
    },
    async bytesOf(chunk) {
      if (chunk.bytes !== null) return chunk.bytes
      const bytes = await readAgain(chunk.offset, chunk.starts.at(-1) ?? 0)
      chunk.bytes = bytes
      usedAt.set(chunk, ++uses)
      letGo(chunk)
      return bytes
    },
  }
  return store
}
