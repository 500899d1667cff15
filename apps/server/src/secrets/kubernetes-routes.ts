import { z } from '@hono/zod-openapi'
import { HttpError } from '@millrace/http'
import { text } from '../common-schemas.ts'
import { ulidText } from '../ids.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { callSecretsService } from './secrets-service.ts'

const name = text(253).min(1)

/** What the secrets service takes from users, at the address of the server: only here it is known who they are. */
export function kubernetesRoutes(api: ServerApi, { settings }: ServerContext): void {
  api.endpoint(
    {
      method: 'post',
      path: '/api/secrets/kubernetes',
      operationId: 'putKubernetesSecret',
      tag: 'secrets',
      access: 'user',
      summary: 'Put secrets of the caller into the cluster of sessions',
      description:
        'Each stands there as it opens with the key of the caller: the store of the cluster never holds the values themselves.',
      body: z.strictObject({
        name,
        namespace: name,
        secret_ids: z.array(ulidText).min(1).max(100),
        owner_references: z.array(z.strictObject({ apiVersion: name, kind: name, name, uid: name })).max(100),
        key_mapping: z.record(z.string(), z.union([name, z.array(name).min(1).max(100)])).optional(),
        cluster_id: text(100).optional(),
      }),
      answers: { 201: z.object({ name: z.string() }).openapi('KubernetesSecret') },
    },
    async ({ principal, body }) => {
      const token = { subject: principal.id, scope: 'secrets:kubernetes' }
      const response = await callSecretsService(settings, '/api/secrets/kubernetes', body, token)
      if (response.status !== 201) throw await refusal(response)
      return { status: 201, body: { name: body.name } }
    },
  )
}

/** As the service answered it. What it refuses of the token of this server is no matter of the user. */
async function refusal(response: Response): Promise<HttpError> {
  const body = (await response.json().catch(() => null)) as { error?: Record<string, unknown> } | null
  const { message, detail, code } = body?.error ?? {}
  const isOfUser = [404, 422, 500].includes(response.status)
  if (!isOfUser || typeof message !== 'string' || typeof detail !== 'string' || typeof code !== 'number') {
    const text = 'The secret could not be put into the cluster. The log of the secrets service says why.'
    return new HttpError(500, 'KUBERNETES_SECRET_FAILED', text, { number: 1511, details: { status: response.status } })
  }
  return new HttpError(response.status, detail, message, { number: code })
}
