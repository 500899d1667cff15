import { z } from '@hono/zod-openapi'
import { conflict, notFound, pageHeaders, pageRange, queryBoolean } from '@millrace/http'
import { change } from '../change.ts'
import { ulidText } from '../ids.ts'
import { longPageQuery } from '../long-page.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { environmentPatch, environmentPost, environmentSchema, presentEnvironment } from './schemas.ts'
import {
  countLaunchersOf,
  deleteEnvironment,
  environmentSettings,
  findGlobalEnvironment,
  insertEnvironment,
  listGlobalEnvironments,
  lockGlobalEnvironment,
  patchSettings,
  updateEnvironment,
} from './store.ts'

const tag = 'environments'
const path = '/api/data/environments'
const params = z.strictObject({ environment_id: ulidText })

/** Environments for every project; those of a single launcher are changed with the launcher. */
export function environmentRoutes(api: ServerApi, { db }: ServerContext): void {
  api.endpoint(
    {
      method: 'get',
      path,
      operationId: 'listEnvironments',
      tag,
      access: 'open',
      summary: 'Environments for every project, the newest first',
      query: z.strictObject({ ...longPageQuery, include_archived: queryBoolean({ default: false }) }),
      answers: { 200: z.array(environmentSchema) },
    },
    async ({ query }) => {
      const options = { includeArchived: query.include_archived }
      const { rows, total } = await listGlobalEnvironments(db, options, pageRange(query))
      return { status: 200, body: rows.map(presentEnvironment), headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path,
      operationId: 'createEnvironment',
      tag,
      access: 'admin',
      summary: 'Make an environment for every project',
      body: environmentPost,
      answers: { 201: environmentSchema },
    },
    async ({ principal, requestId, body: { environment_image_source: _, ...body } }) => {
      const row = await change(db, { id: principal.id, requestId }, async (trx) => {
        const settings = environmentSettings(body)
        const id = await insertEnvironment(trx, { ...settings, kind: 'GLOBAL', createdBy: principal.id })
        return (await findGlobalEnvironment(trx, id)) ?? missing(id)
      })
      return { status: 201, body: presentEnvironment(row) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: `${path}/{environment_id}`,
      operationId: 'getEnvironment',
      tag,
      access: 'open',
      summary: 'An environment for every project',
      params,
      answers: { 200: environmentSchema },
    },
    async ({ params: { environment_id } }) => ({
      status: 200,
      body: presentEnvironment((await findGlobalEnvironment(db, environment_id)) ?? missing(environment_id)),
    }),
  )

  api.endpoint(
    {
      method: 'patch',
      path: `${path}/{environment_id}`,
      operationId: 'updateEnvironment',
      tag,
      access: 'admin',
      summary: 'Change an environment for every project',
      params,
      body: environmentPatch,
      answers: { 200: environmentSchema },
    },
    async ({ principal, requestId, params: { environment_id }, body }) => {
      const row = await change(db, { id: principal.id, requestId }, async (trx) => {
        const former = (await lockGlobalEnvironment(trx, environment_id)) ?? missing(environment_id)
        const settings = patchSettings(former, body)
        await updateEnvironment(trx, environment_id, settings)
        return { ...former, ...settings }
      })
      return { status: 200, body: presentEnvironment(row) }
    },
  )

  api.endpoint(
    {
      method: 'delete',
      path: `${path}/{environment_id}`,
      operationId: 'deleteEnvironment',
      tag,
      access: 'admin',
      summary: 'Remove an environment that no launcher uses',
      params,
      answers: { 204: null },
    },
    async ({ principal, requestId, params: { environment_id } }) => {
      await change(db, { id: principal.id, requestId }, async (trx) => {
        const row = await lockGlobalEnvironment(trx, environment_id)
        if (row === undefined) return
        const launchers = await countLaunchersOf(trx, environment_id)
        if (launchers > 0) {
          throw conflict(
            'ENVIRONMENT_IN_USE',
            `The environment "${row.name}" is in use (launchers: ${launchers}). Set is_archived to offer it no longer.`,
          )
        }
        await deleteEnvironment(trx, environment_id)
      })
      return { status: 204 }
    },
  )
}

function missing(id: string): never {
  throw notFound('ENVIRONMENT_MISSING', `There is no environment ${id} for every project.`)
}
