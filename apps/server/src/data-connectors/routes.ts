import { z } from '@hono/zod-openapi'
import type { Sql } from '@millrace/db'
import { isNotModified, notFound, pageHeaders, pageQuery, pageRange } from '@millrace/http'
import type { Caller } from '../authz/index.ts'
import { change } from '../change.ts'
import { ulidText } from '../ids.ts'
import { permissionsOn, permissionsSchema } from '../members.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { slugInPath } from '../slugs.ts'
import { ensureUser } from '../users/index.ts'
import {
  changeConnector,
  createConnector,
  forgetConnectors,
  lockConnectorFor,
  missingConnector,
} from './change-connector.ts'
import { importDoi } from './import-doi.ts'
import { linkRoutes } from './link-routes.ts'
import {
  connectorChangesSchema,
  connectorSchema,
  namespacePath,
  newConnectorSchema,
  newGlobalConnectorSchema,
  presentConnector,
} from './schemas.ts'
import { connectorIdByPath, connectorRef, inPlace, listConnectors, readConnector, visibleConnectors } from './store.ts'
import { valueRoutes } from './value-routes.ts'

const tag = 'data connectors'
const params = z.strictObject({ data_connector_id: ulidText })

export function dataConnectorRoutes(api: ServerApi, context: ServerContext): void {
  const { db, authz } = context

  /** 304 when the caller has this version already, null when there is nothing that the caller may see. */
  const answerConnector = async (
    { principal, request }: { readonly principal: Caller; readonly request: Request },
    id: string | Sql,
  ) => {
    const connector = await readConnector(db, id, visibleConnectors(authz, principal, 'read'))
    if (connector === undefined) return null
    const body = presentConnector(connector)
    const headers = { etag: body.etag }
    if (isNotModified(request, body.etag)) return { status: 304 as const, headers }
    return { status: 200 as const, body, headers }
  }
  const missingAt = (path: string) =>
    notFound('DATA_CONNECTOR_MISSING', `There is no data connector "${path}", or you may not see it.`)

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/data_connectors',
      operationId: 'listDataConnectors',
      tag,
      access: 'open',
      summary: 'Data connectors that you may see, the newest first',
      query: z.strictObject({ ...pageQuery, namespace: namespacePath.optional() }),
      answers: { 200: z.array(connectorSchema) },
    },
    async ({ principal, query }) => {
      const visible = visibleConnectors(authz, principal, 'read')
      const conditions = query.namespace === undefined ? [visible] : [inPlace(query.namespace), visible]
      const { rows, total } = await listConnectors(db, conditions, pageRange(query))
      return { status: 200, body: rows.map(presentConnector), headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path: '/api/data/data_connectors',
      operationId: 'createDataConnector',
      tag,
      access: 'user',
      summary: 'Create a data connector in a namespace or a project',
      description:
        'Sensitive values are not kept: every user gives own ones at `/data_connectors/{id}/secrets`. A connector in a project is linked to it by itself only when it is moved there.',
      body: newConnectorSchema,
      answers: { 201: connectorSchema },
    },
    async ({ principal, requestId, body }) => {
      await ensureUser(context, principal)
      const connector = await change(
        db,
        { id: principal.id, requestId },
        async (trx) => await createConnector(trx, context, principal, body),
      )
      const made = presentConnector(connector)
      return { status: 201, body: made, headers: { etag: made.etag } }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path: '/api/data/data_connectors/global',
      operationId: 'importDataConnector',
      tag,
      access: 'user',
      summary: 'Make a data connector for everybody out of a DOI',
      description: 'Answers 201 with the new one, or 200 with the one that the DOI has already.',
      body: newGlobalConnectorSchema,
      answers: { 200: connectorSchema, 201: connectorSchema },
    },
    async ({ principal, requestId, body: { storage } }) => {
      await ensureUser(context, principal)
      const { doi, provider } = storage.configuration
      const wanted = { doi, provider, targetPath: storage.target_path }
      const { connector, isNew } = await importDoi(context, { principal, requestId }, wanted)
      const made = presentConnector(connector)
      return { status: isNew ? 201 : 200, body: made, headers: { etag: made.etag } }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/data_connectors/global/{slug}',
      operationId: 'getGlobalDataConnector',
      tag,
      access: 'open',
      summary: 'A data connector for everybody, by its slug',
      params: z.strictObject({ slug: slugInPath }),
      answers: { 200: connectorSchema, 304: null },
    },
    async (call) => {
      const answer = await answerConnector(call, connectorIdByPath(null, call.params.slug))
      if (answer === null) throw missingAt(call.params.slug)
      return answer
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/data_connectors/{data_connector_id}',
      operationId: 'getDataConnector',
      tag,
      access: 'open',
      summary: 'A data connector',
      params,
      answers: { 200: connectorSchema, 304: null },
    },
    async (call) => {
      const answer = await answerConnector(call, call.params.data_connector_id)
      if (answer === null) throw missingConnector(call.params.data_connector_id)
      return answer
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/namespaces/{namespace}/data_connectors/{slug}',
      operationId: 'getDataConnectorByPath',
      tag,
      access: 'open',
      summary: 'A data connector of a user or group, by its path',
      description: 'Also by slugs that it or its namespace had before.',
      params: z.strictObject({ namespace: slugInPath, slug: slugInPath }),
      answers: { 200: connectorSchema, 304: null },
    },
    async (call) => {
      const { namespace, slug } = call.params
      const answer = await answerConnector(call, connectorIdByPath(namespace, slug))
      if (answer === null) throw missingAt(`${namespace}/${slug}`)
      return answer
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/namespaces/{namespace}/projects/{project}/data_connectors/{slug}',
      operationId: 'getDataConnectorOfProjectByPath',
      tag,
      access: 'open',
      summary: 'A data connector of a project, by its path',
      description: 'Also by slugs that it, its project or its namespace had before.',
      params: z.strictObject({ namespace: slugInPath, project: slugInPath, slug: slugInPath }),
      answers: { 200: connectorSchema, 304: null },
    },
    async (call) => {
      const { namespace, project, slug } = call.params
      const answer = await answerConnector(call, connectorIdByPath(`${namespace}/${project}`, slug))
      if (answer === null) throw missingAt(`${namespace}/${project}/${slug}`)
      return answer
    },
  )

  api.endpoint(
    {
      method: 'patch',
      path: '/api/data/data_connectors/{data_connector_id}',
      operationId: 'updateDataConnector',
      tag,
      access: 'user',
      ifMatch: true,
      summary: 'Change a data connector, rename it, or move it',
      params,
      body: connectorChangesSchema,
      answers: { 200: connectorSchema },
    },
    async ({ principal, requestId, ifMatch, params: { data_connector_id: id }, body }) => {
      const connector = await change(
        db,
        { id: principal.id, requestId },
        async (trx) => await changeConnector(trx, context, { principal, id, ifMatch }, body),
      )
      const changed = presentConnector(connector)
      return { status: 200, body: changed, headers: { etag: changed.etag } }
    },
  )

  api.endpoint(
    {
      method: 'delete',
      path: '/api/data/data_connectors/{data_connector_id}',
      operationId: 'deleteDataConnector',
      tag,
      access: 'user',
      summary: 'Remove a data connector and its links',
      description: 'The data stays where it is.',
      params,
      answers: { 204: null },
    },
    async ({ principal, requestId, params: { data_connector_id: id } }) => {
      await change(db, { id: principal.id, requestId }, async (trx) => {
        await lockConnectorFor(trx, context, { principal, id, permission: 'delete' })
        await forgetConnectors(trx, authz, [id])
      })
      return { status: 204 }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/data_connectors/{data_connector_id}/permissions',
      operationId: 'getDataConnectorPermissions',
      tag,
      access: 'open',
      summary: 'What you may do to a data connector',
      params,
      answers: { 200: permissionsSchema },
    },
    async ({ principal, params: { data_connector_id: id } }) => {
      const [connector, permissions] = await Promise.all([
        readConnector(db, id),
        permissionsOn(db, authz, principal, connectorRef(id)),
      ])
      if (connector === undefined || permissions === null) throw missingConnector(id)
      return { status: 200, body: permissions }
    },
  )

  // After what has "global" in the place of an id.
  linkRoutes(api, context)
  valueRoutes(api, context)
}
