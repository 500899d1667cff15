import { z } from '@hono/zod-openapi'
import { notFound, pageHeaders, pageQuery, pageRange } from '@millrace/http'
import { change } from '../change.ts'
import { ulidText } from '../ids.ts'
import { longPageQuery } from '../long-page.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { accountOf, installationsOf } from './account.ts'
import { type ConnectionRow, deleteConnection, findConnection, listConnections } from './connection-store.ts'
import { accountSchema, connectionSchema, installationSchema, tokenSchema } from './schemas.ts'
import { freshToken, type Token } from './tokens.ts'

const tag = 'connected_services'
const path = '/api/data/oauth2/connections'
const params = z.strictObject({ connection_id: ulidText })

/** What users connected. Everybody sees their own only. */
export function connectionRoutes(api: ServerApi, context: ServerContext): void {
  const { db } = context
  const find = async (userId: string, id: string): Promise<ConnectionRow> => {
    const row = await findConnection(db, userId, id)
    if (row === undefined) throw connectionMissing(id)
    return row
  }

  api.endpoint(
    {
      method: 'get',
      path,
      operationId: 'listServiceConnections',
      tag,
      access: 'open',
      summary: 'Services that you connected',
      query: z.strictObject(longPageQuery),
      answers: { 200: z.array(connectionSchema) },
    },
    async ({ principal, query }) => {
      if (principal.kind === 'anonymous') return { status: 200, body: [], headers: pageHeaders(query, 0) }
      const { rows, total } = await listConnections(db, principal.id, pageRange(query))
      return { status: 200, body: [...rows], headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: `${path}/{connection_id}`,
      operationId: 'getServiceConnection',
      tag,
      access: 'user',
      summary: 'A service that you connected',
      params,
      answers: { 200: connectionSchema },
    },
    async ({ principal, params: { connection_id } }) => ({
      status: 200,
      body: await find(principal.id, connection_id),
    }),
  )

  api.endpoint(
    {
      method: 'delete',
      path: `${path}/{connection_id}`,
      operationId: 'deleteServiceConnection',
      tag,
      access: 'user',
      summary: 'Disconnect a service',
      description: 'Its tokens are forgotten here.',
      params,
      answers: { 204: null },
    },
    async ({ principal, requestId, params: { connection_id } }) => {
      const actor = { id: principal.id, requestId }
      const isGone = await change(db, actor, async (trx) => await deleteConnection(trx, principal.id, connection_id))
      if (!isGone) throw connectionMissing(connection_id)
      return { status: 204 }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: `${path}/{connection_id}/account`,
      operationId: 'getConnectedAccount',
      tag,
      access: 'user',
      summary: 'Your account at a service',
      params,
      answers: { 200: accountSchema },
    },
    async ({ principal, params: { connection_id } }) => ({
      status: 200,
      body: await accountOf(context, await find(principal.id, connection_id)),
    }),
  )

  api.endpoint(
    {
      method: 'get',
      path: `${path}/{connection_id}/token`,
      operationId: 'getServiceToken',
      tag,
      access: 'user',
      summary: 'A token for a service, good for another minute at least',
      params,
      answers: { 200: tokenSchema },
    },
    async ({ principal, params: { connection_id } }) => ({
      status: 200,
      body: presentToken(await freshToken(context, await find(principal.id, connection_id))),
      headers: { 'cache-control': 'no-store' },
    }),
  )

  api.endpoint(
    {
      method: 'get',
      path: `${path}/{connection_id}/installations`,
      operationId: 'listAppInstallations',
      tag,
      access: 'user',
      summary: 'Where a GitHub App is installed; of other services nothing',
      params,
      query: z.strictObject(pageQuery),
      answers: { 200: z.array(installationSchema) },
    },
    async ({ principal, params: { connection_id }, query }) => {
      const { rows, total } = await installationsOf(context, await find(principal.id, connection_id), query)
      return { status: 200, body: rows, headers: pageHeaders(query, total) }
    },
  )
}

/** The refresh token stays here. */
function presentToken({ refresh_token: _, ...token }: Token): z.input<typeof tokenSchema> {
  const { expires_at } = token
  return {
    ...token,
    ...(expires_at === undefined ? {} : { expires_at_iso: new Date(expires_at * 1000).toISOString() }),
  }
}

export function connectionMissing(id: string) {
  return notFound('CONNECTION_MISSING', `There is no connection ${id} of yours.`)
}
