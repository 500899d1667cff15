import { type Mark, markOfLine } from './log-entry.ts'

/** Whole lines of a log, in one piece. */
export interface LogChunk {
  /** Of its first byte in the log. */
  readonly offset: number
  readonly firstLine: number
  /** Where its lines begin, in bytes from `offset`; the last number is where the next chunk begins. */
  readonly starts: Uint32Array
  readonly marks: Uint8Array
  /** Null when they were let go to bound the memory; they can be read again at `offset`. */
  bytes: Uint8Array | null
}

export interface LogIndex {
  readonly lines: number
  /** Taken so far, a line that has no end yet included. */
  readonly bytes: number
  readonly chunks: readonly LogChunk[]
  append(bytes: Uint8Array): void
  /** The log is over: what follows the last line break is a line as well. */
  finish(): void
  /** Level and source of a line. */
  mark(line: number): Mark
}

const newline = 10

/**
 * Knows where the lines of a log begin that comes in parts cut anywhere. Lines are gathered in chunks of about `chunkBytes`;
 * what is kept of a line besides its bytes are five bytes.
 */
export function createLogIndex({ chunkBytes = 1 << 20 }: { readonly chunkBytes?: number } = {}): LogIndex {
  const sealed: LogChunk[] = []
  let sealedLines = 0
  let offset = 0
  let buffer = new Uint8Array(chunkBytes)
  let length = 0
  let lineStart = 0
  let starts: number[] = [0]
  let marks: number[] = []

  const reserve = (more: number) => {
    if (length + more <= buffer.length) return
    const larger = new Uint8Array(Math.max(buffer.length * 2, length + more))
    larger.set(buffer.subarray(0, length))
    buffer = larger
  }
  const endLine = (end: number, next: number) => {
    marks.push(markOfLine(buffer.subarray(lineStart, end)))
    starts.push(next)
    lineStart = next
  }
  const seal = () => {
    sealed.push({
      offset,
      firstLine: sealedLines,
      starts: Uint32Array.from(starts),
      marks: Uint8Array.from(marks),
      bytes: buffer.slice(0, lineStart),
    })
    sealedLines += marks.length
    offset += lineStart
    buffer.copyWithin(0, lineStart, length)
    length -= lineStart
    lineStart = 0
    starts = [0]
    marks = []
  }
  /** The lines that are not sealed yet, as a chunk; made anew only after it grew. */
  let open: LogChunk | null = null
  const openChunk = (): LogChunk => {
    open ??= {
      ...{ offset, firstLine: sealedLines },
      ...{ starts: Uint32Array.from(starts), marks: Uint8Array.from(marks), bytes: buffer.slice(0, lineStart) },
    }
    return open
  }

  return {
    get lines() {
      return sealedLines + marks.length
    },
    get bytes() {
      return offset + length
    },
    get chunks() {
      return marks.length === 0 ? sealed : [...sealed, openChunk()]
    },
    append(bytes) {
      open = null
      for (let taken = 0; taken < bytes.length; taken += chunkBytes) {
        const part = bytes.subarray(taken, taken + chunkBytes)
        reserve(part.length)
        buffer.set(part, length)
        let from = length
        length += part.length
        for (;;) {
          const end = buffer.indexOf(newline, from)
          if (end < 0 || end >= length) break
          endLine(end, end + 1)
          from = end + 1
        }
        if (lineStart >= chunkBytes) seal()
      }
    },
    finish() {
      if (lineStart === length) return
      open = null
      endLine(length, length)
    },
    mark(line) {
      if (line >= sealedLines) return marks[line - sealedLines] ?? 0
      const chunk = chunkOfLine(sealed, line)
      return chunk?.marks[line - chunk.firstLine] ?? 0
    },
  }
}

/** The chunk that a line stands in. */
export function chunkOfLine(chunks: readonly LogChunk[], line: number): LogChunk | undefined {
  let low = 0
  let high = chunks.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((chunks[middle]?.firstLine ?? 0) <= line) low = middle
    else high = middle - 1
  }
  const chunk = chunks[low]
  return chunk !== undefined && line < chunk.firstLine + chunk.marks.length ? chunk : undefined
}

/** The bytes of a line without its line break. */
export function bytesOfLine({ firstLine, starts }: LogChunk, bytes: Uint8Array, line: number): Uint8Array {
  const start = starts[line - firstLine] ?? 0
  const end = starts[line - firstLine + 1] ?? start
  return bytes.subarray(start, bytes[end - 1] === newline ? end - 1 : end)
}
