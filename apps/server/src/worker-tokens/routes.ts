import { z } from '@hono/zod-openapi'
import {
  createToken,
  invalid,
  notFound,
  pageHeaders,
  pageQuery,
  pageRange,
  pathInteger,
  withoutNulls,
} from '@millrace/http'
import { change } from '../change.ts'
import { isoTime, plainName, text, time } from '../common-schemas.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { insertWorkerToken, listWorkerTokens, revokeWorkerToken, type WorkerTokenRow } from './store.ts'

const tag = 'worker-tokens'
const access = 'admin'

const tokenSchema = z
  .object({
    id: z.int(),
    name: z.string(),
    queues: z.array(z.string()).optional().openapi({ description: 'Queues it is good for; none: all.' }),
    created_at: time,
    expires_at: time.optional(),
    revoked_at: time.optional(),
  })
  .openapi('WorkerToken')

const newTokenSchema = tokenSchema
  .extend({ token: z.string().openapi({ description: 'Shown this once: only its hash is kept.' }) })
  .openapi('NewWorkerToken')

export function workerTokenRoutes(api: ServerApi, { engine: { db } }: ServerContext): void {
  api.endpoint(
    {
      method: 'post',
      path: '/api/worker-tokens',
      operationId: 'createWorkerToken',
      tag,
      access,
      summary: 'Make a token for workers',
      body: z.strictObject({
        name: text(200).min(1),
        queues: z.array(plainName).min(1).max(1000).optional(),
        expires_at: z.iso.datetime({ offset: true }).optional(),
      }),
      answers: { 201: newTokenSchema },
    },
    async ({ principal, requestId, body: { name, queues, expires_at } }) => {
      const expiresAt = expires_at === undefined ? null : new Date(expires_at)
      if (expiresAt !== null && expiresAt <= new Date()) {
        throw invalid('EXPIRY_PASSED', `The token would expire at ${expires_at}, which has passed.`)
      }
      const token = createToken('millrace_worker')
      const row = await change(db, { id: principal.id, requestId }, (trx) =>
        insertWorkerToken(trx, token, { name, queues: queues ?? null, expiresAt }),
      )
      return { status: 201, body: { ...present(row), token }, headers: { 'cache-control': 'no-store' } }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/worker-tokens',
      operationId: 'listWorkerTokens',
      tag,
      access,
      summary: 'Tokens of workers, the latest first',
      query: z.strictObject(pageQuery),
      answers: { 200: z.array(tokenSchema) },
    },
    async ({ query }) => {
      const { rows, total } = await listWorkerTokens(db, pageRange(query))
      return { status: 200, body: rows.map(present), headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      method: 'delete',
      path: '/api/worker-tokens/{token}',
      operationId: 'revokeWorkerToken',
      tag,
      access,
      summary: 'Revoke a token: workers that use it are refused from now on',
      params: z.strictObject({ token: pathInteger() }),
      answers: { 204: null },
    },
    async ({ principal, requestId, params: { token } }) => {
      const actor = { id: principal.id, requestId }
      if (await change(db, actor, (trx) => revokeWorkerToken(trx, token))) return { status: 204 }
      throw notFound('WORKER_TOKEN_MISSING', `There is no worker token ${token}.`)
    },
  )
}

function present(row: WorkerTokenRow): z.input<typeof tokenSchema> {
  return withoutNulls({
    ...row,
    created_at: row.created_at.toISOString(),
    expires_at: isoTime(row.expires_at),
    revoked_at: isoTime(row.revoked_at),
  })
}
