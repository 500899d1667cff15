import { type RequestCounts, requestBuckets } from '@millrace/http'
import type { Metric } from './exposition.ts'

/** Requests that this process answered, and how long they took; with their number as `_count`. */
export function requestHistogram(requests: readonly RequestCounts[]): Metric {
  return {
    name: 'millrace_http_request_duration_seconds',
    help: 'Requests until their answer began, by operation and status.',
    type: 'histogram',
    samples: requests.flatMap(({ operation, method, status, count, sumSeconds, atMost }) => {
      const labels = { operation, method, status: `${status}` }
      return [
        ...requestBuckets.map((bound, index) => ({
          ...{ suffix: '_bucket', labels: { ...labels, le: `${bound}` }, value: atMost[index] ?? 0 },
        })),
        { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: count },
        { suffix: '_sum', labels, value: sumSeconds },
        { suffix: '_count', labels, value: count },
      ]
    }),
  }
}
