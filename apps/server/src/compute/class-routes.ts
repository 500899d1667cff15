import { z } from '@hono/zod-openapi'
import { notFound } from '@millrace/http'
import { change } from '../change.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { addClass, changeClass, classMissing, removeClass } from './manage-pools.ts'
import type { ResourceClass } from './pool.ts'
import { newClass, patchClass } from './pool-changes.ts'
import {
  affinitiesSchema,
  classId,
  classPatch,
  classSchema,
  newClassSchema,
  poolId,
  presentClass,
  tolerationsSchema,
} from './schemas.ts'
import { findClass } from './store.ts'
import { visiblePool } from './visible-pools.ts'

const tag = 'classes'
const path = '/api/data/resource_pools/{pool_id}/classes'
const poolParams = z.strictObject({ pool_id: poolId })
const params = z.strictObject({ pool_id: poolId, class_id: classId })

export function resourceClassRoutes(api: ServerApi, context: ServerContext): void {
  const { db } = context

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/classes/{class_id}',
      operationId: 'getResourceClassById',
      tag,
      access: 'anyone',
      summary: 'A resource class, whichever pool it is in',
      params: z.strictObject({ class_id: classId }),
      answers: { 200: classSchema },
    },
    async ({ params: { class_id } }) => {
      const one = await findClass(db, class_id)
      if (one === undefined) throw notFound('RESOURCE_CLASS_MISSING', `There is no resource class ${class_id}.`)
      return { status: 200, body: presentClass(one) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path,
      operationId: 'listResourceClasses',
      tag,
      access: 'open',
      summary: 'Classes of a resource pool',
      params: poolParams,
      query: z.strictObject({ name: z.string().min(1).max(40).optional() }),
      answers: { 200: z.array(classSchema) },
    },
    async ({ principal, params: { pool_id }, query: { name } }) => {
      const { classes } = await visiblePool(db, context, principal, pool_id)
      return { status: 200, body: classes.filter((one) => name === undefined || one.name === name).map(presentClass) }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path,
      operationId: 'createResourceClass',
      tag,
      access: 'admin',
      summary: 'Add a class to a resource pool',
      params: poolParams,
      body: newClassSchema,
      answers: { 201: classSchema },
    },
    async ({ principal, requestId, params: { pool_id }, body }) => {
      const actor = { id: principal.id, requestId }
      const one = await change(db, actor, async (trx) => await addClass(trx, pool_id, newClass(body)))
      return { status: 201, body: presentClass(one) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: `${path}/{class_id}`,
      operationId: 'getResourceClass',
      tag,
      access: 'open',
      summary: 'A class of a resource pool',
      params,
      answers: { 200: classSchema },
    },
    async ({ principal, params: { pool_id, class_id } }) => {
      const { classes } = await visiblePool(db, context, principal, pool_id)
      return { status: 200, body: presentClass(find(classes, pool_id, class_id)) }
    },
  )

  for (const [method, operationId, summary] of [
    ['put', 'putResourceClass', 'Say anew what a class is'],
    ['patch', 'updateResourceClass', 'Change a class'],
  ] as const) {
    api.endpoint(
      {
        method,
        path: `${path}/{class_id}`,
        operationId,
        tag,
        access: 'admin',
        summary,
        params,
        body: method === 'put' ? newClassSchema : classPatch,
        answers: { 200: classSchema },
      },
      async ({ principal, requestId, params: { pool_id, class_id }, body }) => {
        const place = { poolId: pool_id, classId: class_id }
        const actor = { id: principal.id, requestId }
        const one = await change(
          db,
          actor,
          async (trx) => await changeClass(trx, place, (before) => patchClass(before, body)),
        )
        return { status: 200, body: presentClass(one) }
      },
    )
  }

  api.endpoint(
    {
      method: 'delete',
      path: `${path}/{class_id}`,
      operationId: 'deleteResourceClass',
      tag,
      access: 'admin',
      summary: 'Remove a class from a resource pool',
      params,
      answers: { 204: null },
    },
    async ({ principal, requestId, params: { pool_id, class_id } }) => {
      await change(db, { id: principal.id, requestId }, async (trx) => await removeClass(trx, pool_id, class_id))
      return { status: 204 }
    },
  )

  for (const [part, schema, operation] of [
    ['tolerations', tolerationsSchema, 'ResourceClassTolerations'],
    ['node_affinities', affinitiesSchema, 'ResourceClassNodeAffinities'],
  ] as const) {
    api.endpoint(
      {
        method: 'get',
        path: `${path}/{class_id}/${part}`,
        operationId: `get${operation}`,
        tag,
        access: 'admin',
        summary: `The ${part.replace('_', ' ')} of a class`,
        params,
        answers: { 200: schema as z.ZodType<readonly unknown[]> },
      },
      async ({ principal, params: { pool_id, class_id } }) => {
        const { classes } = await visiblePool(db, context, principal, pool_id)
        return { status: 200, body: find(classes, pool_id, class_id)[part] }
      },
    )

    api.endpoint(
      {
        method: 'delete',
        path: `${path}/{class_id}/${part}`,
        operationId: `delete${operation}`,
        tag,
        access: 'admin',
        summary: `Remove all ${part.replace('_', ' ')} of a class`,
        params,
        answers: { 204: null },
      },
      async ({ principal, requestId, params: { pool_id, class_id } }) => {
        const place = { poolId: pool_id, classId: class_id }
        const actor = { id: principal.id, requestId }
        await change(db, actor, async (trx) => await changeClass(trx, place, (one) => ({ ...one, [part]: [] })))
        return { status: 204 }
      },
    )
  }
}

function find(classes: readonly ResourceClass[], poolId: number, classId: number): ResourceClass {
  const one = classes.find(({ id }) => id === classId)
  if (one === undefined) throw classMissing(poolId, classId)
  return one
}
