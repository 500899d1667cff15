import { randomUUID } from 'node:crypto'
import { type JWTPayload, jwtVerify, SignJWT } from 'jose'

export interface InternalToken {
  /** Id of a user, or the name of a part of the platform. */
  readonly subject: string
  /** What it is good for, with spaces between several: `secrets:open`. */
  readonly scope: string
  readonly lifeSeconds: number
  /** Refresh tokens are good for new tokens only. Default `Bearer`. */
  readonly type?: 'Bearer' | 'Refresh'
  /** Others that it says, such as the email. */
  readonly claims?: Readonly<Record<string, unknown>>
}

export interface InternalTokenIssuer {
  /** 64 random bytes that all services of the platform share. */
  readonly key: Uint8Array
  /** Issuer and audience. Default `millrace-services`. */
  readonly name?: string
}

const defaultName = 'millrace-services'
const algorithm = 'HS512'
/** Clocks of two machines differ. */
const clockToleranceSeconds = 5

/** A token by which services of the platform know each other, signed with the key that they share. */
export async function signInternalToken(
  { key, name = defaultName }: InternalTokenIssuer,
  token: InternalToken,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const { subject, scope, lifeSeconds, type = 'Bearer', claims = {} } = token
  return await new SignJWT({ ...claims, scope, typ: type })
    .setProtectedHeader({ alg: algorithm })
    .setIssuer(name)
    .setAudience(name)
    .setSubject(subject)
    .setIssuedAt(now)
    .setNotBefore(now - 1)
    .setExpirationTime(now + lifeSeconds)
    .setJti(randomUUID())
    .sign(key)
}

/** What the token says; null when it is not one of these, has expired, or is of another type. */
export async function verifyInternalToken(
  { key, name = defaultName }: InternalTokenIssuer,
  token: string,
  { type = 'Bearer' }: { readonly type?: 'Bearer' | 'Refresh' } = {},
): Promise<(JWTPayload & { readonly sub: string; readonly scope: string }) | null> {
  try {
    const { payload } = await jwtVerify(token, key, {
      ...{ algorithms: [algorithm], issuer: name, audience: name, clockTolerance: clockToleranceSeconds },
      requiredClaims: ['exp'],
    })
    const { sub, scope, typ } = payload
    return typeof sub === 'string' && typeof scope === 'string' && typ === type ? { ...payload, sub, scope } : null
  } catch {
    return null
  }
}
