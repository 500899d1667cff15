import { isMillraceError, type MillraceError, type Recovery } from '@millrace/core'
import { HttpError } from './http-error.ts'

/** What every failed request is answered with. */
export interface ErrorBody {
  readonly error: {
    /** 1000 plus the status, or a more exact number where one is documented. */
    readonly code: number
    /** A full sentence with the next step. */
    readonly message: string
    /** Stable name of what went wrong, such as `RUN_UNKNOWN`. */
    readonly detail?: string
    /** Finds the request in the server's log; the same as the header `X-Request-ID`. */
    readonly trace_id?: string
  }
}

export interface ErrorAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: ErrorBody
  /** Nobody outside was told what it is, so the log has to be. */
  readonly isHidden: boolean
}

const statusByRecovery: Readonly<Record<Recovery, number>> = { config: 422, data: 422, transient: 503, fatal: 500 }

/** SQLSTATEs of values that no column can hold: text that is no Unicode, a NUL in text, a number or date out of range. */
const refusedValues = new Set(['22003', '22008', '22021', '22P02', '22P05'])

/** What a row refers to was there when it was looked for, and went before the row was written. */
const foreignKeyViolation = '23503'

/**
 * Turns whatever was thrown into an answer. `statusByCode` gives codes of the error tree their status; the others go by
 * how to recover. Errors of the database and unknown ones are told to nobody outside.
 */
export function errorAnswer(
  error: unknown,
  options: { readonly requestId: string; readonly statusByCode: Readonly<Record<string, number>> },
): ErrorAnswer {
  const { requestId, statusByCode } = options
  const answer = (
    status: number,
    message: string,
    detail?: string,
    headers: Readonly<Record<string, string>> = {},
    number = 1000 + status,
  ) => ({
    status,
    headers: status === 503 ? { 'retry-after': '1', ...headers } : headers,
    body: {
      error: { code: number, message, ...(detail === undefined ? {} : { detail }), trace_id: requestId },
    },
    isHidden: status >= 500,
  })
  if (error instanceof HttpError) return answer(error.status, error.message, error.detail, error.headers, error.number)
  if (!isMillraceError(error)) return answer(500, unknownProblem)
  if (error.code.startsWith('DATABASE_')) return databaseAnswer(error, answer)
  const status = statusByCode[error.code] ?? statusByRecovery[error.recovery]
  return status === 500 ? answer(500, unknownProblem) : answer(status, error.message, error.code)
}

const unknownProblem =
  'Something went wrong in the server. Try again; if it stays, look for the trace id of this answer in its log.'

function databaseAnswer(
  error: MillraceError,
  answer: (status: number, message: string, detail?: string) => ErrorAnswer,
): ErrorAnswer {
  if (refusedValues.has(String(error.details.sqlState))) {
    return answer(
      422,
      'A value of the request cannot be stored: it is too large, or holds text that is no valid Unicode.',
    )
  }
  if (error.details.sqlState === foreignKeyViolation) {
    const message =
      'Something that this belongs to was removed in the meantime. Read it again, and repeat what is left to do.'
    // Where it is no accident, the log has to say what it is.
    return { ...answer(409, message, 'GONE_MEANWHILE'), isHidden: true }
  }
  if (error.recovery === 'transient') return answer(503, 'The database is not available. Try again.', 'UNAVAILABLE')
  return answer(500, unknownProblem)
}
