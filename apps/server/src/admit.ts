import { forbidden, type Principal, unauthorized } from '@millrace/http'
import type { AnonymousPrincipal, ServerAccess, UserPrincipal } from './server-context.ts'

const signIn = 'Sign in first: send a valid token as "Authorization: Bearer TOKEN".'

/** Who gets through to which endpoints. What they may do there is for `authz`. */
export const admit = {
  open: (caller: Principal | null): ServerAccess['open'] => {
    if (isUser(caller) || isAnonymous(caller)) return caller
    throw unauthorized(signIn)
  },
  user,
  admin: (caller: Principal | null): ServerAccess['admin'] => {
    const known = user(caller)
    if (known.isAdmin) return known
    throw forbidden('ADMIN_REQUIRED', 'This is for administrators of the platform. Ask one of them.')
  },
  worker: (caller: Principal | null): ServerAccess['worker'] => {
    if (caller?.kind === 'worker') return caller as ServerAccess['worker']
    if (caller === null || isAnonymous(caller)) throw unauthorized(signIn)
    throw forbidden('FORBIDDEN', 'This is for workers, with a token that "millrace tokens create" makes.')
  },
}

function user(caller: Principal | null): ServerAccess['user'] {
  if (isUser(caller)) return caller
  if (caller?.kind === 'worker') throw forbidden('FORBIDDEN', 'This is for people, and the token is one of a worker.')
  throw unauthorized(signIn)
}

function isUser(caller: Principal | null): caller is UserPrincipal {
  return caller?.kind === 'user'
}

function isAnonymous(caller: Principal | null): caller is AnonymousPrincipal {
  return caller?.kind === 'anonymous'
}
