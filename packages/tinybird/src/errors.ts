import { type ErrorOptions, MillraceError, type Recovery } from '@millrace/core'

/** Parent of everything the client throws on purpose. */
export abstract class TinybirdClientError extends MillraceError {}

/** An import job failed, ended with a status that nobody knows, or did not end in time. */
export class JobError extends TinybirdClientError {
  readonly recovery: Recovery = 'data'
  readonly jobId: string

  constructor(jobId: string, options: ErrorOptions) {
    super('TINYBIRD_JOB_FAILED', { ...options, details: { ...options.details, jobId } })
    this.jobId = jobId
  }
}

/** Waiting as long as the server asks would pass the budget for retries. */
export class RateLimitedForTooLongError extends TinybirdClientError {
  readonly recovery: Recovery = 'transient'

  constructor(options: ErrorOptions) {
    super('TINYBIRD_RATE_LIMITED', options)
  }
}

export interface HttpErrorOptions extends ErrorOptions {
  readonly method: string
  /** Without the token, which never stands in it. */
  readonly url: string
  /** 0 when there was no answer. */
  readonly status: number
  readonly jobId?: string | null
}

/** Any status without a rule for retrying, or the last one when the retries are used up. */
export class HTTPError extends TinybirdClientError {
  readonly recovery: Recovery
  readonly method: string
  readonly url: string
  readonly status: number
  readonly jobId: string | null

  constructor({ method, url, status, jobId = null, ...options }: HttpErrorOptions) {
    super('TINYBIRD_HTTP_ERROR', { ...options, details: { ...options.details, method, url, status } })
    this.recovery = recoveryOf(status)
    this.method = method
    this.url = url
    this.status = status
    this.jobId = jobId
  }
}

/** More rows went to quarantine, or could not be parsed, than the caller allows. */
export class RejectedRowsError extends TinybirdClientError {
  readonly recovery: Recovery = 'data'

  constructor(options: ErrorOptions) {
    super('TINYBIRD_ROWS_REJECTED', options)
  }
}

function recoveryOf(status: number): Recovery {
  if (status === 0 || status === 408 || status === 429 || status >= 500) return 'transient'
  return status === 400 || status === 413 || status === 422 ? 'data' : 'config'
}
