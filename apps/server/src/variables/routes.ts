import { z } from '@hono/zod-openapi'
import { notFound, pageHeaders, pageQuery, pageRange } from '@millrace/http'
import { change } from '../change.ts'
import { json, plainName } from '../common-schemas.ts'
import { ulidText } from '../ids.ts'
import type { ServerApi, UserPrincipal } from '../principals.ts'
import { missingProject, projectRef } from '../projects/index.ts'
import type { ServerContext } from '../server-context.ts'
import { deleteVariable, listVariables, putVariable, readVariable } from './store.ts'

const tag = 'variables'
const variableSchema = z.object({ name: z.string(), value: json }).openapi('Variable')

/** Whose variables: the id of a project, or null for the platform's. Throws 404 for who may not do this there. */
type FindPlace<Params> = (
  caller: UserPrincipal,
  params: Params,
  permission: 'read_children' | 'write',
) => Promise<string | null>

/** Values for templates and tasks. A run sees them as they were when it was made, its project's before the platform's. They are no place for secrets. */
export function variableRoutes(api: ServerApi, context: ServerContext): void {
  const { db, authz } = context
  const ofPlatform: FindPlace<Record<never, never>> = async () => null
  const ofProject: FindPlace<{ id: string }> = async (caller, { id }, permission) => {
    if (await authz.can(db, caller, permission, projectRef(id))) return id
    throw missingProject(id)
  }
  routesOf(api, context, { path: '/api/variables', name: '', change: 'admin' }, {}, ofPlatform)
  const project = { path: '/api/projects/{id}/variables', name: 'Project', change: 'user' } as const
  routesOf(api, context, project, { id: ulidText }, ofProject)
}

function routesOf<Shape extends z.ZodRawShape>(
  api: ServerApi,
  { db }: ServerContext,
  {
    path,
    name,
    change: mayChange,
  }: { readonly path: string; readonly name: string; readonly change: 'user' | 'admin' },
  shape: Shape,
  findPlace: FindPlace<z.output<z.ZodObject<Shape>>>,
): void {
  type OfPlace = z.output<z.ZodObject<Shape>>
  const ofPlace = z.strictObject(shape) as unknown as z.ZodType<OfPlace>
  const ofVariable = z.strictObject({ ...shape, variable: plainName }) as unknown as z.ZodType<
    OfPlace & { variable: string }
  >
  const whose = name === '' ? '' : ' of a project'

  api.endpoint(
    {
      method: 'get',
      path,
      operationId: `list${name}Variables`,
      tag,
      access: 'user',
      summary: `Variables${whose} by name`,
      params: ofPlace,
      query: z.strictObject(pageQuery),
      answers: { 200: z.array(variableSchema) },
    },
    async ({ principal, params, query }) => {
      const place = await findPlace(principal, params, 'read_children')
      const { rows, total } = await listVariables(db, place, pageRange(query))
      return { status: 200, body: [...rows], headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: `${path}/{variable}`,
      operationId: `get${name}Variable`,
      tag,
      access: 'user',
      summary: `A variable${whose}`,
      params: ofVariable,
      answers: { 200: variableSchema },
    },
    async ({ principal, params }) => {
      const place = await findPlace(principal, params, 'read_children')
      const row = await readVariable(db, place, params.variable)
      if (row === undefined) throw missing(params.variable)
      return { status: 200, body: row }
    },
  )

  api.endpoint(
    {
      method: 'put',
      path: `${path}/{variable}`,
      operationId: `put${name}Variable`,
      tag,
      access: mayChange,
      summary: `Set a variable${whose}, for runs that are made from now on`,
      params: ofVariable,
      body: z.strictObject({ value: z.unknown().refine((value) => value !== undefined, 'is missing') }),
      answers: { 200: variableSchema, 201: variableSchema },
    },
    async ({ principal, params, body: { value }, requestId }) => {
      const place = await findPlace(principal, params, 'write')
      const row = { name: params.variable, value }
      const isNew = await change(db, { id: principal.id, requestId }, (trx) => putVariable(trx, place, row))
      return { status: isNew ? 201 : 200, body: row }
    },
  )

  api.endpoint(
    {
      method: 'delete',
      path: `${path}/{variable}`,
      operationId: `delete${name}Variable`,
      tag,
      access: mayChange,
      summary: `Remove a variable${whose}`,
      params: ofVariable,
      answers: { 204: null },
    },
    async ({ principal, params, requestId }) => {
      const place = await findPlace(principal, params, 'write')
      const isGone = await change(db, { id: principal.id, requestId }, (trx) =>
        deleteVariable(trx, place, params.variable),
      )
      if (!isGone) throw missing(params.variable)
      return { status: 204 }
    },
  )
}

function missing(name: string) {
  return notFound('VARIABLE_MISSING', `There is no variable "${name}".`)
}
