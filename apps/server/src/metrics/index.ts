import { z } from '@hono/zod-openapi'
import type { RequestCounts } from '@millrace/http'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { exposition, expositionType } from './exposition.ts'
import { readMetrics } from './read-metrics.ts'
import { requestHistogram } from './request-histogram.ts'

export function metricRoutes(
  api: ServerApi,
  { engine: { db, leaseSeconds } }: ServerContext,
  readRequests: () => readonly RequestCounts[],
): void {
  api.endpoint(
    {
      method: 'get',
      path: '/metrics',
      operationId: 'getMetrics',
      tag: 'platform',
      access: 'metrics',
      summary: 'Metrics for Prometheus',
      query: z.strictObject({}),
      answers: { 200: { contentType: 'text/plain' } },
      logLevel: 'debug',
    },
    async () => {
      const text = exposition([...(await readMetrics(db, leaseSeconds)), requestHistogram(readRequests())])
      return { response: new Response(text, { headers: { 'content-type': expositionType } }) }
    },
  )
}
