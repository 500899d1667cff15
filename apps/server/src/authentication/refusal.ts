import { HttpError } from '@millrace/http'

/** What is wrong with the token or cookie that was sent, for whoever is asked to sign in. */
export function refusedToken(reason: string): HttpError {
  return new HttpError(401, 'TOKEN_REFUSED', reason, {
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  })
}

export function issuerUnavailable(cause: unknown): HttpError {
  return new HttpError(
    503,
    'ISSUER_UNAVAILABLE',
    'The issuer that people sign in with cannot be reached, so the server cannot tell who you are. Try again in a while.',
    { headers: { 'retry-after': '5' }, cause },
  )
}
