import { z } from '@hono/zod-openapi'
import type { Trx } from '@millrace/db'
import { isNotModified, pageHeaders, pageQuery, pageRange } from '@millrace/http'
import { change } from '../change.ts'
import { ulidText } from '../ids.ts'
import { missingNamespace } from '../namespaces/index.ts'
import type { ServerApi, UserPrincipal } from '../principals.ts'
import { missingProject } from '../projects/index.ts'
import type { ServerContext } from '../server-context.ts'
import { changeConnection, createConnection, missingConnection } from './change-connection.ts'
import { type FindPlace, holdPlace, type Place } from './place.ts'
import {
  connectionChangesSchema,
  connectionEtag,
  connectionSchema,
  newConnectionSchema,
  presentConnection,
  usingTaskSchema,
} from './schemas.ts'
import { deleteConnection, listConnections, listUsers, readConnection } from './store.ts'

const tag = 'connections'

export interface PlaceRoutes {
  readonly path: string
  /** In names of operations. */
  readonly name: 'Project' | 'Namespace' | 'Platform'
  readonly access: 'user' | 'admin'
}

/** Parameters of the path of a place, and of a connection in it. */
export function placeParams<Shape extends z.ZodRawShape>(shape: Shape) {
  type OfPlace = z.output<z.ZodObject<Shape>>
  const ofPlace = z.strictObject(shape) as unknown as z.ZodType<OfPlace>
  const ofConnection = z.strictObject({ ...shape, connection: ulidText }) as unknown as z.ZodType<
    OfPlace & { connection: string }
  >
  return { ofPlace, ofConnection }
}

export function connectionRoutesOf<Shape extends z.ZodRawShape>(
  api: ServerApi,
  context: ServerContext,
  { path, name, access }: PlaceRoutes,
  shape: Shape,
  findPlace: FindPlace<z.output<z.ZodObject<Shape>>>,
): void {
  const { db, workflowAccess } = context
  const { ofPlace, ofConnection } = placeParams(shape)
  const whose = `of the ${name.toLowerCase()}`
  type OfPlace = z.output<z.ZodObject<Shape>>
  const placeToChange = async (trx: Trx, caller: UserPrincipal, params: OfPlace): Promise<Place> => {
    const place = await findPlace(trx, caller, params, 'write')
    if (await holdPlace(trx, place)) return place
    throw place.kind === 'project'
      ? missingProject(place.id)
      : missingNamespace('slug' in params ? `${params.slug}` : '')
  }

  api.endpoint(
    {
      ...{ method: 'get', path, operationId: `list${name}Connections`, tag, access },
      summary: `Connections ${whose} by name, without secrets`,
      params: ofPlace,
      query: z.strictObject(pageQuery),
      answers: { 200: z.array(connectionSchema) },
    },
    async ({ principal, params, query }) => {
      const place = await findPlace(db, principal, params, 'read_children')
      const { rows, total } = await listConnections(db, place, pageRange(query))
      return { status: 200, body: rows.map(presentConnection), headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      ...{ method: 'post', path, operationId: `create${name}Connection`, tag, access },
      summary: `Save a connection for tasks ${whose}`,
      description: 'Secret settings are sealed and never shown again.',
      params: ofPlace,
      body: newConnectionSchema,
      answers: { 201: connectionSchema },
    },
    async ({ principal, params, requestId, body }) => {
      const connection = await change(db, { id: principal.id, requestId }, async (trx) => {
        const place = await placeToChange(trx, principal, params)
        return await createConnection(trx, context, place, { ...body, createdBy: principal.id })
      })
      return { status: 201, body: presentConnection(connection), headers: { etag: connectionEtag(connection) } }
    },
  )

  api.endpoint(
    {
      ...{ method: 'get', path: `${path}/{connection}`, operationId: `get${name}Connection`, tag, access },
      summary: 'A connection, without secrets',
      params: ofConnection,
      answers: { 200: connectionSchema, 304: null },
    },
    async ({ principal, params, request }) => {
      const place = await findPlace(db, principal, params, 'read_children')
      const connection = await readConnection(db, place, params.connection)
      if (connection === null) throw missingConnection(params.connection)
      const headers = { etag: connectionEtag(connection) }
      if (isNotModified(request, headers.etag)) return { status: 304, headers }
      return { status: 200, body: presentConnection(connection), headers }
    },
  )

  api.endpoint(
    {
      ...{ method: 'patch', path: `${path}/{connection}`, operationId: `update${name}Connection`, tag, access },
      summary: 'Change a connection, for tasks that ask for it from now on',
      description: 'Settings that are given replace former ones; null takes one away.',
      ifMatch: true,
      params: ofConnection,
      body: connectionChangesSchema,
      answers: { 200: connectionSchema },
    },
    async ({ principal, params, ifMatch, requestId, body }) => {
      const connection = await change(db, { id: principal.id, requestId }, async (trx) => {
        const place = await placeToChange(trx, principal, params)
        return await changeConnection(trx, context, { place, id: params.connection, ifMatch }, body)
      })
      return { status: 200, body: presentConnection(connection), headers: { etag: connectionEtag(connection) } }
    },
  )

  api.endpoint(
    {
      ...{ method: 'delete', path: `${path}/{connection}`, operationId: `delete${name}Connection`, tag, access },
      summary: 'Remove a connection: tasks that ask for it fail from now on',
      params: ofConnection,
      answers: { 204: null },
    },
    async ({ principal, params, requestId }) => {
      const isGone = await change(db, { id: principal.id, requestId }, async (trx) => {
        const place = await placeToChange(trx, principal, params)
        return await deleteConnection(trx, place, params.connection)
      })
      if (!isGone) throw missingConnection(params.connection)
      return { status: 204 }
    },
  )

  api.endpoint(
    {
      ...{ method: 'get', path: `${path}/{connection}/used-by`, operationId: `list${name}ConnectionUses`, tag, access },
      summary: 'Versions of workflows with tasks that get this connection by its name',
      description: 'Of the workflows that the caller may see. Names with templates are not looked at.',
      params: ofConnection,
      query: z.strictObject(pageQuery),
      answers: { 200: z.array(usingTaskSchema) },
    },
    async ({ principal, params, query }) => {
      const place = await findPlace(db, principal, params, 'read_children')
      const connection = await readConnection(db, place, params.connection)
      if (connection === null) throw missingConnection(params.connection)
      const where = workflowAccess.condition(principal)
      const { rows, total } = await listUsers(db, connection, where, pageRange(query))
      const body = rows.map((row) => ({ ...row, nodes: [...row.nodes] }))
      return { status: 200, body, headers: pageHeaders(query, total) }
    },
  )
}
