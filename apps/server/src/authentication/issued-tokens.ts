import type { Logger, PlatformSettings } from '@millrace/core'
import { isMillraceError } from '@millrace/core'
import type { JWTPayload } from 'jose'
import { fetchUserInfo, type TokenEndpointResponse, type TokenEndpointResponseHelpers } from 'openid-client'
import { encryptAtRest } from '../secrets/index.ts'
import type { Oidc } from './oidc.ts'
import type { Confirmation } from './session-store.ts'
import { type Claims, userFromClaims } from './user-claims.ts'

/**
 * Who the issuer says that somebody is, from the tokens that it just handed out: most issuers put names into the ID token,
 * Keycloak puts roles into the access token, and others tell more when asked. Null: too little to know anybody by.
 */
export async function issuedClaims(
  tokens: TokenEndpointResponse & TokenEndpointResponseHelpers,
  { oidc, settings }: { readonly oidc: Oidc; readonly settings: PlatformSettings },
): Promise<Claims | null> {
  const ofAccess: JWTPayload = (await oidc.read(tokens.access_token)) ?? {}
  const ofId = tokens.claims()
  const sub = ofId?.sub ?? ofAccess.sub
  if (sub === undefined || (ofAccess.sub !== undefined && ofAccess.sub !== sub)) return null
  const said: JWTPayload = { ...ofAccess, ...(ofId as JWTPayload | undefined), sub }
  const told = typeof said.email === 'string' ? {} : await userInfo(oidc, tokens.access_token, sub)
  return userFromClaims({ ...told, ...said }, settings)
}

async function userInfo(oidc: Oidc, accessToken: string, sub: string): Promise<Record<string, unknown>> {
  try {
    return { ...(await fetchUserInfo(await oidc.configuration(), accessToken, sub)) }
  } catch {
    // Not every issuer has more to tell, or tells it for this token.
    return {}
  }
}

/** What a session keeps of the tokens. Without a key to encrypt by, it cannot be renewed and just lasts its time. */
export async function confirmationOf(
  tokens: TokenEndpointResponse & TokenEndpointResponseHelpers,
  user: Claims,
  { settings, log }: { readonly settings: PlatformSettings; readonly log: Logger },
): Promise<Confirmation> {
  const unrenewable = { isAdmin: user.isAdmin, refreshToken: null, seconds: null }
  if (tokens.refresh_token === undefined) return unrenewable
  try {
    const refreshToken = await encryptAtRest(settings, `user:${user.id}`, tokens.refresh_token)
    return { isAdmin: user.isAdmin, refreshToken, seconds: tokens.expiresIn() ?? 300 }
  } catch (error) {
    if (!isMillraceError(error) || error.recovery !== 'config') throw error
    log.warn({ err: error }, 'sessions are not renewed at the issuer, because there is no key to keep its tokens with')
    return unrenewable
  }
}
