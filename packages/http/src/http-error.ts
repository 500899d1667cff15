import { ConfigError } from '@millrace/core'

/** Thrown where the caller's request is what has to change, and the status says how. */
export class HttpError extends ConfigError {
  readonly status: number
  /** Of the answer, such as `retry-after`. */
  readonly headers: Readonly<Record<string, string>>
  /** What the answer says beside its message: the code, unless a program needs to be told more. */
  readonly detail: string
  /** Number of the answer: 1000 plus the status, unless a more exact one is documented. */
  readonly number: number

  constructor(
    status: number,
    code: string,
    message: string,
    options: {
      readonly details?: Readonly<Record<string, unknown>>
      readonly headers?: Readonly<Record<string, string>>
      readonly detail?: string
      readonly number?: number
      readonly cause?: unknown
    } = {},
  ) {
    super(code, { message, details: options.details ?? {}, cause: options.cause })
    this.status = status
    this.headers = options.headers ?? {}
    this.detail = options.detail ?? code
    this.number = options.number ?? 1000 + status
  }
}

/** 404 for what is missing and for what the caller may not see: the two must look the same. */
export function notFound(code: string, message: string): HttpError {
  return new HttpError(404, code, message)
}

export function conflict(code: string, message: string): HttpError {
  return new HttpError(409, code, message)
}

export function invalid(code: string, message: string): HttpError {
  return new HttpError(422, code, message)
}

export function forbidden(code: string, message: string): HttpError {
  return new HttpError(403, code, message)
}

export function unauthorized(message: string): HttpError {
  return new HttpError(401, 'UNAUTHORIZED', message, { headers: { 'www-authenticate': 'Bearer' } })
}
