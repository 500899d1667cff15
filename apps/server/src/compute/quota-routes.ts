import { z } from '@hono/zod-openapi'
import { notFound } from '@millrace/http'
import { change } from '../change.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { changePool } from './manage-pools.ts'
import type { Pool, Quota } from './pool.ts'
import { patchQuota } from './pool-changes.ts'
import { poolId, quotaPatch, quotaPut, quotaSchema } from './schemas.ts'
import { visiblePool } from './visible-pools.ts'

const tag = 'quota'
const path = '/api/data/resource_pools/{pool_id}/quota'
const params = z.strictObject({ pool_id: poolId })

export function quotaRoutes(api: ServerApi, context: ServerContext): void {
  const { db, authz } = context

  api.endpoint(
    {
      method: 'get',
      path,
      operationId: 'getQuota',
      tag,
      access: 'open',
      summary: 'The quota of a resource pool',
      params,
      answers: { 200: quotaSchema },
    },
    async ({ principal, params: { pool_id } }) => ({
      status: 200,
      body: quotaOf(await visiblePool(db, context, principal, pool_id)),
    }),
  )

  for (const [method, operationId, summary] of [
    ['put', 'putQuota', 'Say anew what the quota of a resource pool is'],
    ['patch', 'updateQuota', 'Change the quota of a resource pool'],
  ] as const) {
    api.endpoint(
      {
        method,
        path,
        operationId,
        tag,
        access: 'admin',
        summary,
        params,
        body: method === 'put' ? quotaPut : quotaPatch,
        answers: { 200: quotaSchema },
      },
      async ({ principal, requestId, params: { pool_id }, body }) => {
        const actor = { id: principal.id, requestId }
        const pool = await change(
          db,
          actor,
          async (trx) =>
            await changePool(trx, authz, pool_id, (pool) => ({ ...pool, quota: patchQuota(quotaOf(pool), body) })),
        )
        return { status: 200, body: quotaOf(pool) }
      },
    )
  }
}

function quotaOf(pool: Pool): Quota {
  if (pool.quota !== null) return pool.quota
  throw notFound('QUOTA_MISSING', `Resource pool ${pool.id} has no quota. Give it one by a change of the pool.`)
}
