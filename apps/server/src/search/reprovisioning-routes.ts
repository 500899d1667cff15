import { z } from '@hono/zod-openapi'
import { conflict, notFound } from '@millrace/http'
import { change } from '../change.ts'
import { isoTime, time } from '../common-schemas.ts'
import { ulidText } from '../ids.ts'
import { requestJob } from '../jobs/index.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { beginReprovisioning, endReprovisioning, findReprovisioning, type Reprovisioning } from './reprovision.ts'

const path = '/api/data/search/reprovision'
const tag = 'search'
const access = 'admin'
const schema = z.object({ id: ulidText, start_date: time, requested_by: z.string() }).openapi('Reprovisioning')

/** The index is kept with every change by itself; this is for receivers of events that lost theirs. */
export function reprovisioningRoutes(api: ServerApi, { db }: ServerContext): void {
  api.endpoint(
    {
      ...{ method: 'post', path, operationId: 'startReprovisioning', tag, access },
      summary: 'Build the index of searches anew, and tell everything as events once more',
      answers: { 201: schema },
    },
    async ({ principal, requestId }) => {
      const begun = await change(db, { id: principal.id, requestId }, async (trx) => {
        const reprovisioning = await beginReprovisioning(trx, principal.id)
        if (reprovisioning === undefined) {
          throw conflict('REPROVISIONING_RUNS', 'A reprovisioning runs already. Wait for its end, or call it off.')
        }
        await requestJob(trx, 'search-reprovision', principal.id)
        return reprovisioning
      })
      return { status: 201, body: bodyOf(begun) }
    },
  )

  api.endpoint(
    {
      ...{ method: 'get', path, operationId: 'getReprovisioning', tag, access },
      summary: 'The reprovisioning that runs',
      answers: { 200: schema },
    },
    async () => {
      const running = await findReprovisioning(db)
      if (running === undefined) throw notFound('REPROVISIONING_MISSING', 'No reprovisioning runs.')
      return { status: 200, body: bodyOf(running) }
    },
  )

  api.endpoint(
    {
      ...{ method: 'delete', path, operationId: 'stopReprovisioning', tag, access },
      summary: 'Call the reprovisioning off',
      answers: { 204: null },
    },
    async ({ principal, requestId }) => {
      await change(db, { id: principal.id, requestId }, async (trx) => await endReprovisioning(trx))
      return { status: 204 }
    },
  )
}

function bodyOf({ id, startedBy, startedAt }: Reprovisioning): z.input<typeof schema> {
  return { id, start_date: isoTime(startedAt), requested_by: startedBy }
}
