import {
  ConfigError,
  DataError,
  type ErrorOptions,
  FatalError,
  isMillraceError,
  type MillraceError,
  TransientError,
} from '@millrace/core'
import { redactText } from '../kit/redact.ts'

/** The connection could not be made, or was refused. Raised with one line of text, whatever the server wrote. */
export class SnowflakeConnectionError extends ConfigError {}

interface DriverFailure {
  readonly code?: string | number
  readonly sqlState?: string
  readonly message?: string
}

type Kind = new (code: string, options: ErrorOptions) => MillraceError

/** Turns what the driver throws into our tree. The original holds the request, so it is not kept as the cause. */
export function snowflakeError(error: unknown, label: string, secrets: readonly string[]): MillraceError {
  if (isMillraceError(error)) return error
  const { code, sqlState = '', message = String(error) } = error as DriverFailure
  const text = redactText(flat(message), secrets).replace(/[.]?$/, '.')
  const details = { ...(code === undefined ? {} : { driverCode: String(code) }), ...(sqlState ? { sqlState } : {}) }
  const { kind, name, next } = ruleOf(String(code ?? ''), sqlState, message)
  return new kind(`SNOWFLAKE_${name}`, { message: `${label} says: ${text} ${next}`, details })
}

function ruleOf(code: string, state: string, message: string): { kind: Kind; name: string; next: string } {
  if (
    /^(ECONN|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|EPIPE)/.test(code) ||
    /network|timed? ?out|socket|ECONN|could not reach/i.test(message)
  ) {
    return {
      kind: TransientError,
      name: 'CONNECTION_FAILED',
      next: 'Check the account and the network, then try again.',
    }
  }
  // Login: wrong user or password, locked, unknown role, bad token.
  if (
    /^39\d{4}$/.test(code) ||
    state === '08001' ||
    state === '08004' ||
    /incorrect username or password|jwt token/i.test(message)
  ) {
    return { kind: SnowflakeConnectionError, name: 'LOGIN_FAILED', next: 'Check account, user, password and role.' }
  }
  if (code === '000604' || state === '57014') {
    return { kind: TransientError, name: 'CANCELLED', next: 'Somebody cancelled the statement; run it again.' }
  }
  if (code === '000606') {
    return { kind: ConfigError, name: 'WAREHOUSE_REQUIRED', next: 'Set SF_WAREHOUSE to a warehouse the role may use.' }
  }
  if (/^(42|02|0A|3D|3F)/.test(state) || /not authorized|does not exist/i.test(message)) {
    return { kind: ConfigError, name: 'STATEMENT_FAILED', next: 'Check the statement, the names in it and the role.' }
  }
  if (/^22/.test(state))
    return { kind: DataError, name: 'BAD_VALUE', next: 'Look at the data or cast it in the query.' }
  return { kind: FatalError, name: 'FAILED', next: 'See the details.' }
}

function flat(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ').trim()
}
