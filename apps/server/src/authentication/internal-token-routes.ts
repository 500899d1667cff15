import { z } from '@hono/zod-openapi'
import { forbidden } from '@millrace/http'
import { decodeJwt } from 'jose'
import type { ServerApi } from '../principals.ts'
import type { InternalTokens } from './internal-tokens.ts'

const pairSchema = z
  .object({
    access_token: z.string(),
    refresh_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int().openapi({ description: 'Seconds.' }),
    refresh_expires_in: z.int().openapi({ description: 'Seconds.' }),
    scope: z.string(),
  })
  .openapi('InternalTokens')

const places = [
  { path: '/internal/authentication/token', operationId: 'renewInternalToken' },
  { path: '/api/data/internal/authentication/token', operationId: 'renewDataInternalToken' },
]

export function internalTokenRoutes(api: ServerApi, tokens: InternalTokens): void {
  for (const place of places) {
    api.endpoint(
      {
        method: 'post',
        ...place,
        tag: 'authentication',
        access: 'anyone',
        rate: 'sign-in',
        summary: 'Renew the tokens of a session or job that runs for a user',
        form: true,
        body: z.object({ grant_type: z.literal('refresh_token'), refresh_token: z.string().min(1).max(10_000) }),
        answers: { 200: pairSchema },
      },
      async ({ body: { refresh_token } }) => {
        const { user, scope } = await tokens.verify(refresh_token, 'Refresh')
        const colon = scope.indexOf(':')
        const isAlive = tokens.scopeChecks.get(scope.slice(0, colon))
        if (isAlive === undefined || !(await isAlive(scope.slice(colon + 1), user.id))) {
          throw forbidden('SCOPE_ENDED', 'What the token was made for is not running, so it is not renewed.')
        }
        const pair = await tokens.issue(user, scope, { long: decodeJwt(refresh_token).long === true })
        return {
          status: 200,
          body: {
            ...{ access_token: pair.accessToken, refresh_token: pair.refreshToken, token_type: 'Bearer' as const },
            ...{ expires_in: pair.accessSeconds, refresh_expires_in: pair.refreshSeconds, scope },
          },
        }
      },
    )
  }
}
