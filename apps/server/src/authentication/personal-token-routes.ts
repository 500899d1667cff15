import { z } from '@hono/zod-openapi'
import { forbidden, invalid, notFound, pageHeaders, pageQuery, pageRange, withoutNulls } from '@millrace/http'
import { change } from '../change.ts'
import { isoTime, text, time } from '../common-schemas.ts'
import { ulidText } from '../ids.ts'
import type { ServerApi, UserPrincipal } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { makePersonalToken, usualDays, usualExpiry } from './make-personal-token.ts'
import { deletePersonalToken, listPersonalTokens, type PersonalTokenRow, tokenScopes } from './personal-token-store.ts'

const tag = 'tokens'
const access = 'user'
const dayMs = 24 * 3600 * 1000
const mostDays = 366

const tokenSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: z.array(z.enum(tokenScopes)),
    created_at: time,
    expires_at: time,
    last_used_at: time.optional().openapi({ description: 'To the minute.' }),
  })
  .openapi('PersonalToken')

const newTokenSchema = tokenSchema
  .extend({ token: z.string().openapi({ description: 'Shown this once: only its hash is kept.' }) })
  .openapi('NewPersonalToken')

/** Tokens that people make for their programs: `millrace_pat_…`. */
export function personalTokenRoutes(api: ServerApi, { db }: Pick<ServerContext, 'db'>): void {
  api.endpoint(
    {
      method: 'post',
      path: '/api/tokens',
      operationId: 'createToken',
      tag,
      access,
      summary: 'Make a token that acts for you',
      description: `It expires after ${usualDays} days unless another time is given, at most ${mostDays} days from now. "read" is for reading, "write" for changes, "admin" for what administrators do.`,
      body: z.strictObject({
        name: text(200).min(1),
        scopes: z.array(z.enum(tokenScopes)).min(1).max(tokenScopes.length).default(['read', 'write']),
        expires_at: z.iso.datetime({ offset: true }).optional(),
      }),
      answers: { 201: newTokenSchema },
    },
    async ({ principal, requestId, body: { name, scopes: given, expires_at } }) => {
      const userId = ownerOf(principal)
      const scopes = tokenScopes.filter((scope) => given.includes(scope))
      const missing = scopes.filter((scope) => principal.scopes !== null && !principal.scopes.includes(scope))
      if (missing.length > 0) {
        throw forbidden(
          'SCOPE_MISSING',
          `Your token lacks the scope "${missing.join('", "')}", so it cannot give it on.`,
        )
      }
      if (scopes.includes('admin') && !principal.isAdmin) {
        throw forbidden('ADMIN_REQUIRED', 'The scope "admin" is for tokens of administrators. Leave it out.')
      }
      const expiresAt = expires_at === undefined ? usualExpiry() : new Date(expires_at)
      checkExpiry(expiresAt)
      const { row, token } = await change(db, { id: userId, requestId }, (trx) =>
        makePersonalToken(trx, { userId, name, scopes, expiresAt }),
      )
      return { status: 201, body: { ...present(row), token } }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/tokens',
      operationId: 'listTokens',
      tag,
      access,
      summary: 'Your tokens, the latest first',
      query: z.strictObject(pageQuery),
      answers: { 200: z.array(tokenSchema) },
    },
    async ({ principal, query }) => {
      const { rows, total } = await listPersonalTokens(db, principal.id, pageRange(query))
      return { status: 200, body: rows.map(present), headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      method: 'delete',
      path: '/api/tokens/{id}',
      operationId: 'deleteToken',
      tag,
      access,
      summary: 'Revoke one of your tokens: it is refused from now on',
      params: z.strictObject({ id: ulidText }),
      answers: { 204: null },
    },
    async ({ principal, requestId, params: { id } }) => {
      const isGone = await change(db, { id: principal.id, requestId }, (trx) =>
        deletePersonalToken(trx, principal.id, id),
      )
      if (isGone) return { status: 204 }
      throw notFound('TOKEN_MISSING', `You have no token ${id}.`)
    },
  )
}

function ownerOf(principal: UserPrincipal): string {
  if (principal.via !== 'administrator') return principal.id
  throw forbidden(
    'USER_REQUIRED',
    'Tokens act for a user, and the administrator of the platform is none. Sign in as a user first.',
  )
}

function checkExpiry(expiresAt: Date): void {
  const remaining = expiresAt.getTime() - Date.now()
  if (remaining <= 0)
    throw invalid('EXPIRY_PASSED', `The token would expire at ${expiresAt.toISOString()}, which has passed.`)
  if (remaining > mostDays * dayMs) {
    throw invalid('EXPIRY_TOO_LATE', `A token lives for at most ${mostDays} days. Choose an earlier expires_at.`)
  }
}

function present(row: PersonalTokenRow): z.input<typeof tokenSchema> {
  return withoutNulls({
    ...row,
    created_at: isoTime(row.created_at),
    expires_at: isoTime(row.expires_at),
    last_used_at: isoTime(row.last_used_at),
  })
}
