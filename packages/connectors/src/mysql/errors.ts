import { ConfigError, DataError, FatalError, isMillraceError, type MillraceError, TransientError } from '@millrace/core'

/** What the driver and the protocol reader know about a failure. */
export interface ServerFailure {
  readonly errno?: number
  /** `ER_…` of the server, or Node's code of a network failure. */
  readonly code?: string
  readonly sqlState?: string
  readonly sqlMessage?: string
  readonly message?: string
}

type Kind = new (
  code: string,
  options: { message: string; details: Record<string, unknown>; cause: unknown },
) => MillraceError

interface Rule {
  readonly kind: Kind
  readonly code: string
  readonly next: string
  readonly errnos: readonly number[]
}

const rules: readonly Rule[] = [
  {
    kind: ConfigError,
    code: 'AUTHENTICATION_FAILED',
    next: 'Check user and password, and from which hosts this user may connect.',
    errnos: [1045, 1130, 1251, 1698, 1862],
  },
  {
    kind: ConfigError,
    code: 'PERMISSION_DENIED',
    next: 'Grant the privilege, or connect as another user.',
    errnos: [1044, 1142, 1143, 1227, 1370],
  },
  { kind: ConfigError, code: 'DATABASE_NOT_FOUND', next: 'Check the name of the database.', errnos: [1049] },
  {
    kind: ConfigError,
    code: 'READ_ONLY',
    next: 'Only statements that read are possible here; or connect to a server that can be written to.',
    errnos: [1290, 1792, 1836],
  },
  {
    kind: FatalError,
    code: 'DISK_FULL',
    next: 'Make room on the server, then run the same command again.',
    errnos: [3, 1021, 1026, 1114, 1041, 1037, 1038],
  },
  {
    kind: TransientError,
    code: 'CONNECTION_LOST',
    next: 'Run the same command again: it goes on from the finished chunks.',
    errnos: [1053, 1152, 1153, 1158, 1159, 1160, 1161, 1184, 1927, 2006, 2013, 4031],
  },
  {
    kind: TransientError,
    code: 'SERVER_UNAVAILABLE',
    next: 'Run the same command again.',
    errnos: [1040, 1129, 1203, 1205, 1213, 1226, 1412, 1637, 3572],
  },
  {
    kind: TransientError,
    code: 'STATEMENT_CANCELLED',
    next: 'Somebody or a time limit cancelled the statement; run the same command again.',
    errnos: [1317, 1969, 3024],
  },
  {
    kind: DataError,
    code: 'VALUE_REFUSED',
    next: '',
    errnos: [
      1048, 1062, 1169, 1216, 1217, 1263, 1264, 1265, 1292, 1364, 1365, 1366, 1367, 1406, 1411, 1441, 1451, 1452, 1526,
      1586, 1690, 3140, 3819, 4025,
    ],
  },
]

const byErrno = new Map(rules.flatMap((rule) => rule.errnos.map((errno) => [errno, rule] as const)))

/** A failure of a statement or a connection in the project's own tree. */
export function mysqlError(error: unknown, label: string): unknown {
  if (isMillraceError(error) || (error instanceof Error && error.name === 'AbortError')) return error
  const failure = (typeof error === 'object' && error !== null ? error : {}) as ServerFailure
  if (failure.errno === undefined || failure.errno < 0 || failure.sqlState === undefined) {
    return networkError(error, failure, label)
  }
  const rule = byErrno.get(failure.errno) ?? otherwise(failure)
  return new rule.kind(rule.code, {
    message: sentence(label, failure.sqlMessage ?? failure.message ?? 'the server failed', rule.next),
    details: { errno: failure.errno, sqlState: failure.sqlState, label },
    cause: error,
  })
}

function networkError(error: unknown, failure: ServerFailure, label: string): unknown {
  const code = failure.code ?? ''
  if (error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError) return error
  const make = (kind: Kind, stable: string, next: string) =>
    new kind(stable, {
      message: sentence(label, failure.message || code || 'the connection failed', next),
      details: { reason: code, label },
      cause: error,
    })
  if (code.startsWith('HANDSHAKE_') || /CERT|SIGNED|ERR_TLS|ERR_SSL/.test(code)) {
    return make(ConfigError, 'TLS_FAILED', 'Check sslmode, the authority file and what the server supports.')
  }
  if (code === 'AUTH_SWITCH_PLUGIN_ERROR') {
    return make(ConfigError, 'AUTHENTICATION_FAILED', 'Check user and password, and how this user authenticates.')
  }
  if (code === 'ENOTFOUND') return make(ConfigError, 'HOST_NOT_FOUND', 'Check the host name.')
  if (/^E(CONNREFUSED|HOSTUNREACH|NETUNREACH|TIMEDOUT|AI_AGAIN)$/.test(code)) {
    return make(TransientError, 'SERVER_UNREACHABLE', 'Check host and port, and that the server is running.')
  }
  return make(TransientError, 'CONNECTION_LOST', 'Run the same command again: it goes on from the finished chunks.')
}

/** The SQLSTATE class decides about error numbers that are not listed. */
function otherwise(failure: ServerFailure): Omit<Rule, 'errnos'> {
  const state = failure.sqlState ?? ''
  if (/^(22|23|21)/.test(state)) return { kind: DataError, code: 'VALUE_REFUSED', next: '' }
  if (/^08/.test(state)) return { kind: TransientError, code: 'CONNECTION_LOST', next: 'Run the same command again.' }
  if (/^40/.test(state))
    return { kind: TransientError, code: 'SERVER_UNAVAILABLE', next: 'Run the same command again.' }
  if (/^(28|42|3D|3F|0A)/.test(state)) return { kind: ConfigError, code: 'STATEMENT_REFUSED', next: '' }
  return { kind: FatalError, code: 'SERVER_FAILED', next: 'Look at the server and its log.' }
}

function sentence(label: string, said: string, next: string): string {
  const flat = said.replace(/\s+/g, ' ').trim()
  return `${label}: ${/[.!?]$/.test(flat) ? flat : `${flat}.`} ${next}`.trim()
}

/** The server's number of an error that it raised, through any wrapping. */
export function serverErrno(error: unknown): number | undefined {
  if (isMillraceError(error)) return typeof error.details.errno === 'number' ? error.details.errno : undefined
  const errno = (error as ServerFailure | null)?.errno
  return typeof errno === 'number' ? errno : undefined
}
