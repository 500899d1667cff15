import { abortable } from '@millrace/core'

/** One event of a stream of server-sent events. */
export interface ServerEvent {
  /** What a client that comes back sends as `Last-Event-ID`. */
  readonly id?: string
  /** Default `message`. */
  readonly event?: string
  /** Sent as JSON. */
  readonly data: unknown
}

/** Proxies cut connections over which nothing goes for a minute. */
const keepAliveMs = 15_000

/**
 * Answers with a stream of events. The next event is asked for when the client has taken the last one, so a slow client
 * slows the source down. Ends with the source, or with the signal; the source is told by its `return`.
 */
export function serverEvents(source: AsyncIterable<ServerEvent>, signal: AbortSignal): Response {
  const iterator = source[Symbol.asyncIterator]()
  let pending: Promise<IteratorResult<ServerEvent>> | undefined
  const encoder = new TextEncoder()
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        // Tells that the stream stands, before there is anything to say.
        controller.enqueue(encoder.encode(': connected\n\n'))
      },
      async pull(controller) {
        if (!signal.aborted) pending ??= iterator.next()
        const next = pending === undefined ? 'stopped' : await firstOf(pending, signal)
        if (next === 'quiet') return controller.enqueue(encoder.encode(': keep-alive\n\n'))
        pending = undefined
        if (next === 'stopped' || next.done) {
          controller.close()
          void iterator.return?.().catch(() => {})
          return
        }
        controller.enqueue(encoder.encode(eventText(next.value)))
      },
      async cancel() {
        await iterator.return?.()
      },
    },
    { highWaterMark: 1 },
  )
  return new Response(stream, {
    headers: {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // nginx would keep the events back until its buffer is full.
      'x-accel-buffering': 'no',
    },
  })
}

async function firstOf<T>(next: Promise<T>, signal: AbortSignal): Promise<T | 'stopped' | 'quiet'> {
  let timer: NodeJS.Timeout | undefined
  const quiet = new Promise<'quiet'>((resolve) => {
    timer = setTimeout(() => resolve('quiet'), keepAliveMs)
  })
  try {
    return await abortable(Promise.race([next, quiet]), signal)
  } catch (error) {
    if (signal.aborted) return 'stopped'
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** JSON has no line breaks of its own, so one `data` line is enough. */
function eventText({ id, event, data }: ServerEvent): string {
  const head = `${id === undefined ? '' : `id: ${id}\n`}${event === undefined ? '' : `event: ${event}\n`}`
  return `${head}data: ${JSON.stringify(data)}\n\n`
}
