import type { AnsweredCall } from '@millrace/http'

export interface RecentRequests {
  /** How far back the numbers go; less when the process is younger. */
  readonly seconds: number
  readonly count: number
  /** Of them: answered with 5xx. */
  readonly serverErrors: number
}

const bucketMs = 10_000
const mostBuckets = 30

/** Counts requests of the last five minutes, by this process. */
export function recentRequests(now: () => number = () => performance.now()): {
  note(call: Pick<AnsweredCall, 'status'>): void
  read(): RecentRequests
} {
  const begun = now()
  const buckets = new Map<number, { count: number; serverErrors: number }>()
  const forget = (current: number) => {
    for (const at of buckets.keys()) if (at <= current - mostBuckets) buckets.delete(at)
  }
  const bucketNow = () => Math.floor((now() - begun) / bucketMs)
  return {
    note({ status }) {
      const at = bucketNow()
      forget(at)
      const bucket = buckets.get(at) ?? { count: 0, serverErrors: 0 }
      buckets.set(at, bucket)
      bucket.count++
      if (status >= 500) bucket.serverErrors++
    },
    read() {
      const at = bucketNow()
      forget(at)
      const first = Math.max(0, at - mostBuckets + 1) * bucketMs
      const sum = { count: 0, serverErrors: 0 }
      for (const { count, serverErrors } of buckets.values()) {
        sum.count += count
        sum.serverErrors += serverErrors
      }
      return { seconds: Math.round((now() - begun - first) / 1000), ...sum }
    },
  }
}
