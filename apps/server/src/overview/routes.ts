import { z } from '@hono/zod-openapi'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { countRuns, listRunning } from './active-runs.ts'
import { listFailed } from './failed-workflows.ts'
import { listLate } from './late.ts'
import { listNeeds } from './needs.ts'
import { overviewSchema } from './schemas.ts'
import { listUpcoming } from './upcoming.ts'

/** Of each list. */
const most = 20
const upcomingMost = 10

export function overviewRoutes(api: ServerApi, context: ServerContext): void {
  const { engine, reads, workflowAccess } = context
  api.endpoint(
    {
      method: 'get',
      path: '/api/overview',
      operationId: 'getOverview',
      tag: 'platform',
      access: 'user',
      summary: 'What runs, what failed, what is late, what comes next, and what needs the caller',
      query: z.strictObject({}),
      answers: { 200: overviewSchema },
    },
    async ({ principal }) => {
      const where = workflowAccess.condition(principal)
      const [counts, running, failed, late, upcoming, needs_me] = await Promise.all([
        countRuns(reads, where),
        listRunning(reads, where, most),
        listFailed(engine, reads, where, most),
        listLate(reads, where, most),
        listUpcoming(reads, where, upcomingMost),
        listNeeds(context, principal, most),
      ])
      return { status: 200, body: { counts, running, failed, late, upcoming, needs_me } }
    },
  )
}
