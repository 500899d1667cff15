import {
  ConfigError,
  DataError,
  type ErrorOptions,
  FatalError,
  isMillraceError,
  type MillraceError,
  TransientError,
} from '@millrace/core'

type Kind = new (code: string, options: ErrorOptions) => MillraceError

/** What a server's error says, as the driver names it; `code` can also be one of the operating system. */
interface DriverError {
  readonly code?: string
  readonly message?: string
  readonly schema?: string
  readonly table?: string
  readonly column?: string
  readonly constraint?: string
  readonly routine?: string
}

interface Meaning {
  readonly kind: Kind
  readonly code: string
  readonly next: string
}

const later = 'Try again.'
const lost: Meaning = {
  kind: TransientError,
  code: 'DATABASE_CONNECTION_LOST',
  next: 'Check that the server runs, then try again.',
}
const lookAtStatement = 'This is a fault of the program: the statement does not fit the database.'

/** SQLSTATE, whole or its class of two letters, to what it means for the caller. */
const meanings: Readonly<Record<string, Meaning>> = {
  '08': lost,
  '57P01': lost,
  '57P02': lost,
  '57P03': { ...lost, code: 'DATABASE_STARTING' },
  '57P05': lost,
  '25P03': { ...lost, next: 'The transaction did nothing for too long and was ended. Try again.' },
  '25P04': { ...lost, next: 'The transaction took too long and was ended. Try again.' },
  '25006': { kind: TransientError, code: 'DATABASE_READ_ONLY', next: 'Give the address of the primary server.' },
  '40001': { kind: TransientError, code: 'DATABASE_SERIALIZATION_FAILURE', next: later },
  '40P01': { kind: TransientError, code: 'DATABASE_DEADLOCK', next: later },
  '55P03': { kind: TransientError, code: 'DATABASE_LOCK_TIMEOUT', next: later },
  '57014': { kind: TransientError, code: 'DATABASE_STATEMENT_CANCELLED', next: later },
  '53': { kind: TransientError, code: 'DATABASE_OVERLOADED', next: 'Try again, or give the server more resources.' },
  '53300': {
    kind: TransientError,
    code: 'DATABASE_TOO_MANY_CONNECTIONS',
    next: 'Try again, or raise max_connections of the server or lower the pool.',
  },
  '53100': { kind: FatalError, code: 'DATABASE_DISK_FULL', next: 'Make room on the disk of the database.' },
  '26000': { kind: TransientError, code: 'DATABASE_STATEMENT_LOST', next: later },
  '42P05': { kind: TransientError, code: 'DATABASE_STATEMENT_LOST', next: later },
  '23505': { kind: DataError, code: 'DATABASE_UNIQUE_VIOLATION', next: 'Such a row exists already.' },
  '23503': {
    kind: DataError,
    code: 'DATABASE_FOREIGN_KEY_VIOLATION',
    next: 'A row that is referred to is missing, or is still referred to.',
  },
  '23502': { kind: DataError, code: 'DATABASE_NOT_NULL_VIOLATION', next: 'Give the missing value.' },
  '23514': { kind: DataError, code: 'DATABASE_CHECK_VIOLATION', next: 'Change the value.' },
  '23': { kind: DataError, code: 'DATABASE_CONSTRAINT_VIOLATION', next: 'Change the row.' },
  '22': { kind: DataError, code: 'DATABASE_VALUE_REFUSED', next: 'Change the value.' },
  '21': { kind: DataError, code: 'DATABASE_VALUE_REFUSED', next: 'Change the value.' },
  P0: { kind: DataError, code: 'DATABASE_EXCEPTION', next: 'It was raised by a function of the database.' },
  '28': { kind: ConfigError, code: 'DATABASE_LOGIN_REFUSED', next: 'Check the user and the password of its address.' },
  '3D': { kind: ConfigError, code: 'DATABASE_UNKNOWN', next: 'Create the database, or correct its address.' },
  '42501': { kind: ConfigError, code: 'DATABASE_NOT_PERMITTED', next: 'Grant the right to the user of its address.' },
  '42': { kind: FatalError, code: 'DATABASE_STATEMENT_INVALID', next: lookAtStatement },
}

/** Turns whatever the driver or the server throws into our tree; what is of our tree already stays as it is. */
export function databaseError(error: unknown): MillraceError {
  if (isMillraceError(error)) return error
  const { code = '', message = String(error), routine } = error as DriverError
  const text = flat(message) || code
  if (routine !== undefined || /^[0-9A-Z]{5}$/.test(code)) return serverError(error as DriverError, text)
  if (text.includes('timeout exceeded when trying to connect')) {
    return new TransientError('DATABASE_POOL_EXHAUSTED', {
      message: 'No connection of the pool became free in time. Try again, or allow more connections.',
      cause: error,
    })
  }
  if (/SSL|TLS|CERT|UNABLE_TO_|SELF_SIGNED/i.test(`${code} ${text}`)) {
    return new ConfigError('DATABASE_TLS_FAILED', {
      message: `No trusted TLS connection to the database: ${text}. Check sslmode and sslrootcert in its address.`,
      cause: error,
    })
  }
  if (/client password must be a string/i.test(text)) {
    return new ConfigError('DATABASE_LOGIN_REFUSED', {
      message: 'The database asks for a password. Give one in its address or in PGPASSWORD.',
      cause: error,
    })
  }
  if (/^E[A-Z_]+$/.test(code) || /terminated|timeout|closed|ended|not queryable/i.test(text)) {
    return new TransientError('DATABASE_CONNECTION_LOST', {
      message: `The connection to the database failed: ${text}. ${lost.next}`,
      details: { systemCode: code, sent: !text.includes('not queryable') },
      cause: error,
    })
  }
  return new FatalError('DATABASE_DRIVER_FAILED', { message: `The database driver failed: ${text}.`, cause: error })
}

/** The server's own detail stays in the cause: it quotes values of rows. */
function serverError(error: DriverError, text: string): MillraceError {
  const { code = '', schema, table, column, constraint, routine } = error
  // A statement prepared before its table was changed: the message is translated by some servers, the routine is not.
  const isStale = code === '0A000' && routine === 'RevalidateCachedQuery'
  const meaning: Meaning = (isStale ? meanings['26000'] : (meanings[code] ?? meanings[code.slice(0, 2)])) ?? {
    kind: FatalError,
    code: 'DATABASE_FAILED',
    next: 'See the log of the server.',
  }
  const details = { sqlState: code, schema, table, column, constraint }
  return new meaning.kind(meaning.code, {
    message: `The database says: ${text.replace(/[.]?$/, '.')} ${meaning.next}`,
    details: Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined)),
    cause: error,
  })
}

function flat(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ').trim()
}
