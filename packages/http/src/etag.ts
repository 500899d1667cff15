import { hash } from 'node:crypto'
import { HttpError } from './http-error.ts'

/** Strong and quoted, made from what changes with the entity, such as the time of its last change. */
export function etagOf(text: string): string {
  return `"${hash('md5', text).toUpperCase()}"`
}

/** Whether the caller has this version already and is to be answered 304. */
export function isNotModified(request: Request, etag: string): boolean {
  const given = request.headers.get('if-none-match')
  if (given === null) return false
  return given.trim() === '*' || given.split(',').some((one) => one.trim().replace(/^W\//, '') === etag)
}

/**
 * The header of a change; asked for before the body is looked at.
 *
 * @throws HttpError 428 without it.
 */
export function requireIfMatch(request: Request): string {
  const given = request.headers.get('if-match')?.trim()
  if (given) return given
  throw new HttpError(428, 'IF_MATCH_MISSING', 'If-Match header not provided.')
}

/** @throws HttpError 409 when somebody changed the entity since the caller read it. */
export function checkIfMatch(given: string, current: string): void {
  if (given === current) return
  throw new HttpError(
    409,
    'ETAG_CHANGED',
    `It was changed since you read it: its ETag is ${current}, not ${given}. Read it again and repeat the change.`,
  )
}
