import type { PlatformSettings } from '@millrace/core'
import { HttpError } from '@millrace/http'
import { isLoopback } from '../known-hosts.ts'
import { publicOrigin } from './csrf.ts'

/**
 * The origin of addresses that are handed out to be opened later.
 *
 * @throws HttpError 503.
 */
export function ownOrigin(request: Request, settings: Pick<PlatformSettings, 'publicUrl'>): string {
  // Whoever calls chooses the name in the request, so only a name of this machine is believed.
  if (settings.publicUrl === null && !isLoopback(new URL(request.url).hostname)) {
    throw new HttpError(
      503,
      'PUBLIC_URL_MISSING',
      'The server does not know its own address, so nobody can sign in. Have its operator set MILLRACE_PUBLIC_URL.',
    )
  }
  return publicOrigin(request, settings)
}
