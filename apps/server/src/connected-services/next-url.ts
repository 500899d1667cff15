import type { PlatformSettings } from '@millrace/core'
import { invalid } from '@millrace/http'

/**
 * Where the browser goes afterwards: a path here, or an address of this platform. Anything else could lead people who trust
 * this platform to somebody else.
 *
 * @throws HttpError 422 NEXT_URL_REFUSED.
 */
export function checkNextUrl(next: string, origin: string): string {
  const isPlain = !/[\\\p{Cc}\s]/u.test(next)
  const isPath = next.startsWith('/') && !next.startsWith('//')
  const url = URL.parse(next, isPath ? origin : undefined)
  if (isPlain && url !== null && url.origin === origin && url.username === '' && url.password === '') return next
  throw invalid(
    'NEXT_URL_REFUSED',
    `next_url has to be a path such as /projects, or an address that begins with ${origin}/.`,
  )
}

/** Always https, as behind a proxy that speaks TLS, unless the operator named an address of this machine with http. */
export function callbackUrl({ publicUrl }: Pick<PlatformSettings, 'publicUrl'>, request: Request): string {
  const url = new URL(publicUrl ?? request.url)
  const isLocal = publicUrl !== null && /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
  const protocol = isLocal ? url.protocol : 'https:'
  return `${protocol}//${url.host}/api/data/oauth2/callback`
}
