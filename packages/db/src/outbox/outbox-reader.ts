import type { Db } from '../queryable.ts'
import { outboxChannel } from './outbox.ts'
import { type ReadOutboxOptions, readOutbox } from './read-outbox.ts'

export interface OutboxReaderOptions extends ReadOutboxOptions {
  /** Between two looks when nothing announces a message. Default 2,000. */
  readonly pollIntervalMs?: number
  /** Told when the database did not answer; the reader goes on. */
  readonly onError?: (error: unknown) => void
}

export interface OutboxReader extends AsyncDisposable {
  /** Takes up no more messages, and waits for those that are being handled. */
  close(): Promise<void>
}

/** Reads the outbox until it is closed, woken by what is enqueued. */
export async function startOutboxReader(db: Db, options: OutboxReaderOptions): Promise<OutboxReader> {
  let isClosed = false
  let isAnnounced = false
  let wake = () => {}
  const announce = () => {
    isAnnounced = true
    wake()
  }
  const subscription = await db.listen(
    outboxChannel,
    (topic) => {
      if (options.topics.includes(topic)) announce()
    },
    { onReconnect: announce },
  )

  const pause = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, options.pollIntervalMs ?? 2000)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
      if (isAnnounced || isClosed) wake()
    })

  const reading = (async () => {
    while (!isClosed) {
      isAnnounced = false
      const taken = await readOutbox(db, options).catch((error) => {
        options.onError?.(error)
        return 0
      })
      if (taken === 0) await pause()
    }
  })()

  const close = async () => {
    isClosed = true
    wake()
    await reading
    await subscription.close()
  }
  return { close, [Symbol.asyncDispose]: close }
}
