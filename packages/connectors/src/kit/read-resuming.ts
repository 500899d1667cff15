import { setTimeout } from 'node:timers/promises'
import { isMillraceError } from '@millrace/core'
import type { ObjectReadOptions } from './object-store.ts'

export interface OpenedObject {
  readonly body: AsyncIterable<Uint8Array>
  readonly etag: string | null
  /** Bytes that the store announced for this answer. */
  readonly length: number
}

export interface Range {
  readonly start: number
  /** First byte that is not read; undefined: to the end. */
  readonly end: number | undefined
  /** The only content that may be read. */
  readonly etag: string | undefined
  readonly signal: AbortSignal | undefined
}

const retries = 5

/**
 * Reads an object and, when the connection is cut, goes on where it ended, in the same content: drivers
 * repeat requests, not bodies. `open` returns null when the range begins behind the end.
 */
export async function* readResuming(
  open: (range: Range) => Promise<OpenedObject | null>,
  { start = 0, end, etag, signal }: ObjectReadOptions,
  asError: (error: unknown) => unknown,
): AsyncGenerator<Uint8Array> {
  let at = start
  let stop = end
  let pinned = etag
  if (stop !== undefined && stop <= at) return
  for (let failures = 0; ; ) {
    const opened = await open({ start: at, end: stop, etag: pinned, signal })
    if (opened === null) return
    pinned ??= opened.etag ?? undefined
    stop = at + opened.length
    let cause: unknown = new Error(`The answer ended before its ${opened.length} bytes, aborted.`)
    try {
      for await (const bytes of opened.body) {
        at += bytes.length
        failures = 0
        yield bytes
      }
    } catch (error) {
      signal?.throwIfAborted()
      if (isMillraceError(error)) throw error
      cause = error
    }
    if (at >= stop) return
    if (++failures > retries || pinned === undefined) throw asError(cause)
    await setTimeout(100 * 2 ** failures, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted())
  }
}
