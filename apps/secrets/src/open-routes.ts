import { z } from '@hono/zod-openapi'
import { forbidden } from '@millrace/http'
import { openLayers, refuseMissing } from './open-layers.ts'
import { readSealed } from './sealed-store.ts'
import type { SecretsApi, SecretsContext } from './secrets-context.ts'

export function openRoutes(api: SecretsApi, context: SecretsContext): void {
  api.endpoint(
    {
      method: 'post',
      path: '/api/secrets/open',
      operationId: 'openSealed',
      tag: 'secrets',
      access: 'opener',
      summary: 'Take the outer layer off sealed values',
      description:
        'The token has to name the owner and each of the values. What is answered opens with the key of the owner.',
      body: z.strictObject({ owner: z.string().min(1).max(300), secret_ids: z.array(z.ulid()).min(1).max(100) }),
      answers: {
        200: z.object({ secrets: z.array(z.object({ id: z.string(), inner: z.string() })) }).openapi('OpenedValues'),
      },
    },
    async ({ principal, body: { owner, secret_ids } }) => {
      const named = new Set(principal.secrets)
      if (principal.owner !== owner || secret_ids.some((id) => !named.has(id))) {
        throw forbidden('SECRET_NOT_NAMED', 'The token is good for other values than these.')
      }
      const rows = await readSealed(context.db, owner, secret_ids)
      refuseMissing(secret_ids, new Set(rows.map(({ id }) => id)))
      const opened = await openLayers(context, rows)
      const secrets = [...opened].map(([id, inner]) => ({ id, inner }))
      return { status: 200, body: { secrets }, headers: { 'cache-control': 'no-store' } }
    },
  )
}
