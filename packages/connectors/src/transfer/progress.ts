import type { Piece } from '@millrace/formats'

const intervalMs = 100

/** Counts what a table has moved, and tells at most ten times a second. */
export interface Progress {
  readonly rows: number
  readonly bytes: number
  /** Passes pieces through and counts them. */
  watch(pieces: AsyncIterable<Piece>): AsyncIterable<Piece>
  /** Rows that are on their way into a piece. */
  read(rows: number): void
  chunkDone(): void
}

export function createProgress(tell: (rows: number, bytes: number, chunksDone: number) => void): Progress {
  let rows = 0
  let readRows = 0
  let bytes = 0
  let chunksDone = 0
  let told = 0
  const tellNow = () => tell(Math.max(rows, readRows), bytes, chunksDone)
  const maybeTell = () => {
    const now = performance.now()
    if (now - told < intervalMs) return
    told = now
    tellNow()
  }
  return {
    get rows() {
      return rows
    },
    get bytes() {
      return bytes
    },
    async *watch(pieces) {
      for await (const piece of pieces) {
        rows += piece.rows
        bytes += piece.bytes.length
        yield piece
        maybeTell()
      }
    },
    read(count) {
      readRows += count
      maybeTell()
    },
    chunkDone() {
      chunksDone++
      tellNow()
    },
  }
}
