import { rm } from 'node:fs/promises'
import type { LossEntry } from '@millrace/formats'

/** A whole chunk in a Parquet file, not yet in the staging table. */
export interface WaitingChunk {
  readonly id: string
  readonly path: string
  readonly rows: number
  readonly bytes: number
  readonly ledger: readonly LossEntry[]
}

/**
 * Chunks that wait as files until there are enough of them for one INSERT, which then runs while
 * the next ones are read. DuckDB writes row groups of 122,880 rows once and for good; what remains
 * of many small inserts it merges, and writes again, when the database is closed.
 *
 * A chunk is finished once its rows are in the staging table: a killed process has lost a batch.
 */
export interface ChunkBatch {
  /** Takes a chunk. Waits only when a batch is full and the one before is not in the table yet. */
  add(chunk: WaitingChunk): Promise<void>
  /** Resolves when every chunk is in the table. */
  flush(): Promise<void>
  /** The same after a failure or an abort, as far as it is possible. */
  settle(): Promise<void>
  forget(): void
}

const enough = { rows: 5 * 122_880, bytes: 256 * 1024 * 1024 }
/** Rows of a slow source do not wait longer than this for others, since they are dear. */
const patienceMs = 3000

export function createChunkBatch(
  insert: (chunks: readonly WaitingChunk[], after: 'failure' | null) => Promise<void>,
): ChunkBatch {
  let waiting: WaitingChunk[] = []
  let emptySince = performance.now()
  // Rejected for good by the first failure: nothing more is taken after that.
  let last: Promise<void> = Promise.resolve()

  const takeAll = async (after: 'failure' | null) => {
    const batch = waiting
    if (batch.length === 0) return
    await insert(batch, after)
    waiting = waiting.filter((chunk) => !batch.includes(chunk))
    emptySince = performance.now()
    await Promise.all(batch.map(({ path }) => rm(path, { force: true })))
  }
  const start = () => {
    last = last.then(() => takeAll(null))
    last.catch(() => {})
    return last
  }
  const isFull = () =>
    waiting.reduce((sum, { rows }) => sum + rows, 0) >= enough.rows ||
    waiting.reduce((sum, { bytes }) => sum + bytes, 0) >= enough.bytes ||
    performance.now() - emptySince >= patienceMs

  return {
    async add(chunk) {
      waiting = [...waiting, chunk]
      if (!isFull()) return
      await last
      start()
    },
    flush: start,
    async settle() {
      await last.catch(() => {})
      await takeAll('failure').catch(() => {})
    },
    forget() {
      waiting = []
    },
  }
}
