import { add, defaultMaxBytes, type EventSettings, eventLine, noEvents, sendEvents } from './events.ts'
import type { Clock, EventBatcher, EventBatchOptions, EventsResult } from './types.ts'

/**
 * At most one request runs and at most one batch gathers. A batch is sent when the next event would not fit into it, or
 * when its first event has waited `flushMs`.
 *
 * A request that fails is told to the next `append` or `flush`, or to the disposal, whichever comes first; until then
 * nothing more is sent. Its events are not kept, and the error says which were written. Events gathered since then stay.
 */
export function createEventBatcher(
  settings: EventSettings & { readonly clock: Clock },
  dataSource: string,
  options: EventBatchOptions = {},
): EventBatcher {
  const { maxBytes = defaultMaxBytes, flushBytes = maxBytes, flushMs = 1000 } = options
  let lines: string[] = []
  let bytes = 0
  let running: Promise<void> | undefined
  let failure: { readonly error: unknown } | undefined
  let sinceFlush: EventsResult = noEvents
  let timer: AbortController | undefined

  const throwFailure = () => {
    if (failure === undefined) return
    const { error } = failure
    failure = undefined
    if (lines.length > 0) startTimer()
    throw error
  }
  const start = () => {
    timer?.abort()
    timer = undefined
    const batch = lines
    lines = []
    bytes = 0
    running = sendEvents(settings, dataSource, batch, options)
      .then(
        (result) => {
          sinceFlush = add(sinceFlush, result)
        },
        (error) => {
          failure = { error }
        },
      )
      .finally(() => {
        running = undefined
      })
  }
  const startTimer = () => {
    timer?.abort()
    const mine = new AbortController()
    timer = mine
    settings.clock.sleep(flushMs, mine.signal).then(
      async () => {
        while (running !== undefined) await running
        if (!mine.signal.aborted && failure === undefined && lines.length > 0) start()
      },
      () => {}, // Sent already.
    )
  }
  /** Waits until nothing runs, then sends what has gathered. */
  const sendRest = async () => {
    while (running !== undefined) await running
    throwFailure()
    if (lines.length === 0) return
    start()
    while (running !== undefined) await running
    throwFailure()
  }

  return {
    async append(event) {
      throwFailure()
      const line = eventLine(event)
      const size = Buffer.byteLength(line) + 1
      while (lines.length > 0 && bytes + size > flushBytes) {
        if (running === undefined) start()
        else await running
        throwFailure()
      }
      lines.push(line)
      bytes += size
      if (lines.length === 1) startTimer()
      if (bytes >= flushBytes && running === undefined) start()
    },
    async flush() {
      await sendRest()
      const result = sinceFlush
      sinceFlush = noEvents
      return result
    },
    async [Symbol.asyncDispose]() {
      try {
        await sendRest()
      } finally {
        timer?.abort()
      }
    },
  }
}
