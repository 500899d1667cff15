import {
  type Authenticate,
  bearerToken,
  forbidden,
  type Principal,
  unauthorized,
  verifyInternalToken,
} from '@millrace/http'
import type { SecretsAccess, TokenPrincipal } from './secrets-context.ts'

/** Who calls, by a token that the server signed with the key that both have. */
export function internalTokens(key: Uint8Array): Authenticate<TokenPrincipal> {
  return async (request) => {
    const token = bearerToken(request)
    const claims = token === null ? null : await verifyInternalToken({ key }, token)
    if (claims === null) return null
    const { sub, scope, secrets, owner } = claims
    return {
      ...{ kind: 'internal', id: sub, name: sub, scopes: scope.split(' ') },
      secrets: Array.isArray(secrets) ? secrets.filter((id) => typeof id === 'string') : [],
      owner: typeof owner === 'string' ? owner : null,
    }
  }
}

export const admit = {
  opener: (caller: Principal | null): SecretsAccess['opener'] => withScope(caller, 'secrets:open'),
  user: (caller: Principal | null): SecretsAccess['user'] => withScope(caller, 'secrets:kubernetes'),
}

function withScope(caller: Principal | null, scope: string): TokenPrincipal {
  if (caller?.kind !== 'internal') {
    throw unauthorized('This service takes tokens of the Millrace server only, and this is none, or it has expired.')
  }
  const known = caller as TokenPrincipal
  if (known.scopes.includes(scope)) return known
  throw forbidden('SCOPE_MISSING', `The token is not good for this: it lacks the scope "${scope}".`)
}
