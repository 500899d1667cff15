import { abortable } from '@millrace/core'

type Content = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

/**
 * Regroups content into parts of exactly the wanted sizes, the last one smaller. There is always a last
 * part, empty only for empty content. Each part is memory of its own: producers may reuse their buffers.
 */
export async function* partsOf(content: Content, sizeOf: (index: number) => number): AsyncGenerator<Buffer> {
  let index = 0
  let part = Buffer.allocUnsafe(sizeOf(index))
  let length = 0
  for await (const piece of content) {
    for (let at = 0; at < piece.length; ) {
      if (length === part.length) {
        yield part
        part = Buffer.allocUnsafe(sizeOf(++index))
        length = 0
      }
      const taken = Math.min(piece.length - at, part.length - length)
      part.set(piece.subarray(at, at + taken), length)
      length += taken
      at += taken
    }
  }
  yield part.subarray(0, length)
}

/** Takes the first parts off to see whether there is more than one. */
export async function firstPart(parts: AsyncGenerator<Buffer>, signal: AbortSignal | undefined): Promise<FirstPart> {
  const first = (await abortable(parts.next(), signal)).value ?? Buffer.alloc(0)
  const second = await abortable(parts.next(), signal)
  if (second.done) return { only: true, part: first }
  async function* all() {
    yield first
    yield second.value as Buffer
    yield* parts
  }
  return { only: false, parts: all() }
}
type FirstPart =
  | { readonly only: true; readonly part: Buffer }
  | { readonly only: false; readonly parts: AsyncGenerator<Buffer> }

export interface SendOptions {
  /** Parts on their way at once; so many and one more are in memory. Default 3. */
  readonly atOnce?: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Sends parts several at a time and returns what each became, in order. The first failure stops the
 * others; nothing is on its way any more when this throws.
 */
export async function sendParts<P, T>(
  parts: AsyncIterable<P>,
  send: (part: P, index: number, signal: AbortSignal) => Promise<T>,
  { atOnce = 3, signal }: SendOptions = {},
): Promise<T[]> {
  const failure = new AbortController()
  const stop = signal ? AbortSignal.any([signal, failure.signal]) : failure.signal
  const results: T[] = []
  const underway = new Set<Promise<void>>()
  const iterator = parts[Symbol.asyncIterator]()
  try {
    for (let index = 0; ; index++) {
      if (underway.size >= atOnce) await abortable(Promise.race(underway), stop)
      const next = await abortable(iterator.next(), stop)
      if (next.done) break
      const sent: Promise<void> = send(next.value, index, stop)
        .then(
          (result) => {
            results[index] = result
          },
          (error: unknown) => failure.abort(error),
        )
        .finally(() => underway.delete(sent))
      underway.add(sent)
    }
    await Promise.all(underway)
    stop.throwIfAborted()
    return results
  } catch (error) {
    failure.abort(error)
    await Promise.all(underway)
    // Content that hangs is not waited for.
    void Promise.resolve(iterator.return?.()).catch(() => {})
    throw stop.reason ?? error
  }
}
