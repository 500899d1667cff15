import { ConfigError, DataError, FatalError, isMillraceError, type MillraceError, TransientError } from '@millrace/core'

/** What a server's ErrorResponse says, as the driver names it. */
export interface ServerError {
  readonly code: string
  readonly message: string
  readonly detail?: string | undefined
  readonly hint?: string | undefined
  readonly position?: string | undefined
  readonly schema?: string | undefined
  readonly table?: string | undefined
  readonly column?: string | undefined
  readonly constraint?: string | undefined
}

const transientStates = new Set([
  '40001',
  '40P01',
  '55P03',
  '57014',
  '57P01',
  '57P02',
  '57P03',
  '57P05',
  '25P03',
  '25P04',
])

/** What to do where the server leaves it unsaid. */
const nextSteps: Readonly<Record<string, readonly string[]>> = {
  '28P01': ['Correct the user or the password of the connection.'],
}

/** SQLSTATE → how to recover. Whole classes first, then the states that differ from their class. */
function errorClass(state: string): typeof ConfigError | typeof DataError | typeof FatalError | typeof TransientError {
  // A protocol violation is a statement that cannot be sent so, such as one with $1 in it.
  if (state === '08P01') return ConfigError
  if (transientStates.has(state) || state.startsWith('08')) return TransientError
  if (state === '53100') return FatalError
  if (state.startsWith('53')) return TransientError
  if (/^(28|3D|3F|42|0A|26|34|25)/.test(state)) return ConfigError
  if (/^(21|22|23|44|P0)/.test(state)) return DataError
  return FatalError
}

/** Turns whatever the driver or the server throws into our tree. `label` names the server. */
export function postgresError(error: unknown, label: string): MillraceError {
  if (isMillraceError(error)) return error
  const { code = '', message = String(error) } = error as { code?: string; message?: string }
  if (/^[0-9A-Z]{5}$/.test(code) && !code.startsWith('E')) return serverError(error as ServerError, label)
  if (/SSL|TLS|CERT|SELF_SIGNED|UNABLE_TO_/i.test(`${code} ${message}`)) {
    return new ConfigError('TLS_FAILED', {
      message: `No trusted TLS connection to ${label}: ${flat(message)}. Check sslmode and sslrootcert.`,
      details: { code },
      cause: error,
    })
  }
  if (code === 'ENOTFOUND') {
    return new ConfigError('HOST_NOT_FOUND', {
      message: `The host of ${label} is not known. Check its name.`,
      cause: error,
    })
  }
  if (/^E[A-Z]+$/.test(code) || /terminated|timeout|closed|ended/i.test(message)) {
    return new TransientError('CONNECTION_FAILED', {
      message: `The connection to ${label} failed: ${flat(message) || code}. Check that the server runs and can be reached, then try again.`,
      details: { code },
      cause: error,
    })
  }
  if (/password must be a string|no password/i.test(message)) {
    return new ConfigError('PASSWORD_REQUIRED', {
      message: `${label} asks for a password. Give one in the address, in PGPASSWORD or in the password file.`,
    })
  }
  return new FatalError('POSTGRES_DRIVER_FAILED', {
    message: `Reading from ${label} failed: ${flat(message)}.`,
    cause: error,
  })
}

function serverError(error: ServerError, label: string): MillraceError {
  const { code, message, detail, hint, position, schema, table, column, constraint } = error
  const sentences = [flat(message).replace(/[.]?$/, '.'), detail && flat(detail), hint && flat(hint)].filter(Boolean)
  const details = Object.fromEntries(
    Object.entries({ sqlState: code, position, schema, table, column, constraint }).filter(([, value]) => value),
  )
  return new (errorClass(code))(`POSTGRES_${code}`, {
    message: `${label} says: ${[...sentences, ...(nextSteps[code] ?? [])].join(' ')}`,
    details,
    cause: error,
  })
}

function flat(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ').trim()
}
