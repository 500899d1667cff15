import { z } from '@hono/zod-openapi'
import { hashToken, notFound, pageHeaders, pageQuery, pageRange, withoutNulls } from '@millrace/http'
import { change } from '../change.ts'
import { isoTime, time } from '../common-schemas.ts'
import { ulidText } from '../ids.ts'
import type { ServerApi, UserPrincipal } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { findUser, userIdText } from '../users/index.ts'
import { readCookie } from './cookies.ts'
import { administratorClaims } from './sessions.ts'
import {
  endSignedInSessions,
  listSignedInSessions,
  type SessionOwner,
  type SignedInSession,
} from './signed-in-sessions.ts'

const tag = 'authentication'

const signedInSchema = z
  .object({
    id: z.string(),
    user_agent: z.string().optional().openapi({ description: 'What the browser said of itself when it signed in.' }),
    address: z.string().optional().openapi({ description: 'That it signed in from.' }),
    created_at: time,
    seen_at: time.openapi({ description: 'To the minute.' }),
    expires_at: time.openapi({ description: 'Earlier when it is idle for long.' }),
    current: z.boolean().openapi({ description: 'The one that asks.' }),
  })
  .openapi('SignedInSession')

const endedSchema = z.object({ ended: z.int() }).openapi('EndedSessions')

/** Browsers that are signed in: for their owner, and for administrators. */
export function signedInRoutes(api: ServerApi, { db, settings }: Pick<ServerContext, 'db' | 'settings'>): void {
  const idleMinutes = settings.sessionIdleMinutes
  const currentOf = (request: Request) => {
    const cookie = request.headers.has('authorization') ? null : readCookie(request, 'session', settings)
    return cookie === null ? null : hashToken(cookie)
  }
  const list = async (owner: SessionOwner, request: Request, query: { page: number; per_page: number }) => {
    const current = currentOf(request)
    const { rows, total } = await listSignedInSessions(db, owner, { idleMinutes, current }, pageRange(query))
    return { status: 200 as const, body: rows.map(present), headers: pageHeaders(query, total) }
  }
  const endOne = async (owner: SessionOwner, id: string, actor: { id: string; requestId: string }) => {
    const count = await change(db, actor, (trx) => endSignedInSessions(trx, { owner, id }))
    if (count === 0) throw notFound('SESSION_MISSING', `There is no such session ${id}: it has ended already.`)
    return { status: 204 as const }
  }
  const knownOwner = async (id: string): Promise<SessionOwner> => {
    if ((await findUser(db, id)) === undefined) throw notFound('USER_MISSING', `There is no user ${id}.`)
    return id === administratorClaims.id ? null : id
  }

  api.endpoint(
    {
      ...{ method: 'get', path: '/api/auth/sessions', operationId: 'listOwnSessions', tag, access: 'user' },
      summary: 'Browsers that are signed in as you, the last seen first',
      query: z.strictObject(pageQuery),
      answers: { 200: z.array(signedInSchema) },
    },
    async ({ principal, request, query }) => await list(ownerOf(principal), request, query),
  )

  api.endpoint(
    {
      ...{ method: 'delete', path: '/api/auth/sessions', operationId: 'endOtherSessions', tag, access: 'user' },
      summary: 'End all sessions of yours but the one that asks',
      answers: { 200: endedSchema },
    },
    async ({ principal, request, requestId }) => {
      const actor = { id: principal.id, requestId }
      const ended = await change(db, actor, (trx) =>
        endSignedInSessions(trx, { owner: ownerOf(principal), except: currentOf(request) }),
      )
      return { status: 200, body: { ended } }
    },
  )

  api.endpoint(
    {
      ...{ method: 'delete', path: '/api/auth/sessions/{id}', operationId: 'endOwnSession', tag, access: 'user' },
      summary: 'End one of your sessions: its browser is signed out',
      params: z.strictObject({ id: ulidText }),
      answers: { 204: null },
    },
    async ({ principal, requestId, params: { id } }) =>
      await endOne(ownerOf(principal), id, { id: principal.id, requestId }),
  )

  const ofUser = '/api/auth/users/{user_id}/sessions'
  api.endpoint(
    {
      ...{ method: 'get', path: ofUser, operationId: 'listUserSessions', tag, access: 'admin' },
      summary: 'Browsers that are signed in as a user',
      params: z.strictObject({ user_id: userIdText }),
      query: z.strictObject(pageQuery),
      answers: { 200: z.array(signedInSchema) },
    },
    async ({ request, params, query }) => await list(await knownOwner(params.user_id), request, query),
  )

  api.endpoint(
    {
      ...{ method: 'delete', path: ofUser, operationId: 'endUserSessions', tag, access: 'admin' },
      summary: 'End all sessions of a user',
      description: 'Tokens that the user made stay good.',
      params: z.strictObject({ user_id: userIdText }),
      answers: { 200: endedSchema },
    },
    async ({ principal, requestId, params }) => {
      const owner = await knownOwner(params.user_id)
      const actor = { id: principal.id, requestId }
      const ended = await change(db, actor, (trx) => endSignedInSessions(trx, { owner }))
      return { status: 200, body: { ended } }
    },
  )

  api.endpoint(
    {
      ...{ method: 'delete', path: `${ofUser}/{id}`, operationId: 'endUserSession', tag, access: 'admin' },
      summary: 'End a session of a user',
      params: z.strictObject({ user_id: userIdText, id: ulidText }),
      answers: { 204: null },
    },
    async ({ principal, requestId, params: { user_id, id } }) =>
      await endOne(await knownOwner(user_id), id, { id: principal.id, requestId }),
  )
}

function ownerOf({ via, id }: UserPrincipal): SessionOwner {
  return via === 'administrator' ? null : id
}

function present({ created_at, seen_at, expires_at, ...rest }: SignedInSession): z.input<typeof signedInSchema> {
  return withoutNulls({
    ...rest,
    ...{ created_at: isoTime(created_at), seen_at: isoTime(seen_at), expires_at: isoTime(expires_at) },
  })
}
