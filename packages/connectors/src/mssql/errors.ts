import { ConfigError, DataError, FatalError, isMillraceError, type MillraceError, TransientError } from '@millrace/core'

type Kind = new (
  code: string,
  options: { message: string; details: Record<string, unknown>; cause?: unknown },
) => MillraceError

interface Rule {
  readonly kind: Kind
  readonly code: string
  readonly next: string
  readonly numbers: readonly number[]
}

/** By the numbers of the server's messages. */
const rules: readonly Rule[] = [
  {
    kind: ConfigError,
    code: 'AUTHENTICATION_FAILED',
    next: 'Check user and password.',
    numbers: [18401, 18450, 18452, 18456, 18470, 18486, 18487, 18488],
  },
  { kind: ConfigError, code: 'DATABASE_NOT_FOUND', next: 'Check the name of the database.', numbers: [911, 4060] },
  {
    kind: ConfigError,
    code: 'PERMISSION_DENIED',
    next: 'Grant the permission, or connect as another user.',
    numbers: [229, 230, 262, 297, 300, 916, 15247],
  },
  {
    kind: ConfigError,
    code: 'STATEMENT_REFUSED',
    next: '',
    numbers: [102, 105, 156, 170, 174, 195, 201, 207, 208, 209, 213, 1033, 2714, 2812, 4104, 8156],
  },
  {
    kind: DataError,
    code: 'VALUE_REFUSED',
    next: '',
    numbers: [220, 232, 241, 242, 245, 248, 515, 547, 2601, 2627, 2628, 8114, 8115, 8134, 8152, 8169, 9420],
  },
  {
    kind: FatalError,
    code: 'DISK_FULL',
    next: 'Make room on the server, then run the same command again.',
    numbers: [1101, 1105, 9002],
  },
  {
    kind: TransientError,
    code: 'CONNECTION_LOST',
    next: 'Run the same command again.',
    numbers: [50001],
  },
  {
    kind: TransientError,
    code: 'SERVER_UNAVAILABLE',
    next: 'Run the same command again.',
    numbers: [701, 1204, 1205, 1222, 3960, 3961, 8645, 10928, 10929, 40197, 40501, 40613, 49918, 49919, 49920],
  },
]

const byNumber = new Map(rules.flatMap((rule) => rule.numbers.map((number) => [number, rule] as const)))

interface DriverError {
  readonly code?: string
  readonly number?: number
  readonly message?: string
  readonly originalError?: DriverError & { readonly info?: DriverError; readonly cause?: DriverError }
}

/** A failure of a statement or a connection in the project's own tree. */
export function mssqlError(error: unknown, label: string): unknown {
  if (isMillraceError(error) || (error instanceof Error && error.name === 'AbortError')) return error
  if (error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError) return error
  const failure = error as DriverError
  const original = failure.originalError
  const number = failure.number ?? original?.number ?? original?.info?.number
  const said = (failure.message || 'the server failed').replace(/\s+/g, ' ').trim()
  const make = ({ kind, code, next }: Omit<Rule, 'numbers'>) =>
    new kind(code, {
      message: `${label}: ${/[.!?]$/.test(said) ? said : `${said}.`} ${next}`.trim(),
      details: { ...(number === undefined ? {} : { number }), label },
      cause: error,
    })
  const rule = number === undefined ? undefined : byNumber.get(number)
  if (rule) return make(rule)
  const code = failure.code ?? ''
  if (code === 'ELOGIN') return make(rules[0] as Rule)
  if (/ENOTFOUND/.test(said)) {
    return make({ kind: ConfigError, code: 'HOST_NOT_FOUND', next: 'Check the host name.' })
  }
  if (/self[- ]signed|certificate|altnames/i.test(said)) {
    const next = 'Trust the certificate with trust_server_certificate=true only where the network is trusted.'
    return make({ kind: ConfigError, code: 'TLS_FAILED', next })
  }
  if (code === 'ESOCKET' || code === 'ETIMEOUT' || code === 'EINSTLOOKUP') {
    const next = 'Check host and port, and that the server is running.'
    return make({ kind: TransientError, code: 'SERVER_UNREACHABLE', next })
  }
  if (number === undefined) {
    const next = 'Run the same command again.'
    return make({ kind: TransientError, code: 'CONNECTION_LOST', next })
  }
  return make({ kind: FatalError, code: 'SERVER_FAILED', next: 'Look at the server and its log.' })
}
