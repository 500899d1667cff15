import { z } from '@hono/zod-openapi'
import { buildEndSessionUrl } from 'openid-client'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { readCookie, setCookie } from './cookies.ts'
import type { Authentication } from './create-authentication.ts'
import { csrfToken, publicOrigin } from './csrf.ts'
import { endSessions, sessionIs } from './session-store.ts'

const tag = 'authentication'
const access = 'open'

const sessionSchema = z
  .object({
    user: z
      .object({
        id: z.string(),
        name: z.string(),
        email: z.string().optional(),
        is_admin: z.boolean(),
      })
      .optional()
      .openapi({ description: 'Whoever is signed in.' }),
    csrf_token: z.string().optional().openapi({
      description: 'For browsers: the header X-CSRF-Token of every change.',
    }),
    sign_in_url: z.string().optional().openapi({ description: 'Where to sign in, if that is possible here.' }),
  })
  .openapi('Session')

/** What pages ask about who uses them. */
export function sessionRoutes(
  api: ServerApi,
  { db, settings }: Pick<ServerContext, 'db' | 'settings'>,
  { oidc }: Authentication,
): void {
  api.endpoint(
    {
      method: 'get',
      path: '/api/auth/session',
      operationId: 'getSession',
      ...{ tag, access },
      summary: 'Who is signed in',
      query: z.strictObject({}),
      answers: { 200: sessionSchema },
    },
    ({ principal, request }) => {
      const session = request.headers.has('authorization') ? null : readCookie(request, 'session', settings)
      const signIn = oidc === null ? {} : { sign_in_url: '/api/auth/login' }
      if (principal.kind === 'anonymous') return { status: 200, body: signIn }
      const { id, name, email, isAdmin } = principal
      const user = { id, name, is_admin: isAdmin, ...(email === null ? {} : { email }) }
      return { status: 200, body: { user, ...signIn, ...(session === null ? {} : { csrf_token: csrfToken(session) }) } }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path: '/api/auth/logout',
      operationId: 'signOut',
      ...{ tag, access },
      summary: 'End the session of this browser',
      answers: {
        200: z
          .object({
            issuer_url: z.string().optional().openapi({ description: 'Open it to sign out of the issuer as well.' }),
          })
          .openapi('SignedOut'),
      },
    },
    async ({ request, requestId }) => {
      const session = readCookie(request, 'session', settings)
      if (session !== null) await endSessions(db, sessionIs(session), { requestId })
      const url = await endSessionUrl(request)
      return {
        status: 200,
        body: url === null ? {} : { issuer_url: url },
        headers: { 'set-cookie': setCookie('session', '', { maxAgeSeconds: 0, settings }) },
      }
    },
  )

  async function endSessionUrl(request: Request): Promise<string | null> {
    const config = await oidc?.configuration().catch(() => null)
    if (!config?.serverMetadata().end_session_endpoint) return null
    return buildEndSessionUrl(config, { post_logout_redirect_uri: `${publicOrigin(request, settings)}/` }).href
  }
}
