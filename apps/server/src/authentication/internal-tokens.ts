import { createSecretKey, type KeyObject, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import type { PlatformSettings } from '@millrace/core'
import { decodeJwt, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import { newId } from '../ids.ts'
import type { UserPrincipal } from '../principals.ts'
import { refusedToken } from './refusal.ts'
import type { Claims } from './user-claims.ts'

/** Whether what a token was made for is still there: `name` is what follows the colon of `session:name`. */
export type ScopeCheck = (name: string, userId: string) => Promise<boolean>

export interface TokenPair {
  readonly accessToken: string
  readonly refreshToken: string
  readonly accessSeconds: number
  readonly refreshSeconds: number
}

/** Tokens that the server itself signs, for what runs for a user, such as a session. They never administer. */
export interface InternalTokens {
  /** `scope` such as `session:NAME`. `long`: renewed rarely, as by jobs that wait. */
  issue(
    user: Pick<UserPrincipal, 'id' | 'email' | 'firstName' | 'lastName' | 'name'>,
    scope: string,
    options?: { readonly long?: boolean },
  ): Promise<TokenPair>
  /** Whether a token says that it is one of these; not whether it is right. */
  isOurs(token: string): boolean
  /** @throws HttpError 401. */
  verify(token: string, typ: 'Bearer' | 'Refresh'): Promise<{ readonly user: Claims; readonly scope: string }>
  /** By the first part of scopes. Tokens of others are not renewed. */
  readonly scopeChecks: Map<string, ScopeCheck>
}

const alg = 'HS512'
const derive = promisify<string, string, number, Buffer>(scrypt)

export function createInternalTokens(settings: PlatformSettings, adminToken: string): InternalTokens {
  const { internalTokenName: name, internalTokenSecret, internalTokenMinutes } = settings
  let made: Promise<KeyObject> | undefined
  // Slow on purpose: nobody is to find the administrator's token by trying on a token that was signed.
  const key = () => {
    made ??= derive(internalTokenSecret ?? adminToken, 'millrace internal tokens', 64).then(createSecretKey)
    return made
  }
  const accessSeconds = internalTokenMinutes * 60

  const sign = async (claims: JWTPayload, typ: 'Bearer' | 'Refresh', seconds: number) => {
    const now = Math.floor(Date.now() / 1000)
    return await new SignJWT({ ...claims, typ })
      .setProtectedHeader({ alg, typ: 'JWT' })
      .setIssuer(name)
      .setAudience(name)
      .setIssuedAt(now)
      .setNotBefore(now - 1)
      .setExpirationTime(now + seconds)
      .setJti(newId())
      .sign(await key())
  }

  return {
    scopeChecks: new Map(),
    async issue(user, scope, { long = false } = {}) {
      const { id: sub, email, firstName, lastName } = user
      const refreshSeconds = (long ? settings.internalLongRefreshMinutes : settings.internalRefreshMinutes) * 60
      const claims = {
        ...{ sub, scope, name: user.name },
        ...(email === null ? {} : { email }),
        ...(firstName === null ? {} : { given_name: firstName }),
        ...(lastName === null ? {} : { family_name: lastName }),
      }
      return {
        accessToken: await sign(claims, 'Bearer', accessSeconds),
        refreshToken: await sign({ ...claims, ...(long && { long }) }, 'Refresh', refreshSeconds),
        ...{ accessSeconds, refreshSeconds },
      }
    },
    isOurs(token) {
      try {
        return decodeJwt(token).iss === name
      } catch {
        return false
      }
    },
    async verify(token, typ) {
      const { payload } = await jwtVerify(token, await key(), {
        ...{ algorithms: [alg], issuer: name, audience: name, clockTolerance: 5 },
        requiredClaims: ['sub', 'exp', 'nbf', 'jti', 'scope'],
      }).catch(() => {
        throw refusedToken('The token of this session or job has expired or is not genuine. Renew it.')
      })
      if (payload.typ !== typ) throw refusedToken(`A token of type ${typ} is needed here.`)
      const text = (value: unknown) => (typeof value === 'string' ? value : null)
      const id = payload.sub ?? ''
      const email = text(payload.email)
      return {
        scope: String(payload.scope),
        user: {
          ...{ kind: 'user', id, isAdmin: false, email, name: text(payload.name) ?? id },
          ...{ firstName: text(payload.given_name), lastName: text(payload.family_name) },
        },
      }
    },
  }
}
