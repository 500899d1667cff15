import type { RateLimits } from '../types.ts'
import { ApiError } from './api-error.ts'

export type Allowance = 'loads' | 'events' | 'creates'

const windowMs = 60_000

/** Counts the requests of the last minute. */
export interface RateLimiter {
  /**
   * The headers for a request that may pass.
   *
   * @throws ApiError 429 with `Retry-After`
   */
  take(kind: Allowance): Record<string, string>
}

export function createRateLimiter(limits: RateLimits, now: () => number = Date.now): RateLimiter {
  const most = { loads: limits.loadsPerMinute, events: limits.eventsPerMinute, creates: limits.createsPerMinute }
  const times: Record<Allowance, number[]> = { loads: [], events: [], creates: [] }
  return {
    take(kind) {
      const limit = most[kind]
      if (limit === undefined) return {}
      const at = now()
      const recent = times[kind].filter((time) => time > at - windowMs)
      times[kind] = recent
      const resetSeconds = Math.max(1, Math.ceil(((recent[0] ?? at) + windowMs - at) / 1000))
      const headers = (remaining: number) => ({
        'X-RateLimit-Limit': `${limit}`,
        'X-RateLimit-Remaining': `${remaining}`,
        'X-RateLimit-Reset': `${resetSeconds}`,
      })
      if (recent.length >= limit) {
        throw new ApiError(429, `Too many requests: ${limit} per minute. Try again in ${resetSeconds} seconds.`, {
          headers: { ...headers(0), 'Retry-After': `${resetSeconds}` },
        })
      }
      recent.push(at)
      return headers(limit - recent.length)
    },
  }
}
