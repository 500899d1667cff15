import type { ConfigValues } from '../kit/config-schema.ts'
import { cancelRequest } from '../postgres/cancel.ts'
import { connectClient } from '../postgres/connect.ts'
import { pinWithoutTimeout } from '../postgres/pin.ts'
import { labelOf } from './config.ts'
import { redshiftError } from './errors.ts'
import type { RawColumn } from './types.ts'

/** One authenticated, pinned connection. All values arrive as the server's text. */
export interface Session {
  /** As `version()` says it. */
  readonly version: string
  /** One or more statements; the result is the last one's. */
  run(sql: string, signal?: AbortSignal): Promise<Result>
  /** Exactly one statement; values stand for `$1` and so on. */
  one(sql: string, values?: readonly string[], signal?: AbortSignal): Promise<Result>
  close(): Promise<void>
}

export interface Result {
  readonly fields: readonly RawColumn[]
  readonly rows: readonly (string | null)[][]
  readonly rowCount: number | null
}

const closeTimeoutMs = 2_000

// What changes how a value prints. Two more digits than the default are the most the server prints:
// enough for every double, which is why real columns are read as doubles.
const pinned = `
  set timezone = 'UTC';
  set datestyle = 'ISO, YMD';
  set extra_float_digits = 2;
  set statement_timeout = 0;
  select version()`

export async function openSession(config: ConfigValues, signal?: AbortSignal): Promise<Session> {
  signal?.throwIfAborted()
  const label = labelOf(config)
  const failure = (error: unknown) => redshiftError(error, label, config)
  const client = await connectClient(config, label, signal).catch((error: unknown) => {
    signal?.throwIfAborted()
    throw failure(error)
  })
  // An idle connection that breaks reports it here; the next statement then rejects with it.
  client.on('error', () => {})

  const send = async (query: object, stopSignal?: AbortSignal): Promise<Result> => {
    stopSignal?.throwIfAborted()
    const stop = () => void cancelRequest(client, config)
    stopSignal?.addEventListener('abort', stop, { once: true })
    try {
      const types = { getTypeParser: () => (value: string) => value }
      const result: unknown = await client.query({ rowMode: 'array', types, ...query } as never)
      return (Array.isArray(result) ? result.at(-1) : result) as Result
    } catch (error) {
      stopSignal?.throwIfAborted()
      throw failure(error)
    } finally {
      stopSignal?.removeEventListener('abort', stop)
    }
  }
  const close = async () => {
    const cut = setTimeout(() => client.connection.stream.destroy(), closeTimeoutMs)
    await client.end().catch(() => {})
    clearTimeout(cut)
  }
  try {
    const run = (text: string) => send({ text }, signal)
    const { rows } = await pinWithoutTimeout(run, () => run(pinned))
    return {
      version: rows[0]?.[0] ?? '',
      run: (text, stopSignal) => send({ text }, stopSignal),
      one: (text, values = [], stopSignal) => send({ text, values: [...values], queryMode: 'extended' }, stopSignal),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
