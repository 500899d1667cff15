import { z } from '@hono/zod-openapi'
import { forbidden } from '@millrace/http'
import { decodeJwt } from 'jose'
import { ulidText } from '../ids.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { connectionMissing } from './connection-routes.ts'
import { findConnection } from './connection-store.ts'
import { freshToken } from './tokens.ts'

const pairSchema = z
  .object({
    access_token: z.string().openapi({ description: 'Of the service.' }),
    token_type: z.string(),
    expires_in: z.int().openapi({ description: 'Seconds.' }),
    refresh_token: z.string().openapi({ description: 'Of this platform, for the next call.' }),
    refresh_expires_in: z.int().openapi({ description: 'Seconds.' }),
    scope: z.string().optional(),
  })
  .openapi('SessionServiceToken')

/** Seconds, for services that name no end of their tokens. */
const usualLife = 3600

/** For applications inside of sessions, which speak OAuth 2: to them this platform is the service's token endpoint. */
export function tokenEndpointRoutes(
  api: ServerApi,
  context: Pick<ServerContext, 'db' | 'settings' | 'log' | 'internalTokens'>,
): void {
  const { db, internalTokens } = context
  api.endpoint(
    {
      method: 'post',
      path: '/api/data/oauth2/connections/{connection_id}/token_endpoint',
      operationId: 'renewServiceToken',
      tag: 'connected_services',
      access: 'anyone',
      rate: 'sign-in',
      summary: 'A token for a service, by the refresh token of a session or job',
      params: z.strictObject({ connection_id: ulidText }),
      form: true,
      // Clients add what their libraries add, such as client_id.
      body: z.object({ grant_type: z.literal('refresh_token'), refresh_token: z.string().min(1).max(10_000) }),
      answers: { 200: pairSchema },
    },
    async ({ params: { connection_id }, body: { refresh_token } }) => {
      const { user, scope } = await internalTokens.verify(refresh_token, 'Refresh')
      const colon = scope.indexOf(':')
      const isAlive = internalTokens.scopeChecks.get(scope.slice(0, colon))
      if (isAlive === undefined || !(await isAlive(scope.slice(colon + 1), user.id))) {
        throw forbidden('SCOPE_ENDED', 'What the token was made for is not running, so it is not renewed.')
      }
      const connection = await findConnection(db, user.id, connection_id)
      if (connection === undefined) throw connectionMissing(connection_id)
      const token = await freshToken(context, connection)
      const pair = await internalTokens.issue(user, scope, { long: decodeJwt(refresh_token).long === true })
      const secondsLeft = token.expires_at === undefined ? usualLife : token.expires_at - Math.floor(Date.now() / 1000)
      return {
        status: 200,
        body: {
          access_token: token.access_token,
          token_type: token.token_type,
          expires_in: Math.max(0, secondsLeft),
          refresh_token: pair.refreshToken,
          refresh_expires_in: pair.refreshSeconds,
          ...(token.scope === undefined ? {} : { scope: token.scope }),
        },
        headers: { 'cache-control': 'no-store' },
      }
    },
  )
}
