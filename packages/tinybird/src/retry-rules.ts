import { parseRetryAfter } from '@millrace/core'
import type { Clock } from './types.ts'

export interface RetryLimits {
  /** Retries after 429, and as many after 408. */
  readonly retries: number
  /** Also for 503, which only Events requests ask for. */
  readonly retryUnavailable: boolean
}

/** How often one request was answered, or not answered, in each way that may be retried. */
export interface Failures {
  readonly rateLimited: number
  readonly timedOut: number
  readonly badGateway: number
  readonly unavailable: number
  readonly network: number
}

export const noFailures: Failures = { rateLimited: 0, timedOut: 0, badGateway: 0, unavailable: 0, network: 0 }

export interface FailedAnswer {
  readonly method: string
  /** 0 when the network failed. */
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
}

const shortestRateLimitMs = 60_000

/**
 * Milliseconds until the next attempt and the new counts, or null when there shall be none.
 *
 * - 429: the greater of delay × 2^n + 0..9 s and 60 s. The delay is `Retry-After` (seconds or a date), else `X-RateLimit-Reset`, else 1 s.
 * - 408: 2, 4, 8, 16, 32 s. On a POST it may repeat what the server went on to do after it had given up waiting.
 * - 502 on GET and HEAD: 2, 4, 8, … s, as long as the budget lasts.
 * - No answer on GET and HEAD: 2, 4, 8, 16, 32 s.
 * - 503, where it is asked for: 0.2, 0.4, 0.8, … s, at most 3 s.
 */
export function nextAttempt(
  { method, status, headers }: FailedAnswer,
  failures: Failures,
  limits: RetryLimits,
  clock: Pick<Clock, 'now' | 'random'>,
): { readonly waitMs: number; readonly failures: Failures } | null {
  const onlyReads = method === 'GET' || method === 'HEAD'
  const { rateLimited, timedOut, badGateway, unavailable, network } = failures
  if (status === 429 && rateLimited < limits.retries) {
    const delayMs = delayOf(headers, clock.now())
    const waitMs = Math.max(delayMs * 2 ** rateLimited + Math.floor(clock.random() * 10) * 1000, shortestRateLimitMs)
    return { waitMs, failures: { ...failures, rateLimited: rateLimited + 1 } }
  }
  if (status === 408 && timedOut < limits.retries) {
    return { waitMs: exponential(timedOut), failures: { ...failures, timedOut: timedOut + 1 } }
  }
  if (status === 502 && onlyReads) {
    return { waitMs: exponential(badGateway), failures: { ...failures, badGateway: badGateway + 1 } }
  }
  if (status === 503 && limits.retryUnavailable && unavailable < limits.retries) {
    const waitMs = Math.min(200 * 2 ** unavailable, 3000)
    return { waitMs, failures: { ...failures, unavailable: unavailable + 1 } }
  }
  if (status === 0 && onlyReads && network < limits.retries) {
    return { waitMs: exponential(network), failures: { ...failures, network: network + 1 } }
  }
  return null
}

function exponential(retries: number): number {
  return 2 ** (retries + 1) * 1000
}

function delayOf(headers: Readonly<Record<string, string>>, now: number): number {
  return parseRetryAfter(headers['retry-after'], new Date(now)) ?? secondsOf(headers['x-ratelimit-reset']) ?? 1000
}

function secondsOf(header: string | undefined): number | undefined {
  return header !== undefined && /^\s*\d+(\.\d+)?\s*$/.test(header) ? Math.ceil(Number(header) * 1000) : undefined
}
