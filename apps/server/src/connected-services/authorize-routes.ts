import { z } from '@hono/zod-openapi'
import { forbidden } from '@millrace/http'
import { publicOrigin } from '../authentication/index.ts'
import { text } from '../common-schemas.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { authorize, finish } from './authorize.ts'
import { callbackUrl, checkNextUrl } from './next-url.ts'
import { callbackQuery, providerIdText } from './schemas.ts'

const tag = 'connected_services'

/** The way of a browser to a service, where its user agrees, and back. */
export function authorizeRoutes(api: ServerApi, context: ServerContext): void {
  const { settings } = context

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/oauth2/providers/{provider_id}/authorize',
      operationId: 'authorizeProvider',
      tag,
      access: 'user',
      summary: 'Connect a service: leads the browser there',
      params: z.strictObject({ provider_id: providerIdText }),
      query: z.strictObject({
        next_url: text(2000)
          .optional()
          .openapi({ description: 'Where the browser goes afterwards: a path, or an address of this platform.' }),
      }),
      answers: { 302: null },
    },
    async ({ principal, params: { provider_id }, query: { next_url }, request, requestId }) => {
      checkOrigin(request)
      const nextUrl = next_url === undefined ? null : checkNextUrl(next_url, publicOrigin(request, settings))
      const url = await authorize(context, principal, provider_id, {
        requestId,
        callbackUrl: callbackUrl(settings, request),
        nextUrl,
      })
      return redirect(url.href)
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/oauth2/callback',
      operationId: 'finishAuthorization',
      tag,
      access: 'open',
      summary: 'Where services send the browser back to',
      query: callbackQuery,
      answers: { 200: z.object({ status: z.literal('OK') }), 302: null },
    },
    async ({ principal, query, requestId }) => {
      const next = await finish(context, principal, query, requestId)
      if (next !== null) return redirect(next)
      return { status: 200, body: { status: 'OK' as const } }
    },
  )
}

/** A page elsewhere must not set back what a user connected, by sending the browser here. */
function checkOrigin(request: Request): void {
  if (request.headers.get('sec-fetch-site') !== 'cross-site') return
  throw forbidden(
    'ORIGIN_FOREIGN',
    'Services are connected from pages of this platform. Open one of them, and connect it there.',
  )
}

function redirect(location: string) {
  return { status: 302 as const, headers: { location, 'cache-control': 'no-store' } }
}
