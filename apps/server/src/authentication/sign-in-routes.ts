import { z } from '@hono/zod-openapi'
import { clientAddresses, createToken, forbidden } from '@millrace/http'
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { readCookie, setCookie } from './cookies.ts'
import type { Authentication } from './create-authentication.ts'
import { confirmationOf, issuedClaims } from './issued-tokens.ts'
import { listOf } from './list-of.ts'
import { localPath } from './local-path.ts'
import { issuerOf } from './oidc.ts'
import { ownOrigin } from './own-origin.ts'
import { issuerUnavailable } from './refusal.ts'
import { type Confirmation, endSessions, insertSession, type NewSession, sessionIs } from './session-store.ts'
import { createSignInLink } from './sign-in-link.ts'
import { insertSignIn, signInMinutes, takeSignIn, takeSignInLink } from './sign-in-store.ts'

const tag = 'authentication'
const access = 'anyone'
const rate = 'sign-in'
const callbackPath = '/api/auth/callback'

const linkSchema = z.object({ url: z.url() }).openapi('SignInLink')

/** Sign-in of people with their browsers. */
export function signInRoutes(
  api: ServerApi,
  { db, settings, log }: Pick<ServerContext, 'db' | 'settings' | 'log'>,
  { oidc, users }: Authentication,
): void {
  const addressOf = clientAddresses(listOf(settings.trustedProxies))
  const begin = async (
    { request, requestId }: { readonly request: Request; readonly requestId: string },
    session: Confirmation & Pick<NewSession, 'userId' | 'issuer'>,
  ) => {
    // A new id at each sign-in: what was in the browser before is worth nothing.
    const former = readCookie(request, 'session', settings)
    if (former !== null) await endSessions(db, sessionIs(former), { requestId })
    const id = newCookieValue()
    const userAgent = request.headers.get('user-agent')?.slice(0, 500) || null
    const address = addressOf(request) || null
    await insertSession(db, id, { ...session, hours: settings.sessionHours, userAgent, address, requestId })
    return setCookie('session', id, { maxAgeSeconds: settings.sessionHours * 3600, settings })
  }

  api.endpoint(
    {
      method: 'get',
      path: '/api/auth/login',
      operationId: 'signIn',
      ...{ tag, access, rate },
      summary: 'Sign in at the issuer, and come back',
      query: z.strictObject({
        next: z.string().max(2000).default('/').openapi({ description: 'Path of this server to go on to.' }),
      }),
      answers: { 302: null },
    },
    async ({ query, request }) => {
      const next = localPath(query.next)
      const config = await issuerOf(oidc).configuration()
      const [state, nonce, verifier] = [randomState(), randomNonce(), randomPKCECodeVerifier()]
      const browser = readCookie(request, 'sign_in', settings) ?? newCookieValue()
      await insertSignIn(db, { state, browser, verifier, nonce, next })
      const location = buildAuthorizationUrl(config, {
        ...{ redirect_uri: callbackUrl(request), scope: settings.oidcScopes, state, nonce },
        code_challenge: await calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      })
      const cookie = setCookie('sign_in', browser, { maxAgeSeconds: signInMinutes * 60, settings })
      return { status: 302, headers: { location: location.href, 'set-cookie': cookie } }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: callbackPath,
      operationId: 'finishSignIn',
      ...{ tag, access, rate },
      summary: 'Where the issuer sends the browser back to',
      query: z.looseObject({
        state: z.string().min(1).max(1000),
        code: z.string().max(10_000).optional(),
        error: z.string().max(200).optional(),
      }),
      answers: { 302: null },
    },
    async ({ query: { state, error }, request, requestId }) => {
      const browser = readCookie(request, 'sign_in', settings)
      const begun = browser === null ? undefined : await takeSignIn(db, state, browser)
      if (begun === undefined) {
        throw forbidden(
          'SIGN_IN_UNKNOWN',
          'This browser did not begin this sign-in, or too long ago. Begin again at /api/auth/login.',
        )
      }
      if (error !== undefined) {
        const code = /^[\w-]{1,60}$/.test(error) ? error : 'unknown'
        throw forbidden(
          'SIGN_IN_REFUSED',
          `The issuer refused the sign-in (${code}). Try again, or ask its administrators.`,
        )
      }
      const known = issuerOf(oidc)
      const back = new URL(callbackUrl(request))
      back.search = new URL(request.url).search
      const config = await known.configuration()
      const tokens = await authorizationCodeGrant(config, back, {
        ...{
          pkceCodeVerifier: begun.verifier,
          expectedState: state,
          expectedNonce: begun.nonce,
          idTokenExpected: true,
        },
      }).catch((cause) => {
        log.warn({ err: cause }, 'a sign-in failed')
        if (cause instanceof TypeError || cause.name === 'TimeoutError') throw issuerUnavailable(cause)
        throw forbidden('SIGN_IN_FAILED', 'The issuer did not confirm the sign-in. Begin again at /api/auth/login.')
      })
      const user = await issuedClaims(tokens, { oidc: known, settings })
      if (user === null) {
        throw forbidden(
          'SIGN_IN_NAMELESS',
          'The issuer does not say who you are: it has to give the e-mail of its users.',
        )
      }
      await users.note(user)
      const confirmation = await confirmationOf(tokens, user, { settings, log })
      const { issuer } = config.serverMetadata()
      const cookie = await begin({ request, requestId }, { userId: user.id, issuer, ...confirmation })
      return { status: 302, headers: { location: begun.next, 'set-cookie': cookie } }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/auth/link',
      operationId: 'signInByLink',
      ...{ tag, access, rate },
      summary: 'Sign the administrator in by a link that is good once',
      query: z.strictObject({ token: z.string().min(1).max(200) }),
      answers: { 302: null },
    },
    async ({ query: { token }, request, requestId }) => {
      if (request.method === 'HEAD' || !(await takeSignInLink(db, token))) {
        throw forbidden(
          'LINK_SPENT',
          `The link was used already, or is older than ${signInMinutes} minutes. Run "millrace console" in the folder of the server for a new one.`,
        )
      }
      const administrator = { userId: null, issuer: null, isAdmin: true, refreshToken: null, seconds: null }
      const cookie = await begin({ request, requestId }, administrator)
      return { status: 302, headers: { location: '/', 'set-cookie': cookie } }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path: '/api/auth/link',
      operationId: 'createSignInLink',
      ...{ tag, access: 'admin', rate },
      summary: 'Make a link that signs a browser in as the administrator, once and within ten minutes',
      description: "For the administrator's token only: what a browser may do does not suffice to let another one in.",
      query: z.strictObject({}),
      answers: { 201: linkSchema },
    },
    async ({ principal, request }) => {
      if (principal.via !== 'administrator' || !request.headers.has('authorization')) {
        throw forbidden(
          'ADMINISTRATOR_REQUIRED',
          'Links are made for the token of the administrator only. Sign in at the issuer, or run "millrace console" in the folder of the server.',
        )
      }
      const path = await createSignInLink(db)
      return { status: 201, body: { url: `${ownOrigin(request, settings)}${path}` } }
    },
  )

  function callbackUrl(request: Request): string {
    return `${ownOrigin(request, settings)}${callbackPath}`
  }
}

/** 256 random bits. */
function newCookieValue(): string {
  return createToken('c').slice(2)
}
