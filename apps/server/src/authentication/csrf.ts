import { createHmac } from 'node:crypto'
import type { PlatformSettings } from '@millrace/core'
import { forbidden, isSameToken } from '@millrace/http'
import { readCookie } from './cookies.ts'

/** What pages of this server send along with changes: made from the session, so nobody else can know it. */
export function csrfToken(session: string): string {
  return createHmac('sha256', session).update('millrace csrf').digest('base64url')
}

/** The origin under which browsers know the server. */
export function publicOrigin(request: Request, { publicUrl }: Pick<PlatformSettings, 'publicUrl'>): string {
  return new URL(publicUrl ?? request.url).origin
}

/**
 * A browser sends its cookie whoever asks it to, so a change has to show that one of our pages asked.
 *
 * @throws HttpError 403.
 */
export function checkOwnPage(request: Request, settings: PlatformSettings): void {
  const site = request.headers.get('sec-fetch-site')
  const origin = request.headers.get('origin')
  const isForeign =
    (site !== null && site !== 'same-origin') ||
    (origin !== null && origin !== publicOrigin(request, settings)) ||
    (site === null && origin === null)
  if (isForeign) {
    throw forbidden('ORIGIN_FOREIGN', 'A change by a signed-in browser has to come from a page of this server.')
  }
  const session = readCookie(request, 'session', settings)
  const given = request.headers.get('x-csrf-token')
  if (session === null || given === null || !isSameToken(given, csrfToken(session))) {
    throw forbidden(
      'CSRF_TOKEN_WRONG',
      'Send the csrf_token of GET /api/auth/session as the header X-CSRF-Token. Programs use a token instead of a cookie.',
    )
  }
}
