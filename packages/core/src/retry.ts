import pRetry from 'p-retry'
import { abortable } from './abort.ts'
import { isMillraceError } from './errors.ts'

export interface RetryOptions {
  /** Further attempts after the first. Default 2. */
  readonly retries?: number
  /** Before the first retry; doubles each time, and a random share of up to as much again is added. Default 1,000. */
  readonly minDelayMs?: number
  /** Default 30,000. */
  readonly maxDelayMs?: number
  /** No attempt starts later than this after the first one began. Default: no limit. */
  readonly deadlineMs?: number
  readonly signal?: AbortSignal | undefined
  /** Default: a TransientError, also one of a duplicate copy of this package. */
  readonly shouldRetry?: (error: Error) => boolean
  /** Called before each wait. */
  readonly onRetry?: (retry: { attempt: number; delayMs: number; error: Error }) => void
}

/**
 * Calls `attempt` until it succeeds, fails for good, or the limits are reached; then the last error is
 * thrown. An error whose details hold `retryAfterMs` is waited for at least that long; when that is
 * beyond the deadline, it is thrown at once.
 */
export async function retry<T>(attempt: (number: number) => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { retries = 2, minDelayMs = 1000, maxDelayMs = 30_000, deadlineMs = Infinity, signal } = options
  const shouldRetry = options.shouldRetry ?? isTransient
  const startedAt = performance.now()
  return pRetry(attempt, {
    retries,
    minTimeout: minDelayMs,
    maxTimeout: maxDelayMs,
    maxRetryTime: deadlineMs,
    randomize: true,
    ...(signal ? { signal } : {}),
    shouldRetry: async ({ error, attemptNumber, retryDelay }) => {
      if (!shouldRetry(error)) return false
      const delayMs = Math.max(retryDelay, retryAfterOf(error))
      if (performance.now() - startedAt + delayMs > deadlineMs) return false
      options.onRetry?.({ attempt: attemptNumber, delayMs, error })
      await sleep(delayMs - retryDelay, signal)
      return true
    },
  })
}

/** Milliseconds to wait by a `Retry-After` header: seconds or an HTTP date; undefined when it is neither. */
export function parseRetryAfter(header: string | null | undefined, now: Date = new Date()): number | undefined {
  const text = header?.trim() ?? ''
  if (/^\d+(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000)
  const time = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? undefined : Math.max(0, time - now.getTime())
}

function isTransient(error: unknown): boolean {
  return isMillraceError(error) && error.recovery === 'transient'
}

function retryAfterOf(error: Error): number {
  const ms = isMillraceError(error) ? error.details.retryAfterMs : undefined
  return typeof ms === 'number' && ms > 0 ? ms : 0
}

async function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (ms <= 0) return
  let timer: NodeJS.Timeout | undefined
  const elapsed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  try {
    await abortable(elapsed, signal)
  } finally {
    clearTimeout(timer)
  }
}
