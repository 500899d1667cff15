import { createHash, generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { FatalError } from '@millrace/core'
import type { Configuration, Provider } from 'oidc-provider'
import { followRedirects } from './follow-redirects.ts'
import { oidcMemory } from './oidc-memory.ts'

/** Somebody who can sign in. What is left out, tokens do not say. */
export interface OidcUser {
  readonly id: string
  readonly email?: string
  readonly firstName?: string
  readonly lastName?: string
  /** Roles of the realm, in access tokens as `realm_access.roles`. */
  readonly roles?: readonly string[]
}

export interface OidcTokens {
  /** A JWT. */
  readonly accessToken: string
  readonly refreshToken: string
  /** A JWT. */
  readonly idToken: string
}

export interface OidcIssuerOptions {
  /** Life of access tokens. Default 300. */
  readonly accessTokenSeconds?: number
  /** Life of refresh tokens. Default 3600. */
  readonly refreshTokenSeconds?: number
  /** `opaque`: for the issuer itself, which answers them at its userinfo endpoint. Default `jwt`: for an audience. */
  readonly accessTokens?: 'jwt' | 'opaque'
}

export interface TestOidcIssuer extends AsyncDisposable {
  /** The issuer as tokens name it: `http://127.0.0.1:PORT`. */
  readonly url: string
  /** Of the one client; every redirect address is fine. */
  readonly clientId: string
  readonly clientSecret: string
  /** What was asked of it, such as `GET /jwks`, the latest last. */
  readonly requests: readonly string[]
  /** The key that signs now, for tokens that no issuer would give out. */
  signingKey(): { readonly kid: string; readonly alg: 'RS256'; readonly privateKey: KeyObject }
  /** Takes a user through the code flow with PKCE. `audience` is who the access token is for. Default `millrace`. */
  signIn(user: OidcUser, options?: { readonly audience?: string; readonly scope?: string }): Promise<OidcTokens>
  /** @throws FatalError when the issuer refuses, as it does for a token that was used already. */
  refresh(refreshToken: string): Promise<OidcTokens>
  /** Opens an address of the issuer as the user's browser; the answer is where it is sent back to, with the code. */
  browse(address: string, user: OidcUser): Promise<string>
  /** What makes a browser this user's for the issuer: it asks for no password then. */
  browserCookie(user: OidcUser): { readonly name: string; readonly value: string; readonly url: string }
  /** What tokens say of a user from now on. */
  change(user: OidcUser): void
  /** Signs by a new key. The former one stays published, unless it is withdrawn. */
  rotateKeys(options?: { readonly withdraw?: boolean }): void
  /** Cuts every connection without an answer, until `comeBack`. */
  goAway(): void
  comeBack(): void
  stop(): Promise<void>
}

const redirectUri = 'https://client.test/callback'
const resourcePrefix = 'urn:audience:'
const userCookie = 'test-user'

/** A certified OpenID Connect server in this process, on a free port, whose people are given by the test. */
export async function startOidcIssuer(options: OidcIssuerOptions = {}): Promise<TestOidcIssuer> {
  // Only who starts an issuer loads it: it is large, and nearly all tests load this module.
  const { Provider: IssuerProvider } = await import('oidc-provider')
  const { accessTokenSeconds = 300, refreshTokenSeconds = 3600, accessTokens = 'jwt' } = options
  const clientId = 'millrace'
  const clientSecret = randomBytes(24).toString('base64url')
  const users = new Map<string, OidcUser>()
  const requests: string[] = []
  const memory = oidcMemory()
  let keys = [newKey()]
  let isAway = false
  let answer: ReturnType<Provider['callback']> | undefined

  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0]
    requests.push(`${request.method} ${path}`)
    if (isAway) return void request.socket.destroy()
    if (path?.startsWith('/interaction/')) return void finishSignIn(request, response)
    return void answer?.(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const configuration = (): Configuration => ({
    adapter: memory,
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [redirectUri],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
      },
    ],
    jwks: { keys: keys.map(({ kid, privateKey }) => ({ ...privateKey.export({ format: 'jwk' }), kid, use: 'sig' })) },
    cookies: { keys: [clientSecret] },
    claims: { openid: ['sub'], profile: ['name', 'given_name', 'family_name'], email: ['email'] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    ttl: {
      AccessToken: accessTokenSeconds,
      AuthorizationCode: 60,
      Grant: refreshTokenSeconds,
      IdToken: accessTokenSeconds,
      Interaction: 60,
      RefreshToken: refreshTokenSeconds,
      Session: refreshTokenSeconds,
    },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: true, logoutSource: () => {}, postLogoutSuccessSource: () => {} },
      resourceIndicators: {
        enabled: accessTokens === 'jwt',
        defaultResource: () => `${resourcePrefix}${clientId}`,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, resource) => ({
          scope: '',
          audience: resource.slice(resourcePrefix.length),
          accessTokenFormat: 'jwt',
          accessTokenTTL: accessTokenSeconds,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id, ...claimsOf(users.get(id)) }) }),
    extraTokenClaims: (_context, token) => {
      const user = 'accountId' in token ? users.get(token.accountId) : undefined
      return { azp: clientId, ...claimsOf(user), ...(user?.roles && { realm_access: { roles: [...user.roles] } }) }
    },
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    issueRefreshToken: () => true,
    expiresWithSession: () => false,
    rotateRefreshToken: true,
    loadExistingGrant: async ({ oidc }) => {
      const grant = new oidc.provider.Grant({ clientId, accountId: oidc.session?.accountId ?? '' })
      grant.addOIDCScope(String(oidc.params?.scope ?? 'openid'))
      await grant.save()
      return grant
    },
  })

  let provider = makeProvider()
  function makeProvider(): Provider {
    const made = new IssuerProvider(url, configuration())
    // Tests start their servers on free ports, so no address is known beforehand.
    made.Client.prototype.redirectUriAllowed = () => true
    made.Client.prototype.postLogoutRedirectUriAllowed = () => true
    answer = made.callback()
    return made
  }

  async function finishSignIn(...[request, response]: Parameters<Provider['interactionDetails']>): Promise<void> {
    const accountId = /test-user=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? ''
    const login = { accountId: decodeURIComponent(accountId) }
    await provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false })
  }

  const browse = async (address: string, user: OidcUser): Promise<string> => {
    users.set(user.id, user)
    return await followRedirects(address, { within: url, cookies: { [userCookie]: encodeURIComponent(user.id) } })
  }

  const redeem = async (form: Readonly<Record<string, string>>): Promise<OidcTokens> => {
    const response = await fetch(`${url}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
      body: new URLSearchParams(form),
    })
    const body = (await response.json()) as Record<string, string>
    if (!response.ok) throw new FatalError('OIDC_REFUSED', { message: JSON.stringify(body) })
    return {
      accessToken: body.access_token ?? '',
      refreshToken: body.refresh_token ?? '',
      idToken: body.id_token ?? '',
    }
  }

  const stop = async () => {
    server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }

  return {
    ...{ url, clientId, clientSecret, requests, browse, stop },
    signingKey: () => keys[0] ?? newKey(),
    async signIn(user, { audience = clientId, scope = 'openid profile email' } = {}) {
      const verifier = randomBytes(32).toString('base64url')
      const resource = `${resourcePrefix}${audience}`
      const query = new URLSearchParams({
        ...{ client_id: clientId, response_type: 'code', scope, redirect_uri: redirectUri, resource },
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
      })
      const back = new URL(await browse(`${url}/auth?${query}`, user))
      const code = back.searchParams.get('code')
      if (code === null) throw new FatalError('OIDC_REFUSED', { message: `The issuer answered ${back.search}.` })
      const proof = { code, code_verifier: verifier, redirect_uri: redirectUri }
      return await redeem({ grant_type: 'authorization_code', resource, ...proof })
    },
    refresh: (token) => redeem({ grant_type: 'refresh_token', refresh_token: token }),
    browserCookie: ({ id }) => ({ name: userCookie, value: encodeURIComponent(id), url }),
    change: (user) => void users.set(user.id, user),
    rotateKeys({ withdraw = false } = {}) {
      keys = withdraw ? [newKey()] : [newKey(), ...keys]
      provider = makeProvider()
    },
    goAway() {
      isAway = true
      server.closeAllConnections()
    },
    comeBack() {
      isAway = false
    },
    [Symbol.asyncDispose]: stop,
  }
}

function newKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { kid: randomUUID(), alg: 'RS256' as const, privateKey }
}

function claimsOf(user: OidcUser | undefined): Record<string, string> {
  const name = [user?.firstName, user?.lastName].filter((part) => part !== undefined).join(' ')
  return {
    ...(user?.email === undefined ? {} : { email: user.email }),
    ...(user?.firstName === undefined ? {} : { given_name: user.firstName }),
    ...(user?.lastName === undefined ? {} : { family_name: user.lastName }),
    ...(name === '' ? {} : { name }),
  }
}
