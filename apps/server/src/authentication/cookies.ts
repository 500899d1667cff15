import type { PlatformSettings } from '@millrace/core'
import { parse, serialize } from 'hono/utils/cookie'

export type CookieName = 'session' | 'sign_in'

/** A browser sends `__Host-` cookies to exactly this host, by https; no neighbour can set one. */
function fullName(name: CookieName, isHttps: boolean): string {
  return `${isHttps ? '__Host-' : ''}millrace_${name}`
}

export function isHttps({ publicUrl }: Pick<PlatformSettings, 'publicUrl'>): boolean {
  return publicUrl?.startsWith('https:') ?? false
}

/** The value, if it can be one of ours; null else. */
export function readCookie(request: Request, name: CookieName, settings: PlatformSettings): string | null {
  const header = request.headers.get('cookie')
  if (header === null) return null
  const value = parse(header)[fullName(name, isHttps(settings))] ?? ''
  return /^[\w-]{43}$/.test(value) ? value : null
}

/** The header `Set-Cookie`. A `maxAgeSeconds` of 0 removes it. */
export function setCookie(
  name: CookieName,
  value: string,
  { maxAgeSeconds, settings }: { readonly maxAgeSeconds: number; readonly settings: PlatformSettings },
): string {
  const secure = isHttps(settings)
  return serialize(fullName(name, secure), value, {
    ...{ httpOnly: true, sameSite: 'Lax', secure, path: '/', maxAge: maxAgeSeconds },
  })
}
