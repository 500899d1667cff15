import { z } from '@hono/zod-openapi'
import { pageHeaders, pageRange } from '@millrace/http'
import { change } from '../change.ts'
import { longPageQuery } from '../long-page.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { changePool, createPool, removePool } from './manage-pools.ts'
import type { Pool, ResourceClass } from './pool.ts'
import { patchPool, putPool } from './pool-changes.ts'
import {
  matchedPoolSchema,
  newPoolSchema,
  poolId,
  poolPatch,
  poolPut,
  poolSchema,
  presentClass,
  presentPool,
  wanted,
} from './schemas.ts'
import { listPools } from './store.ts'
import { visiblePool, visiblePools } from './visible-pools.ts'

const tag = 'resource_pools'
const path = '/api/data/resource_pools'
const params = z.strictObject({ pool_id: poolId })

type Wanted = { readonly [K in keyof typeof wanted]?: number | undefined }

export function resourcePoolRoutes(api: ServerApi, context: ServerContext): void {
  const { db, authz } = context

  api.endpoint(
    {
      method: 'get',
      path,
      operationId: 'listResourcePools',
      tag,
      access: 'open',
      summary: 'Resource pools that you may use',
      description: 'Every class says whether it has all that was asked for.',
      query: z.strictObject({ ...longPageQuery, ...wanted }),
      answers: { 200: z.array(matchedPoolSchema) },
    },
    async ({ principal, query }) => {
      const { rows, total } = await listPools(db, visiblePools(authz, principal), pageRange(query))
      return { status: 200, body: rows.map((pool) => presentMatched(pool, query)), headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path,
      operationId: 'createResourcePool',
      tag,
      access: 'admin',
      summary: 'Make a resource pool',
      body: newPoolSchema,
      answers: { 201: poolSchema },
    },
    async ({ principal, requestId, body }) => {
      const pool = await change(db, { id: principal.id, requestId }, async (trx) => await createPool(trx, authz, body))
      return { status: 201, body: presentPool(pool) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: `${path}/{pool_id}`,
      operationId: 'getResourcePool',
      tag,
      access: 'open',
      summary: 'A resource pool',
      params,
      answers: { 200: poolSchema },
    },
    async ({ principal, params: { pool_id } }) => ({
      status: 200,
      body: presentPool(await visiblePool(db, context, principal, pool_id)),
    }),
  )

  api.endpoint(
    {
      method: 'put',
      path: `${path}/{pool_id}`,
      operationId: 'putResourcePool',
      tag,
      access: 'admin',
      summary: 'Say anew what a resource pool is',
      description: 'With all of its classes. What is left out becomes what it is in a new pool.',
      params,
      body: poolPut,
      answers: { 200: poolSchema },
    },
    async ({ principal, requestId, params: { pool_id }, body }) => {
      const pool = await change(
        db,
        { id: principal.id, requestId },
        async (trx) => await changePool(trx, authz, pool_id, (pool) => putPool(pool, body)),
      )
      return { status: 200, body: presentPool(pool) }
    },
  )

  api.endpoint(
    {
      method: 'patch',
      path: `${path}/{pool_id}`,
      operationId: 'updateResourcePool',
      tag,
      access: 'admin',
      summary: 'Change a resource pool',
      params,
      body: poolPatch,
      answers: { 200: poolSchema },
    },
    async ({ principal, requestId, params: { pool_id }, body }) => {
      const pool = await change(
        db,
        { id: principal.id, requestId },
        async (trx) => await changePool(trx, authz, pool_id, (pool) => patchPool(pool, body)),
      )
      return { status: 200, body: presentPool(pool) }
    },
  )

  api.endpoint(
    {
      method: 'delete',
      path: `${path}/{pool_id}`,
      operationId: 'deleteResourcePool',
      tag,
      access: 'admin',
      summary: 'Remove a resource pool with its classes',
      params,
      answers: { 204: null },
    },
    async ({ principal, requestId, params: { pool_id } }) => {
      await change(db, { id: principal.id, requestId }, async (trx) => await removePool(trx, authz, pool_id))
      return { status: 204 }
    },
  )
}

function presentMatched(pool: Pool, query: Wanted): z.input<typeof matchedPoolSchema> {
  const classes = pool.classes.map((one) => ({ ...presentClass(one), matching: isMatching(one, query) }))
  return { ...presentPool(pool), classes }
}

function isMatching(one: ResourceClass, { cpu = 0, gpu = 0, memory = 0, max_storage = 0 }: Wanted): boolean {
  return one.cpu >= cpu && one.gpu >= gpu && one.memory >= memory && one.max_storage >= max_storage
}
