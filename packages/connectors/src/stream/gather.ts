import type { StreamConsumer, StreamMessage } from '../kit/stream.ts'

export interface Limits {
  readonly rows: number
  readonly bytes: number
  readonly ms: number
}

export interface Gathered {
  readonly messages: readonly StreamMessage[]
  readonly bytes: number
  /** The broker had nothing more. */
  readonly drained: boolean
}

/** How long to wait for the first message of a batch before looking around. */
const idleMs = 1000

/** Pulls until a limit is reached, or the signal asks to stop; then what is there is the batch. */
export async function gather(
  consumer: StreamConsumer,
  limits: Limits,
  { drain, signal }: { readonly drain: boolean; readonly signal: AbortSignal | undefined },
): Promise<Gathered> {
  const messages: StreamMessage[] = []
  const rows = Math.min(limits.rows, consumer.maxUncommitted)
  let bytes = 0
  let flushAt = Number.POSITIVE_INFINITY
  while (messages.length < rows && bytes < limits.bytes && !signal?.aborted) {
    const waitMs = messages.length === 0 ? idleMs : flushAt - performance.now()
    if (waitMs <= 0) break
    const pulled = await pullOrStop(consumer, {
      maxMessages: rows - messages.length,
      maxBytes: limits.bytes - bytes,
      waitMs: Math.min(waitMs, idleMs),
      ...(signal ? { signal } : {}),
    })
    if (pulled.length === 0 && drain) return { messages, bytes, drained: true }
    if (messages.length === 0 && pulled.length > 0) flushAt = performance.now() + limits.ms
    for (const message of pulled) {
      messages.push(message)
      bytes += message.value.byteLength
    }
  }
  return { messages, bytes, drained: false }
}

/** A pull that was waiting when the signal came had nothing yet. */
async function pullOrStop(consumer: StreamConsumer, options: Parameters<StreamConsumer['pull']>[0]) {
  try {
    return await consumer.pull(options)
  } catch (error) {
    if (options.signal?.aborted && error === options.signal.reason) return []
    throw error
  }
}
