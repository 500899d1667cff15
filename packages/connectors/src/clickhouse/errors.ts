import { ConfigError, DataError, FatalError, isMillraceError, type MillraceError, TransientError } from '@millrace/core'
import { redactText } from '../kit/redact.ts'

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

/** By the numbers of ClickHouse's errors. */
const rules: readonly Rule[] = [
  {
    kind: ConfigError,
    code: 'AUTHENTICATION_FAILED',
    next: 'Check user and password, and from which hosts this user may connect.',
    numbers: [192, 193, 194, 195, 516],
  },
  {
    kind: ConfigError,
    code: 'PERMISSION_DENIED',
    next: 'Grant the privilege, or connect as another user.',
    numbers: [291, 497],
  },
  {
    kind: ConfigError,
    code: 'READ_ONLY',
    next: 'Only statements that read are possible here; or connect as a user that may write.',
    numbers: [164, 242],
  },
  { kind: ConfigError, code: 'DATABASE_NOT_FOUND', next: 'Check the name of the database.', numbers: [81] },
  { kind: ConfigError, code: 'TABLE_NOT_FOUND', next: 'Check the name of the table.', numbers: [60] },
  {
    kind: ConfigError,
    code: 'STATEMENT_REFUSED',
    next: '',
    numbers: [
      10, 15, 16, 20, 35, 36, 42, 43, 44, 45, 46, 47, 48, 50, 57, 59, 62, 63, 79, 80, 82, 115, 179, 182, 184, 207, 215,
      219, 352, 386, 452, 524,
    ],
  },
  {
    kind: DataError,
    code: 'VALUE_REFUSED',
    next: '',
    numbers: [
      6, 26, 27, 32, 33, 38, 41, 53, 69, 70, 72, 117, 128, 129, 130, 131, 153, 190, 321, 349, 376, 395, 407, 441, 469,
      636, 675, 676, 691,
    ],
  },
  {
    kind: FatalError,
    code: 'OUT_OF_MEMORY',
    next: 'Raise max_memory_usage, or let the server have more memory; the target is as it was.',
    numbers: [173, 241],
  },
  {
    kind: FatalError,
    code: 'DISK_FULL',
    next: 'Make room on the server, then run the same command again.',
    numbers: [243],
  },
  {
    kind: FatalError,
    code: 'LIMIT_REACHED',
    next: 'Raise the limit for this user, or with a setting in the address.',
    numbers: [158, 159, 160, 161, 162, 168, 191, 201, 307, 359, 396],
  },
  {
    kind: TransientError,
    code: 'SERVER_UNAVAILABLE',
    next: 'Run the same command again.',
    numbers: [202, 203, 209, 210, 252, 279, 319, 341, 473, 518, 574, 745, 999],
  },
  {
    kind: TransientError,
    code: 'STATEMENT_CANCELLED',
    next: 'Somebody or a time limit cancelled the statement; run the same command again.',
    numbers: [236, 394, 734],
  },
]

const byNumber = new Map(rules.flatMap((rule) => rule.numbers.map((number) => [number, rule] as const)))
const unknown = { kind: FatalError, code: 'SERVER_FAILED', next: 'Look at the server and its log.' }

export interface ErrorContext {
  readonly label: string
  readonly secrets: readonly string[]
}

/** What the server says of a failure: `Code: 60. DB::Exception: Table … does not exist. (UNKNOWN_TABLE) (version …)`. */
export function serverError(text: string, status: number, { label, secrets }: ErrorContext): MillraceError {
  const number = Number(/Code: (\d+)\./.exec(text)?.[1] ?? 0)
  const rule = byNumber.get(number) ?? (number === 0 && (status === 401 || status === 403) ? byNumber.get(516) : null)
  const { kind, code, next } = rule ?? unknown
  const said = redactText(sentenceOf(text) || `the server answered with HTTP status ${status}`, secrets)
  return new kind(code, {
    message: `${label}: ${/[.!?]$/.test(said) ? said : `${said}.`} ${next}`.trim(),
    details: { ...(number === 0 ? {} : { number }), status, label },
  })
}

function sentenceOf(text: string): string {
  const flat = text
    .replace(/\(version [^)]*\)[\s\S]*$/, '')
    .replace(/Stack trace:[\s\S]*$/, '')
    .replace(/(Code: \d+\. )?DB::Exception: /g, '')
    .replace(/\s+/g, ' ')
    .trim()
  return flat.length > 600 ? `${flat.slice(0, 600)}…` : flat
}

/** A failure of the connection. */
export function connectionError(error: unknown, { label, secrets }: ErrorContext): unknown {
  if (isMillraceError(error) || (error instanceof Error && error.name === 'AbortError')) return error
  const { code = '', message = '' } = error as { code?: string; message?: string }
  if (error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError) return error
  const said = redactText(message || code || 'the connection failed', secrets).replace(/\s+/g, ' ')
  const make = (kind: Kind, stable: string, next: string) =>
    new kind(stable, { message: `${label}: ${said}. ${next}`, details: { reason: code, label }, cause: error })
  if (code === 'ENOTFOUND') return make(ConfigError, 'HOST_NOT_FOUND', 'Check the host name.')
  if (/CERT|SIGNED|ERR_TLS|ERR_SSL|EPROTO/.test(code)) {
    return make(ConfigError, 'TLS_FAILED', 'Check the port, whether it speaks TLS, and the certificate authority.')
  }
  if (/^E(CONNREFUSED|HOSTUNREACH|NETUNREACH|TIMEDOUT|AI_AGAIN)$/.test(code)) {
    return make(TransientError, 'SERVER_UNREACHABLE', 'Check host and port, and that the server is running.')
  }
  return make(TransientError, 'CONNECTION_LOST', 'Run the same command again: it goes on from the finished chunks.')
}

/** ClickHouse's number of an error that it raised. */
export function errorNumber(error: unknown): number | undefined {
  const { number } = isMillraceError(error) ? (error.details as { number?: unknown }) : {}
  return typeof number === 'number' ? number : undefined
}
