import { z } from '@hono/zod-openapi'
import { withoutNulls } from '@millrace/http'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { listQueues } from './store.ts'

const queueSchema = z
  .object({
    queue: z.string(),
    ready: z.int().openapi({ description: 'Task runs that may be taken now, as far as slots go.' }),
    waiting_for_pool: z.int().openapi({ description: 'Of them: those whose pool has too few free slots.' }),
    delayed: z.int().openapi({ description: 'Task runs that wait for their time: a retry or a deferral.' }),
    running: z.int(),
    oldest_ready_seconds: z.number().optional().openapi({ description: 'How long the first has been ready.' }),
    workers: z.int().openapi({ description: 'That serve it and take more; without any nothing of it begins.' }),
    slots: z.int().openapi({ description: 'Of these workers, which may serve other queues by them as well.' }),
    free_slots: z.int(),
  })
  .openapi('Queue')

export function queueRoutes(api: ServerApi, { reads }: ServerContext): void {
  api.endpoint(
    {
      method: 'get',
      path: '/api/queues',
      operationId: 'listQueues',
      tag: 'workers',
      access: 'user',
      summary: 'Queues by name, with what waits in them and who serves them',
      description: 'Of the whole platform: what waits in a queue waits for the same workers, whoever it belongs to.',
      query: z.strictObject({}),
      answers: { 200: z.array(queueSchema) },
    },
    async () => ({ status: 200, body: (await listQueues(reads)).map((row) => withoutNulls({ ...row })) }),
  )
}
