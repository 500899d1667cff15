import {
  ConfigError,
  type DataError,
  FatalError,
  isMillraceError,
  type MillraceError,
  TransientError,
} from '@millrace/core'

interface ApiFailure {
  readonly code?: number | string
  readonly message?: string
  readonly errors?: readonly { readonly reason?: string; readonly message?: string }[]
}

interface Rule {
  readonly reasons: RegExp
  readonly kind: typeof ConfigError | typeof DataError | typeof FatalError | typeof TransientError
  readonly code: string
  readonly next: string
}

/** By the documented reason of an error, which says more than the status. */
const rules: readonly Rule[] = [
  {
    reasons: /^(rateLimitExceeded|jobRateLimitExceeded|userRateLimitExceeded|quotaExceeded)$/,
    kind: TransientError,
    code: 'RATE_LIMITED',
    next: 'Run it again later, or raise the quota of the project.',
  },
  {
    reasons: /^(backendError|internalError|jobBackendError|jobInternalError|tableUnavailable|timeout|stopped)$/,
    kind: TransientError,
    code: 'SERVER_UNAVAILABLE',
    next: 'Run the same command again.',
  },
  {
    reasons: /^(accessDenied|blocked|billingNotEnabled|forbidden)$/,
    kind: ConfigError,
    code: 'ACCESS_DENIED',
    next: 'Grant the account the roles BigQuery Job User and BigQuery Data Viewer, or use another one.',
  },
  {
    reasons: /^(authError|required)$/,
    kind: ConfigError,
    code: 'AUTHENTICATION_FAILED',
    next: 'Check the credentials.',
  },
  {
    reasons: /^notFound$/,
    kind: ConfigError,
    code: 'NOT_FOUND',
    next: 'Check the names of project, dataset and table, and the location.',
  },
  {
    reasons: /^(invalidQuery|invalid|duplicate|notImplemented|billingTierLimitExceeded)$/,
    kind: ConfigError,
    code: 'STATEMENT_FAILED',
    next: 'Check the statement.',
  },
  {
    reasons: /^responseTooLarge$/,
    kind: ConfigError,
    code: 'RESPONSE_TOO_LARGE',
    next: 'Export it through a bucket: set GCS_BUCKET and choose CSV.',
  },
  {
    reasons: /^resourcesExceeded$/,
    kind: FatalError,
    code: 'RESOURCES_EXCEEDED',
    next: 'Let the query read or sort less at once.',
  },
]

/**
 * Turns what the driver throws, or what a failed job says, into our tree. The original is not kept as
 * the cause: it holds the request with its token.
 */
export function bigqueryError(error: unknown, label: string): MillraceError {
  if (isMillraceError(error)) return error
  const { code, message = String(error), errors = [] } = error as ApiFailure
  const reason = errors[0]?.reason ?? ''
  const text = flat(errors[0]?.message ?? message).replace(/[.]?$/, '.')
  const details = { ...(reason ? { reason } : {}), ...(code === undefined ? {} : { status: code }) }
  const rule = rules.find(({ reasons }) => reasons.test(reason)) ?? ruleOf(code, message)
  return new rule.kind(`BIGQUERY_${rule.code}`, { message: `${label} says: ${text} ${rule.next}`, details })
}

function ruleOf(code: number | string | undefined, message: string): Rule {
  const named = (name: string) => rules.find((rule) => rule.code === name) as Rule
  if (
    code === 401 ||
    /invalid_grant|invalid_client|default credentials|private_key|client_email|DECODER/i.test(message)
  )
    return named('AUTHENTICATION_FAILED')
  if (code === 403) return named('ACCESS_DENIED')
  if (code === 404) return named('NOT_FOUND')
  if (code === 400 || code === 409) return named('STATEMENT_FAILED')
  if (code === 429) return named('RATE_LIMITED')
  if (code === 'ENOENT') return named('AUTHENTICATION_FAILED')
  if (
    typeof code === 'number'
      ? code >= 500
      : /^E[A-Z_]+$/.test(code ?? '') || /socket|network|timed? ?out/i.test(message)
  ) {
    return named('SERVER_UNAVAILABLE')
  }
  return { reasons: /^$/, kind: FatalError, code: 'FAILED', next: 'See the details.' }
}

function flat(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ').trim()
}
