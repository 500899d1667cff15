import type { PlatformSettings } from '@millrace/core'
import { forbidden, type Principal, unauthorized } from '@millrace/http'
import { checkOwnPage } from './authentication/index.ts'
import type { AnonymousPrincipal, ServerAccess, UserPrincipal } from './principals.ts'

const signIn = 'Sign in first: send a valid token as "Authorization: Bearer TOKEN".'

/** Who gets through to which endpoints, and with what their token is good for. What they may do there is for `authz`. */
export function createAdmit(settings: PlatformSettings) {
  const user = (caller: Principal | null, request: Request): ServerAccess['user'] => {
    if (isAnonymous(caller)) throw caller.refusal ?? unauthorized(signIn)
    if (caller?.kind === 'worker') throw forbidden('FORBIDDEN', 'This is for people, and the token is one of a worker.')
    if (!isUser(caller)) throw unauthorized(signIn)
    const isReading = request.method === 'GET' || request.method === 'HEAD'
    needScope(caller, isReading ? 'read' : 'write')
    if (!isReading && !request.headers.has('authorization')) checkOwnPage(request, settings)
    return caller
  }
  return {
    open: (caller: Principal | null, request: Request): ServerAccess['open'] =>
      isAnonymous(caller) ? caller : user(caller, request),
    user,
    admin: (caller: Principal | null, request: Request): ServerAccess['admin'] => {
      const known = user(caller, request)
      needScope(known, 'admin')
      if (known.isAdmin) return known
      throw forbidden('ADMIN_REQUIRED', 'This is for administrators of the platform. Ask one of them.')
    },
    worker: (caller: Principal | null): ServerAccess['worker'] => {
      if (caller?.kind === 'worker') return caller as ServerAccess['worker']
      if (isAnonymous(caller)) throw caller.refusal ?? unauthorized(signIn)
      throw forbidden('FORBIDDEN', 'This is for workers, with a token that "millrace tokens create" makes.')
    },
    metrics: (caller: Principal | null, request: Request): ServerAccess['metrics'] => {
      if (caller?.kind === 'metrics') return caller
      const known = user(caller, request)
      needScope(known, 'admin')
      if (known.isAdmin) return known
      throw forbidden('ADMIN_REQUIRED', 'Metrics are for administrators, and for the token MILLRACE_METRICS_TOKEN.')
    },
  }
}

/** Of tokens that people made; scopes of internal ones say what runs, not what it may do. */
function needScope({ scopes, via }: UserPrincipal, scope: string): void {
  if (via !== 'token' || scopes === null || scopes.includes(scope)) return
  throw forbidden('SCOPE_MISSING', `The token lacks the scope "${scope}". Make one that has it, at /api/tokens.`)
}

function isUser(caller: Principal | null): caller is UserPrincipal {
  return caller?.kind === 'user'
}

function isAnonymous(caller: Principal | null): caller is AnonymousPrincipal {
  return caller?.kind === 'anonymous'
}
