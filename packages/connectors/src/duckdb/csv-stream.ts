import { execFile } from 'node:child_process'
import { closeSync, constants, createReadStream, openSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { DuckDBConnection } from '@duckdb/node-api'
import { quoteText } from '../kit/sql-quote.ts'
import { duckdbError } from './errors.ts'

/**
 * The rows of a query as DuckDB's own CSV writer prints them, with all of its threads. They come
 * through a named pipe, so nothing is stored and DuckDB waits while the reader does; where pipes
 * cannot be made they go through a temporary file.
 *
 * Ending the iteration early, or the signal, interrupts the query.
 */
export async function* streamCsv(
  connection: DuckDBConnection,
  query: string,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  signal.throwIfAborted()
  const folder = await mkdtemp(join(tmpdir(), 'millrace-duckdb-'))
  const path = join(folder, 'rows.csv')
  const interrupt = () => connection.interrupt()
  signal.addEventListener('abort', interrupt, { once: true })
  try {
    if (await makePipe(path)) yield* throughPipe(connection, query, path, signal)
    else {
      await copyTo(connection, query, path, signal)
      yield* createReadStream(path, { highWaterMark: 1 << 20, signal })
    }
  } finally {
    signal.removeEventListener('abort', interrupt)
    await rm(folder, { recursive: true, force: true })
  }
}

async function* throughPipe(
  connection: DuckDBConnection,
  query: string,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  const release = await pipeSlot()
  try {
    const reader = new Socket({
      fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK),
      readable: true,
      writable: false,
    })
    // Our own writing end keeps the pipe from ending before DuckDB has opened it, and ends it when DuckDB fails.
    const keeper = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
    let failure: { error: unknown } | null = null
    let kept = true
    const letGo = () => {
      if (kept) closeSync(keeper)
      kept = false
    }
    const copied = copyTo(connection, query, path, signal)
      .catch((error: unknown) => {
        failure = { error }
      })
      .finally(letGo)
    let whole = false
    try {
      for await (const bytes of reader) yield bytes as Buffer
      whole = true
    } finally {
      // A DuckDB thread that waits for room in the pipe is woken by the reader's going away, all others by the interrupt.
      reader.destroy()
      letGo()
      if (!whole) connection.interrupt()
      await copied
    }
    if (failure) throw (failure as { error: unknown }).error
  } finally {
    release()
  }
}

async function copyTo(connection: DuckDBConnection, query: string, path: string, signal: AbortSignal): Promise<void> {
  try {
    await connection.run(`COPY (${query}\n) TO ${quoteText(path)} (FORMAT csv, HEADER false, COMPRESSION 'none')`)
  } catch (error) {
    signal.throwIfAborted()
    throw duckdbError(error, 'the source')
  }
  signal.throwIfAborted()
}

/** False where the system has no named pipes. */
async function makePipe(path: string): Promise<boolean> {
  if (process.platform === 'win32') return false
  try {
    await promisify(execFile)('mkfifo', ['-m', '600', path])
    return true
  } catch {
    return false
  }
}

// A running COPY holds one of libuv's few threads until its reader has taken all rows. If all of
// them waited for readers, the readers' own file writes could never run.
const slots = 2
let taken = 0
const waiting: (() => void)[] = []

async function pipeSlot(): Promise<() => void> {
  if (taken < slots) taken++
  else await new Promise<void>((resolve) => waiting.push(resolve))
  return () => {
    const next = waiting.shift()
    if (next) next()
    else taken--
  }
}
