import { z } from '@hono/zod-openapi'
import { change } from '../change.ts'
import { text } from '../common-schemas.ts'
import { ulidText } from '../ids.ts'
import type { ServerApi, UserPrincipal } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { ensureUser } from '../users/index.ts'
import { missingConnector } from './change-connector.ts'
import { readConnector, visibleConnectors } from './store.ts'
import { changeValues, listValues, removeValues } from './user-values.ts'

const tag = 'data connectors'
const path = '/api/data/data_connectors/{data_connector_id}/secrets'
const params = z.strictObject({ data_connector_id: ulidText })
const valueSchema = z.object({ name: z.string(), secret_id: z.string() }).openapi('DataConnectorSecret')

/** What each user has for the sensitive options of a connector. Values go in and never come out. */
export function valueRoutes(api: ServerApi, context: ServerContext): void {
  const { db, authz } = context
  const readable = async (principal: UserPrincipal, id: string) => {
    const connector = await readConnector(db, id, visibleConnectors(authz, principal, 'read'))
    if (connector === undefined) throw missingConnector(id)
    return connector
  }

  api.endpoint(
    {
      method: 'get',
      path,
      operationId: 'listDataConnectorSecrets',
      tag,
      access: 'user',
      summary: 'Your secrets for a data connector, without their values',
      params,
      answers: { 200: z.array(valueSchema) },
    },
    async ({ principal, params: { data_connector_id } }) => {
      const { id } = await readable(principal, data_connector_id)
      return { status: 200, body: await listValues(db, id, principal.id) }
    },
  )

  api.endpoint(
    {
      method: 'patch',
      path,
      operationId: 'changeDataConnectorSecrets',
      tag,
      access: 'user',
      summary: 'Give values for sensitive options of a data connector',
      description: 'Each value becomes a secret of yours of the kind `storage`. Null takes it off the connector.',
      params,
      body: z.array(z.strictObject({ name: z.string().min(1).max(99), value: text(5000).min(1).nullable() })).max(100),
      answers: { 200: z.array(valueSchema) },
    },
    async ({ principal, requestId, params: { data_connector_id }, body }) => {
      const connector = await readable(principal, data_connector_id)
      await ensureUser(context, principal)
      const values = await change(db, { id: principal.id, requestId }, async (trx) => {
        await changeValues(trx, context, { connector, userId: principal.id }, body)
        return await listValues(trx, connector.id, principal.id)
      })
      return { status: 200, body: values }
    },
  )

  api.endpoint(
    {
      method: 'delete',
      path,
      operationId: 'removeDataConnectorSecrets',
      tag,
      access: 'user',
      summary: 'Take all of your secrets off a data connector',
      description: 'The secrets themselves stay yours.',
      params,
      answers: { 204: null },
    },
    async ({ principal, requestId, params: { data_connector_id } }) => {
      const { id } = await readable(principal, data_connector_id)
      await change(db, { id: principal.id, requestId }, async (trx) => await removeValues(trx, id, principal.id))
      return { status: 204 }
    },
  )
}
