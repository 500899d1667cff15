import { z } from '@hono/zod-openapi'
import type { ServerApi, ServerContext } from '../server-context.ts'
import { exposition, expositionType } from './exposition.ts'
import { readMetrics } from './read-metrics.ts'

export function metricRoutes(api: ServerApi, { engine: { db, leaseSeconds } }: ServerContext): void {
  api.endpoint(
    {
      method: 'get',
      path: '/metrics',
      operationId: 'getMetrics',
      tag: 'platform',
      access: 'user',
      summary: 'Metrics for Prometheus',
      query: z.strictObject({}),
      answers: { 200: { contentType: 'text/plain' } },
      logLevel: 'debug',
    },
    async () => {
      const text = exposition(await readMetrics(db, leaseSeconds))
      return { response: new Response(text, { headers: { 'content-type': expositionType } }) }
    },
  )
}
