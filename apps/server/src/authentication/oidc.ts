import { ConfigError, type Logger, type PlatformSettings } from '@millrace/core'
import { HttpError } from '@millrace/http'
import { errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose'
import { allowInsecureRequests, ClientSecretBasic, type Configuration, discovery, None } from 'openid-client'
import { issuerKeys } from './issuer-keys.ts'
import { listOf } from './list-of.ts'
import { issuerUnavailable, refusedToken } from './refusal.ts'
import { verifiedTokens } from './verified-tokens.ts'

const timeoutSeconds = 5
/** Clocks of two machines differ. */
const clockToleranceSeconds = 5
const mostVerified = 5000

/** The issuer that people sign in with. */
export interface Oidc {
  /**
   * Claims of an access token that is made for this server.
   *
   * @throws HttpError 401 that says what is wrong with it, 503 while the keys of the issuer are not known.
   */
  verify(token: string): Promise<JWTPayload>
  /** Claims of an access token that the issuer itself just handed out, whomever it is made for; null when it is no JWT. */
  read(token: string): Promise<JWTPayload | null>
  /** For the code flow. @throws HttpError 503 while the issuer cannot be reached. */
  configuration(): Promise<Configuration>
}

/** @throws HttpError 404 where people cannot sign in. */
export function issuerOf(oidc: Oidc | null): Oidc {
  if (oidc !== null) return oidc
  throw new HttpError(
    404,
    'SIGN_IN_OFF',
    'Nobody can sign in here: no issuer is configured. Have the operator set MILLRACE_OIDC_ISSUER.',
  )
}

/** @throws ConfigError OIDC_ISSUER_INVALID, OIDC_ALGORITHM_INVALID. */
export function createOidc(settings: PlatformSettings, log: Logger): Oidc | null {
  const { oidcIssuer, oidcClientId, oidcClientSecret } = settings
  if (oidcIssuer === null) return null
  const issuer = issuerUrl(oidcIssuer)
  const algorithms = allowedAlgorithms(settings)
  const audiences = listOf(settings.oidcAudiences)
  const audience = audiences.length === 0 ? [oidcClientId] : audiences

  let discovered: Configuration | null = null
  const configuration = async () => {
    if (discovered !== null) return discovered
    const client = oidcClientSecret === null ? None() : ClientSecretBasic(oidcClientSecret)
    // Operators may have their issuer on the same machine or network, without TLS.
    const execute = issuer.protocol === 'http:' ? [allowInsecureRequests] : []
    try {
      discovered = await discovery(issuer, oidcClientId, {}, client, { execute, timeout: timeoutSeconds })
      return discovered
    } catch (err) {
      log.warn({ err, issuer: issuer.href }, 'the issuer cannot be reached')
      throw issuerUnavailable(err)
    }
  }
  const keys = issuerKeys(
    async () => {
      const { jwks_uri } = (await configuration()).serverMetadata()
      const response = await fetch(jwks_uri ?? '', { signal: AbortSignal.timeout(timeoutSeconds * 1000) })
      if (!response.ok) throw new Error(`${jwks_uri} answered ${response.status}.`)
      return (await response.json()) as JSONWebKeySet
    },
    { log },
  )
  const check = async (token: string, options: { readonly audience?: string[] }) => {
    const { payload } = await jwtVerify(token, keys.find, {
      ...options,
      ...{ algorithms, clockTolerance: clockToleranceSeconds, requiredClaims: ['sub', 'exp', 'iss'] },
    })
    const { issuer: name } = (await configuration()).serverMetadata()
    if (payload.iss !== name) throw refusedToken('The token is from another issuer than the one this server trusts.')
    return payload
  }
  const verified = verifiedTokens({ mostKnown: mostVerified })
  const findVerified = (token: string) => {
    const current = keys.current()
    const payload = current === null ? undefined : verified.find(token, current)
    if (payload === undefined || isOverdue(payload)) return undefined
    return payload
  }
  return {
    configuration,
    async verify(token) {
      const known = findVerified(token)
      if (known !== undefined) return known
      // Of keys that are read while the token is verified it is not known whether they were used.
      const before = keys.current()
      try {
        const payload = await check(token, { audience })
        if (!isAccessToken(payload)) {
          throw refusedToken('This is a token of another kind. Send the access token that the issuer gave you.')
        }
        if (before !== null && before === keys.current()) verified.note(token, { payload, keys: before })
        return payload
      } catch (error) {
        throw error instanceof HttpError ? error : refusedToken(explain(error, audience))
      }
    },
    async read(token) {
      try {
        return await check(token, {})
      } catch {
        return null
      }
    },
  }
}

function isOverdue({ exp = 0 }: JWTPayload): boolean {
  return exp <= Math.floor(Date.now() / 1000) - clockToleranceSeconds
}

function issuerUrl(text: string): URL {
  const url = URL.parse(text)
  if (url !== null && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '') return url
  throw new ConfigError('OIDC_ISSUER_INVALID', {
    message: `MILLRACE_OIDC_ISSUER is no address of an issuer: "${text}". Write it as https://keycloak.example.com/realms/millrace.`,
  })
}

function allowedAlgorithms({ oidcAlgorithms }: PlatformSettings): string[] {
  const algorithms = listOf(oidcAlgorithms)
  // What is signed with a secret, or not at all, could be made by whoever knows the public keys.
  const wrong = algorithms.find((name) => !/^((RS|PS|ES)(256|384|512)|EdDSA|Ed25519)$/.test(name))
  if (wrong === undefined && algorithms.length > 0) return algorithms
  throw new ConfigError('OIDC_ALGORITHM_INVALID', {
    message: `MILLRACE_OIDC_ALGORITHMS allows "${wrong ?? ''}", which is no algorithm with a public key. Choose of RS256, PS256, ES256, EdDSA and their longer forms.`,
  })
}

/** Issuers sign other tokens with the same keys; these say so. */
function isAccessToken({ typ, at_hash, c_hash }: JWTPayload): boolean {
  return (typ === undefined || typ === 'Bearer') && at_hash === undefined && c_hash === undefined
}

function explain(error: unknown, audience: readonly string[]): string {
  if (error instanceof errors.JWTExpired) return 'The token has expired. Sign in again, or refresh it.'
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') {
      return `The token is made for others: its audience has to be ${audience.join(' or ')}. Have the issuer add it, see the guide to sign-in.`
    }
    if (error.claim === 'nbf') return 'The token is not good yet. Compare the clock of this machine with the issuer.'
    return `The token lacks a good claim "${error.claim}".`
  }
  return 'The token is not signed by the issuer that this server trusts. Sign in again.'
}
