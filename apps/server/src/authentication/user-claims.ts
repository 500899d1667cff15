import { createHash } from 'node:crypto'
import type { PlatformSettings } from '@millrace/core'
import type { JWTPayload } from 'jose'
import type { UserPrincipal } from '../principals.ts'

export type Claims = Omit<UserPrincipal, 'via' | 'scopes'>

/**
 * Who a token of the issuer is about. Without an e-mail, as tokens of services are, one is formed from the client that the
 * token was made for; null without both.
 */
export function userFromClaims(
  claims: JWTPayload,
  { oidcRolesClaim, oidcAdminRole }: Pick<PlatformSettings, 'oidcRolesClaim' | 'oidcAdminRole'>,
): Claims | null {
  const { sub } = claims
  const client = textOf(claims.azp) ?? textOf(claims.client_id)
  const email = textOf(claims.email) ?? (client === null ? null : `service-account-${client}@services.invalid`)
  if (sub === undefined || sub === '' || email === null) return null
  const firstName = textOf(claims.given_name)
  const lastName = textOf(claims.family_name)
  const names = [firstName, lastName].filter((part) => part !== null).join(' ')
  return {
    kind: 'user',
    id: userId(sub),
    name: textOf(claims.name) ?? (names === '' ? email : names),
    isAdmin: rolesOf(claims, oidcRolesClaim).includes(oidcAdminRole),
    ...{ email, firstName, lastName },
  }
}

/** The subject itself where it fits into addresses, as with Keycloak; else what is made from it, always the same. */
function userId(sub: string): string {
  const isPlain = /^[A-Za-z0-9][A-Za-z0-9-]{1,99}$/.test(sub) && sub !== 'admin'
  return isPlain ? sub : createHash('sha256').update(sub).digest('hex').slice(0, 32)
}

function rolesOf(claims: JWTPayload, path: string): readonly unknown[] {
  // A name such as `https://example.com/roles` has dots of its own.
  const whole = claims[path]
  const found = whole ?? path.split('.').reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), claims)
  return Array.isArray(found) ? found : []
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** Longer texts are no names; NUL cannot be stored. */
function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value.length <= 320 && !value.includes('\0') ? value : null
}
