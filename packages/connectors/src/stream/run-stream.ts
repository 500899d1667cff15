import { abortable } from '@millrace/core'
import type { StreamConsumer } from '../kit/stream.ts'
import { openDeadLetters } from './dead-letters.ts'
import { deliver, retryEvent, tooMany } from './deliver.ts'
import type { Rejection, StreamDestination, StreamRow } from './destination.ts'
import { type Gathered, gather, type Limits } from './gather.ts'
import { readMessage } from './read-message.ts'
import { isTransient, retryUntilStopped } from './retry-until-stopped.ts'
import { openTableDestination } from './table-destination.ts'
import { openTinybirdDestination } from './tinybird-destination.ts'
import type { StreamEvent, StreamOptions, StreamSpec, StreamTotals } from './types.ts'

const lagEveryMs = 1000
/** A broker or destination that is just starting is waited for, a wrong address not for long. */
const startForMs = 15_000
/** A consumer that was lost sooner is not replaced at once: another one may be taking its place again and again. */
const lastingMs = 10_000

/**
 * Moves messages from a broker to a table or a data source, at least once, until it is asked to stop.
 *
 *     pull → read → append (durable) → dead letters (synced) → commit
 *
 * Nothing is pulled while a batch is on its way, so memory holds one batch, and a slow destination
 * slows the broker down. After a crash anywhere the uncommitted batch comes again: rows that were
 * written already are then written twice, at most one batch of them. A failing broker or destination
 * is tried again for `retryForMs`; every other failure ends the stream with nothing of the batch committed.
 *
 * @throws ConfigError, TransientError, FatalError, DataError; TransientError also when the first connections fail for 15 seconds
 */
export async function runStream(spec: StreamSpec, options: StreamOptions = {}): Promise<StreamTotals> {
  const { rows = 10_000, bytes = 8_000_000, ms = 2000 } = spec.flush ?? {}
  const limits: Limits = { rows, bytes, ms }
  const tell = options.onEvent ?? (() => {})
  const group = spec.from.group ?? spec.from.connector.group ?? 'millrace'
  const retryForMs = spec.retryForMs ?? 900_000
  const stopping = anySignal(options.signal, options.abortSignal)
  const start = <T>(what: 'broker' | 'destination', attempt: () => Promise<T>) =>
    retryUntilStopped(attempt, {
      ...{ retryForMs: Math.min(retryForMs, startForMs), stopping },
      onRetry: ({ attempt, delayMs, error }) => tell(retryEvent(what, attempt, delayMs, error)),
    })
  await using destination = await start('destination', () => openDestination(spec, group, tell))
  await using deadLetters = openDeadLetters(spec.deadLetter)
  const open = () =>
    spec.from.connector.openConsumer({
      ...{ stream: spec.from.stream, group, maxUncommitted: rows },
      ...(spec.from.position ? { from: spec.from.position } : {}),
      ...(options.stateDirectory === undefined ? {} : { stateDirectory: options.stateDirectory }),
    })
  let consumer = await start('broker', open)
  await using _ = { [Symbol.asyncDispose]: () => consumer[Symbol.asyncDispose]() }
  const totals = { messages: 0, bytes: 0, rows: 0, deadLetters: 0, quarantined: 0, flushes: 0 }

  let openedAt = performance.now()
  let soonLost = 0
  /** What the broken consumer had handed out and not committed comes again to the new one. */
  const reopen = async (cause: Error) => {
    await closeBroken(consumer)
    stopping?.throwIfAborted()
    soonLost = performance.now() - openedAt < lastingMs ? soonLost + 1 : 0
    const delayMs = soonLost > 1 ? Math.min(30_000, 100 * 2 ** soonLost) : 0
    tell(retryEvent('broker', 1, delayMs, cause))
    await pause(delayMs, stopping)
    consumer = await retryUntilStopped(open, {
      ...{ retryForMs, stopping },
      onRetry: ({ attempt, delayMs, error }) => tell(retryEvent('broker', attempt + 1, delayMs, error)),
    })
    openedAt = performance.now()
  }

  const flush = async ({ messages, bytes: size }: Gathered, lag: () => Promise<number | null>) => {
    const began = performance.now()
    const rowsRead: StreamRow[] = []
    const unread: Rejection[] = []
    for (const message of messages) {
      const read = readMessage(message, {
        payload: spec.payload ?? 'json',
        metadata: spec.metadata ?? false,
        maxBytes: spec.maxMessageBytes ?? 8_000_000,
      })
      if ('json' in read) rowsRead.push(read)
      else unread.push(read)
    }
    const limit = spec.maxDeadLetters ?? Number.POSITIVE_INFINITY
    const left = limit - totals.deadLetters - unread.length
    if (left < 0) throw tooMany(limit, unread)
    // Asked to stop, it still writes what there is, but no longer waits for a destination that fails.
    const delivered = await deliver(destination, rowsRead, {
      ...{ retryForMs, maxRejected: left, signal: options.abortSignal, stopping, tell },
    })
    const rejected = [...unread, ...delivered.rejected]
    await deadLetters.write(rejected, spec.from.stream)
    options.abortSignal?.throwIfAborted()
    const committed = await commit()
    totals.messages += messages.length
    totals.bytes += size
    totals.rows += delivered.rows
    totals.quarantined += delivered.quarantined
    totals.deadLetters += rejected.length
    totals.flushes++
    for (const { message, code, reason } of rejected) {
      tell({ type: 'dead-letter', position: message.position, code, message: reason })
    }
    tell({
      ...{ type: 'flushed', messages: messages.length, bytes: size, rows: delivered.rows },
      ...{ deadLetters: rejected.length, quarantined: delivered.quarantined },
      durationMs: Math.round(performance.now() - began),
      lag: await lag(),
      totals: { ...totals },
    })
    return committed
  }

  /** False when nobody can say whether the broker knows; then the batch may come again. */
  const commit = async () => {
    try {
      await consumer.commit()
      return true
    } catch (error) {
      if (!isTransient(error)) throw error
      await reopen(error)
      return false
    }
  }

  const lag = lagReader(() => consumer)
  tell({ type: 'started', from: `${spec.from.connector.label} ${spec.from.stream}`, group, to: destination.label })
  for (;;) {
    let gathered: Gathered
    try {
      gathered = await gather(consumer, limits, { drain: spec.drain ?? false, signal: stopping })
    } catch (error) {
      if (!isTransient(error)) throw error
      await reopen(error).catch((failure) => {
        if (failure !== stopping?.reason) throw failure
      })
      if (!stopping?.aborted) continue
      // Nothing is held that was to be written, so this is a stop in order.
      gathered = { messages: [], bytes: 0, drained: false }
    }
    options.abortSignal?.throwIfAborted()
    const committed = gathered.messages.length === 0 || (await flush(gathered, lag))
    const reason = stopping?.aborted ? 'asked' : gathered.drained && committed ? 'drained' : null
    if (reason === null) continue
    tell({ type: 'stopped', reason, totals: { ...totals } })
    break
  }
  return totals
}

async function openDestination(
  spec: StreamSpec,
  group: string,
  tell: (event: StreamEvent) => void,
): Promise<StreamDestination> {
  if (spec.to.kind === 'tinybird') return openTinybirdDestination(spec.to, 10_000_000)
  const identity = `${spec.from.connector.label} ${spec.from.stream} ${group}`
  return await openTableDestination(spec.to, { contract: spec.contract ?? 'evolve', identity, tell })
}

/** @throws the signal's reason */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  try {
    await abortable(over, signal)
  } finally {
    clearTimeout(timer)
  }
}

/** A connection that is lost already may not close in order. */
async function closeBroken(consumer: StreamConsumer): Promise<void> {
  try {
    await consumer[Symbol.asyncDispose]()
  } catch {
    // What it held comes again all the same.
  }
}

/** Asks the broker now and then; an answer that does not come is no reason to stop. */
function lagReader(consumer: () => StreamConsumer): () => Promise<number | null> {
  let askedAt = Number.NEGATIVE_INFINITY
  return async () => {
    if (performance.now() - askedAt < lagEveryMs) return null
    askedAt = performance.now()
    return await consumer()
      .lag()
      .catch(() => null)
  }
}

function anySignal(...signals: readonly (AbortSignal | undefined)[]): AbortSignal | undefined {
  const given = signals.filter((signal) => signal !== undefined)
  return given.length > 1 ? AbortSignal.any(given) : given[0]
}
