import { z } from '@hono/zod-openapi'
import { channels, notify } from '@millrace/engine'
import { conflict, notFound, pageHeaders, pageQuery, pageRange, withoutNulls } from '@millrace/http'
import { change } from '../change.ts'
import { plainName, text } from '../common-schemas.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { deletePool, listPools, type PoolRow, putPool, readPool } from './store.ts'

const tag = 'pools'
const access = 'user'
const params = z.strictObject({ pool: plainName })

const poolSchema = z
  .object({
    name: z.string(),
    slots: z.int(),
    description: z.string().optional(),
    used: z.int().openapi({ description: 'Slots taken by attempts that run; above `slots` after these were lowered.' }),
    waiting: z.int().openapi({ description: 'Task runs that are ready and wait for slots or a worker.' }),
  })
  .openapi('Pool')

export function poolRoutes(api: ServerApi, { engine: { db } }: ServerContext): void {
  const find = async (name: string): Promise<PoolRow> => {
    const row = await readPool(db, name)
    if (row === undefined) throw notFound('POOL_MISSING', `There is no pool "${name}".`)
    return row
  }

  api.endpoint(
    {
      method: 'get',
      path: '/api/pools',
      operationId: 'listPools',
      tag,
      access,
      summary: 'Pools by name',
      query: z.strictObject(pageQuery),
      answers: { 200: z.array(poolSchema) },
    },
    async ({ query }) => {
      const { rows, total } = await listPools(db, pageRange(query))
      return { status: 200, body: rows.map(withoutNulls), headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/pools/{pool}',
      operationId: 'getPool',
      tag,
      access,
      summary: 'A pool',
      params,
      answers: { 200: poolSchema },
    },
    async ({ params: { pool } }) => ({ status: 200, body: withoutNulls(await find(pool)) }),
  )

  api.endpoint(
    {
      method: 'put',
      path: '/api/pools/{pool}',
      operationId: 'putPool',
      tag,
      access: 'admin',
      summary: 'Create a pool, or change its slots',
      params,
      body: z.strictObject({ slots: z.int().min(0).max(1_000_000), description: text(1000).optional() }),
      answers: { 200: poolSchema, 201: poolSchema },
    },
    async ({ principal, params: { pool }, body, requestId }) => {
      const row = { name: pool, slots: body.slots, description: body.description ?? null }
      const isNew = await change(db, { id: principal.id, requestId }, (trx) => putPool(trx, row))
      // Tasks that waited for more slots can be taken now.
      await notify(db, channels.ready)
      return { status: isNew ? 201 : 200, body: withoutNulls(await find(pool)) }
    },
  )

  api.endpoint(
    {
      method: 'delete',
      path: '/api/pools/{pool}',
      operationId: 'deletePool',
      tag,
      access: 'admin',
      summary: 'Remove a pool that nothing uses',
      params,
      answers: { 204: null },
    },
    async ({ principal, params: { pool }, requestId }) => {
      if (await change(db, { id: principal.id, requestId }, (trx) => deletePool(trx, pool))) return { status: 204 }
      const { used, waiting } = await find(pool)
      throw conflict(
        'POOL_IN_USE',
        `Pool "${pool}" is in use (slots taken: ${used}, task runs waiting: ${waiting}). Wait until they end, or set its slots to 0 to let nothing more begin.`,
      )
    },
  )
}
