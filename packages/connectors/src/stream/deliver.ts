import { DataError, isMillraceError } from '@millrace/core'
import type { Rejection, StreamDestination, StreamRow } from './destination.ts'
import { retryUntilStopped } from './retry-until-stopped.ts'
import type { StreamEvent } from './types.ts'

export interface Delivered {
  readonly rows: number
  readonly quarantined: number
  readonly rejected: readonly Rejection[]
}

export interface DeliverOptions {
  readonly retryForMs: number
  /** Rejections beyond so many are not looked for. */
  readonly maxRejected: number
  /** Ends an append at once. */
  readonly signal: AbortSignal | undefined
  /** Ends the waiting for a destination that fails. */
  readonly stopping: AbortSignal | undefined
  readonly tell: (event: StreamEvent) => void
}

/**
 * Appends rows until all but the rejected ones are durable. When the destination refuses the data,
 * halves are tried, and halves of them: each bad row costs some appends, and the good ones get through.
 */
export async function deliver(
  destination: StreamDestination,
  rows: readonly StreamRow[],
  options: DeliverOptions,
): Promise<Delivered> {
  const rejected: Rejection[] = []
  let written = 0
  let quarantined = 0
  const waiting: (readonly StreamRow[])[] = rows.length > 0 ? [rows] : []
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    try {
      const result = await appendWithRetry(destination, part, options)
      written += result.rows
      quarantined += result.quarantined
      rejected.push(...result.rejected)
    } catch (error) {
      if (!isMillraceError(error) || error.recovery !== 'data') throw error
      const [only] = part
      if (part.length === 1 && only) {
        rejected.push({ message: only.message, code: error.code, reason: error.message })
      } else {
        const middle = Math.ceil(part.length / 2)
        waiting.push(part.slice(middle), part.slice(0, middle))
      }
    }
    if (rejected.length > options.maxRejected) throw tooMany(options.maxRejected, rejected)
  }
  return { rows: written, quarantined, rejected }
}

export function tooMany(limit: number, [last]: readonly Rejection[]): DataError {
  return new DataError('TOO_MANY_DEAD_LETTERS', {
    message: `More than the ${limit} messages that may be dead letters could not be taken. The first one now, ${last?.message.position}: ${last?.reason} Nothing of this batch was committed. Correct the destination or the producer, or raise the limit.`,
  })
}

function appendWithRetry(destination: StreamDestination, rows: readonly StreamRow[], options: DeliverOptions) {
  const { retryForMs, signal, stopping, tell } = options
  return retryUntilStopped(() => destination.append(rows, signal), {
    ...{ retryForMs, stopping },
    onRetry: ({ attempt, delayMs, error }) => tell(retryEvent('destination', attempt, delayMs, error)),
  })
}

export function retryEvent(
  what: 'broker' | 'destination',
  attempt: number,
  delayMs: number,
  error: Error,
): StreamEvent {
  const code = isMillraceError(error) ? error.code : 'UNEXPECTED'
  return { type: 'retry', what, attempt, delayMs: Math.round(delayMs), error: { code, message: error.message } }
}
