import { HttpError } from './http-error.ts'

export interface RateLimit {
  /** In the long run. */
  readonly perSecond: number
  /** How many may come at once. */
  readonly burst: number
}

interface Bucket {
  tokens: number
  atMs: number
}

const mostBuckets = 50_000

/** Counts calls by key, in this process: each has a bucket of tokens that fills again with time. */
export function rateLimiter(
  { perSecond, burst }: RateLimit,
  nowMs: () => number = () => performance.now(),
): { /** @throws HttpError 429 that says when to come again. */ take(key: string): void } {
  const buckets = new Map<string, Bucket>()
  const refill = (bucket: Bucket, now: number) => {
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.atMs) / 1000) * perSecond)
    bucket.atMs = now
  }
  return {
    take(key) {
      const now = nowMs()
      const bucket = buckets.get(key) ?? { tokens: burst, atMs: now }
      refill(bucket, now)
      if (bucket.tokens < 1) throw tooMany(Math.max(1, Math.ceil((1 - bucket.tokens) / perSecond)))
      bucket.tokens -= 1
      // The map is in the order of use, so what was not used for longest goes first.
      buckets.delete(key)
      buckets.set(key, bucket)
      if (buckets.size > mostBuckets) buckets.delete(buckets.keys().next().value ?? '')
    },
  }
}

function tooMany(seconds: number): HttpError {
  return new HttpError(
    429,
    'RATE_LIMITED',
    `Too many requests. Try again after ${seconds} ${seconds === 1 ? 'second' : 'seconds'}, and send fewer at once.`,
    { headers: { 'retry-after': `${seconds}` } },
  )
}
