import { randomInt } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import { createToken, forbidden, notFound } from '@millrace/http'
import { change } from '../change.ts'
import { isoTime, text, time } from '../common-schemas.ts'
import type { ServerApi, UserPrincipal } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { cliSignInPage, messagePage } from './cli-sign-in-page.ts'
import {
  type CliSignIn,
  cliSignInMinutes,
  decideCliSignIn,
  findByDeviceCode,
  findCliSignIn,
  insertCliSignIn,
  takeCliSignIn,
} from './cli-sign-in-store.ts'
import { readCookie } from './cookies.ts'
import type { Authentication } from './create-authentication.ts'
import { csrfToken } from './csrf.ts'
import { makePersonalToken, usualExpiry } from './make-personal-token.ts'
import { issuerOf } from './oidc.ts'
import { ownOrigin } from './own-origin.ts'
import { tokenScopes } from './personal-token-store.ts'

const tag = 'authentication'
const rate = 'sign-in'
const page = { contentType: 'text/html' }
const confirmPath = '/api/auth/cli/confirm'
/** How long a command waits before it asks again. */
const intervalSeconds = 2
/** Without vowels, which would make words, and without digits, which look like letters. 20^8 codes. */
const letters = 'BCDFGHJKLMNPQRSTVWXZ'

const beginBody = z.strictObject({
  name: text(200).min(1).openapi({ description: 'Of the machine; the token is named after it.' }),
  scopes: z.array(z.enum(tokenScopes)).min(1).max(tokenScopes.length).default(['read', 'write']),
})

const begunSchema = z
  .object({
    device_code: z.string().openapi({ description: 'For the command alone: what it asks for the token with.' }),
    user_code: z.string().openapi({ description: 'For the person to compare.', example: 'BCDF-GHJK' }),
    confirm_url: z.string().openapi({ description: 'For the browser of the person.' }),
    expires_in_seconds: z.int(),
    interval_seconds: z.int().openapi({ description: 'How long to wait before asking again.' }),
  })
  .openapi('CliSignIn')

const endSchema = z
  .object({
    state: z.enum(['waiting', 'allowed']),
    token: z
      .object({
        id: z.string(),
        token: z.string().openapi({ description: 'Shown this once: only its hash is kept.' }),
        scopes: z.array(z.enum(tokenScopes)),
        expires_at: time,
      })
      .optional(),
  })
  .openapi('CliSignInState')

/** Sign-in of people at a command line: the command shows a code, the person confirms it in a browser. */
export function cliSignInRoutes(
  api: ServerApi,
  { db, settings }: Pick<ServerContext, 'db' | 'settings'>,
  { oidc }: Authentication,
): void {
  api.endpoint(
    {
      method: 'post',
      path: '/api/auth/cli',
      operationId: 'beginCliSignIn',
      ...{ tag, access: 'anyone', rate },
      summary: 'Begin to sign in at a command line',
      description: `Somebody who is signed in has to confirm it within ${cliSignInMinutes} minutes, at the address that the answer has.`,
      body: beginBody,
      answers: { 201: begunSchema },
    },
    async ({ body: { name, scopes }, request }) => {
      issuerOf(oidc)
      const [deviceCode, userCode] = [createToken('millrace_cli'), newUserCode()]
      const confirmUrl = `${ownOrigin(request, settings)}${confirmPath}?code=${userCode}`
      const sorted = tokenScopes.filter((scope) => scopes.includes(scope))
      await insertCliSignIn(db, { deviceCode, userCode, name, scopes: sorted })
      return {
        status: 201,
        body: {
          device_code: deviceCode,
          user_code: userCode,
          confirm_url: confirmUrl,
          expires_in_seconds: cliSignInMinutes * 60,
          interval_seconds: intervalSeconds,
        },
      }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path: '/api/auth/cli/token',
      operationId: 'endCliSignIn',
      ...{ tag, access: 'anyone' },
      summary: 'The token of a sign-in at a command line, once it is confirmed',
      body: z.strictObject({ device_code: z.string().min(1).max(200) }),
      answers: { 200: endSchema },
    },
    async ({ body: { device_code }, requestId }) => {
      const found = await findByDeviceCode(db, device_code)
      if (found === undefined) throw unknownSignIn()
      if (found.is_denied) {
        await takeCliSignIn(db, device_code)
        throw forbidden('SIGN_IN_DENIED', 'The sign-in was denied in the browser.')
      }
      const { user_id: userId, name, scopes: asked } = found
      if (userId === null) return { status: 200, body: { state: 'waiting' as const } }
      const made = await change(db, { id: userId, requestId }, async (trx) => {
        // Of two that ask at once, one gets the token.
        if ((await takeCliSignIn(trx, device_code)) === undefined) throw unknownSignIn()
        return await makePersonalToken(trx, { userId, name, scopes: asked, expiresAt: usualExpiry() })
      })
      const { id, scopes, expires_at } = made.row
      const token = { id, token: made.token, scopes, expires_at: isoTime(expires_at) }
      return { status: 200, body: { state: 'allowed' as const, token } }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: confirmPath,
      operationId: 'showCliSignIn',
      ...{ tag, access: 'open', rate },
      summary: 'The page on which a sign-in at a command line is confirmed',
      query: z.strictObject({ code: z.string().min(1).max(40) }),
      answers: { 200: page, 302: null, 403: page, 404: page },
    },
    async ({ principal, query, request }) => {
      const code = userCodeOf(query.code)
      if (principal.kind === 'anonymous') {
        const next = encodeURIComponent(`${confirmPath}?code=${code}`)
        return { status: 302, headers: { location: `/api/auth/login?next=${next}` } }
      }
      const found = await findCliSignIn(db, code)
      if (found === undefined) return { response: messagePage(unknownSignIn().message, 404) }
      const problem = refusalOf(principal, found)
      if (problem !== null) return { response: messagePage(problem.message, 403) }
      const session = readCookie(request, 'session', settings)
      const { name, email } = principal
      const who = email === null || email === name ? name : `${name} (${email})`
      return {
        response: cliSignInPage({ code, ...found, who, csrf: session === null ? '' : csrfToken(session) }),
      }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path: confirmPath,
      operationId: 'decideCliSignIn',
      ...{ tag, access: 'user' },
      summary: 'Allow or deny a sign-in at a command line',
      body: z.strictObject({ code: z.string().min(1).max(40), allow: z.boolean() }),
      answers: { 204: null },
    },
    async ({ principal, requestId, body: { code: given, allow } }) => {
      const code = userCodeOf(given)
      const found = await findCliSignIn(db, code)
      if (found === undefined) throw unknownSignIn()
      const problem = refusalOf(principal, found)
      if (problem !== null) throw problem
      const decision = { userId: principal.id, isAllowed: allow, requestId }
      if (await decideCliSignIn(db, code, decision)) return { status: 204 }
      throw unknownSignIn()
    },
  )
}

/** Why this caller cannot allow the sign-in. */
function refusalOf({ via, isAdmin }: UserPrincipal, { scopes }: CliSignIn) {
  if (via === 'administrator') {
    return forbidden(
      'USER_REQUIRED',
      'You are the administrator of the platform, who is no user and has no tokens. Sign in as a user, or give the command the token of the server.',
    )
  }
  // A token must not make others that outlive it or may do more.
  if (via === 'token' || via === 'internal') {
    return forbidden('PERSON_REQUIRED', 'A sign-in is confirmed by a person in a browser, not with a token.')
  }
  if (scopes.includes('admin') && !isAdmin) {
    return forbidden(
      'ADMIN_REQUIRED',
      'The command asks for the scope "admin", which is for administrators. Sign in without --admin.',
    )
  }
  return null
}

function unknownSignIn() {
  return notFound(
    'CLI_SIGN_IN_UNKNOWN',
    `There is no such sign-in: it is older than ${cliSignInMinutes} minutes, or was answered already. Start "millrace login" again.`,
  )
}

function newUserCode(): string {
  const letter = () => letters[randomInt(letters.length)]
  return `${Array.from({ length: 4 }, letter).join('')}-${Array.from({ length: 4 }, letter).join('')}`
}

/** As it is kept, however a person wrote it. */
function userCodeOf(given: string): string {
  const plain = given.toUpperCase().replaceAll(/[^A-Z]/g, '')
  return `${plain.slice(0, 4)}-${plain.slice(4)}`
}
