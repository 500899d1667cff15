import type { PlatformSettings } from '@millrace/core'
import { clientAddresses, type Principal, rateLimiter } from '@millrace/http'
import { listOf } from './authentication/index.ts'
import type { UserPrincipal } from './principals.ts'

/**
 * Counts calls: of signed-in users by user, of others by the address that they come from. Workers and the administrator are
 * not counted, they are the platform itself.
 *
 * @throws ConfigError PROXY_INVALID.
 */
export function callLimits(
  settings: PlatformSettings,
): (caller: Principal | null, request: Request, rate: 'usual' | 'sign-in') => void {
  const addressOf = clientAddresses(listOf(settings.trustedProxies))
  if (settings.ratePerSecond === 0) return () => {}
  const users = rateLimiter({ perSecond: settings.ratePerSecond, burst: settings.rateBurst })
  const addresses = rateLimiter({ perSecond: settings.anonymousRatePerSecond, burst: settings.anonymousRateBurst })
  const { signInRatePerMinute } = settings
  const signIns = rateLimiter({ perSecond: signInRatePerMinute / 60, burst: signInRatePerMinute })
  return (caller, request, rate) => {
    if (caller?.kind === 'worker' || isAdministrator(caller)) return
    if (caller?.kind === 'user') return users.take(caller.id)
    const address = network(addressOf(request))
    if (rate === 'sign-in') signIns.take(address)
    addresses.take(address)
  }
}

function isAdministrator(caller: Principal | null): boolean {
  return caller?.kind === 'user' && (caller as UserPrincipal).via === 'administrator'
}

/** Of IPv6 everybody has 2^64 addresses, which count as one. */
function network(address: string): string {
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('::')
  const groups = head.split(':')
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(':').length
  return [...groups, ...Array.from({ length: Math.max(0, missing) }, () => '0')].slice(0, 4).join(':')
}
