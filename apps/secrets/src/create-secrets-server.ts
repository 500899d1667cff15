import { z } from '@hono/zod-openapi'
import { sql } from '@millrace/db'
import { createApi, healthEndpoints } from '@millrace/http'
import { admit, internalTokens } from './authenticate.ts'
import { kubernetesRoutes } from './kubernetes/routes.ts'
import { openRoutes } from './open-routes.ts'
import { rotationExposition } from './rotation/rotation-metrics.ts'
import { countSealedWithOthers } from './sealed-store.ts'
import type { SecretsAccess, SecretsApi, SecretsContext } from './secrets-context.ts'

export interface SecretsServerOptions {
  readonly context: SecretsContext
  /** Shared with the server. */
  readonly internalTokenKey: Uint8Array
  readonly version: string
  readonly closing: AbortSignal
}

/** The routes of the secrets service. */
export function createSecretsServer(options: SecretsServerOptions): SecretsApi {
  const { context, internalTokenKey, version, closing } = options
  const { db, keys, log, rotationMetrics } = context
  const api: SecretsApi = createApi<SecretsAccess>({
    log,
    closing,
    authenticate: [internalTokens(internalTokenKey)],
    admit,
  })
  const checks = {
    database: async () => {
      await db.execute(sql`select from secrets.sealed limit 1`)
    },
  }
  healthEndpoints(api, { version, checks, closing, prefix: '/api/secrets' })
  openRoutes(api, context)
  kubernetesRoutes(api, context)
  api.endpoint(
    {
      method: 'get',
      path: '/metrics',
      operationId: 'getMetrics',
      tag: 'platform',
      access: 'anyone',
      summary: 'Metrics for Prometheus: how far the rotation of keys is',
      query: z.strictObject({}),
      answers: { 200: { contentType: 'text/plain' } },
      logLevel: 'debug',
    },
    async () => {
      const text = rotationExposition(rotationMetrics, await countSealedWithOthers(db, keys.id))
      return {
        response: new Response(text, { headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } }),
      }
    },
  )
  return api
}
