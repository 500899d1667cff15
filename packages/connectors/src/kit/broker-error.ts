import { ConfigError, isMillraceError, type MillraceError, TransientError } from '@millrace/core'
import { redactText } from './redact.ts'

export interface BrokerErrorContext {
  /** Names the broker in messages. */
  readonly label: string
  readonly secrets: readonly string[]
  /** What the broker's own words mean; null when they are not known to mean anything. */
  readonly ownError?: (error: Error & { readonly code?: unknown }, message: string) => MillraceError | null
}

/** A failure of a broker or of the way to it in the project's own tree; what is not known may be mended by another try. */
export function brokerError(error: unknown, { label, secrets, ownError }: BrokerErrorContext): MillraceError {
  if (isMillraceError(error)) return error
  const failure = innermost(error)
  const said = redactText(failure.message.replace(/\s+/g, ' ').trim() || failure.name, secrets)
  const own = ownError?.(failure, said)
  if (own) return own
  const code = typeof failure.code === 'string' ? failure.code : ''
  // The driver's error may hold the address with its password, so it is not passed on as the cause.
  const details = { label, ...(code ? { reason: code } : {}) }
  const sentence = (next: string) => `${label}: ${/[.!?]$/.test(said) ? said : `${said}.`} ${next}`
  if (/CERT|SIGNED|ERR_TLS|ERR_SSL|EPROTO|ALTNAME/.test(code) || /certificate|self.signed/i.test(said)) {
    return new ConfigError('TLS_FAILED', {
      message: sentence('Check tls, tls_ca and what the server supports.'),
      details,
    })
  }
  if (code === 'ENOTFOUND') {
    return new ConfigError('HOST_NOT_FOUND', { message: sentence('Check the host name.'), details })
  }
  if (/^E(CONNREFUSED|HOSTUNREACH|NETUNREACH|TIMEDOUT|AI_AGAIN)$/.test(code) || /ECONNREFUSED/.test(said)) {
    return new TransientError('SERVER_UNREACHABLE', {
      message: sentence('Check host and port, and that the server is running.'),
      details,
    })
  }
  return new TransientError('CONNECTION_LOST', {
    message: sentence('What was not committed comes again over a new connection.'),
    details,
  })
}

/** Drivers wrap what the socket says: several addresses of one host, a timeout of their own. */
function innermost(error: unknown): Error & { readonly code?: unknown } {
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors[0])
  if (error instanceof Error && error.cause instanceof Error && !('code' in error)) return innermost(error.cause)
  return error instanceof Error ? error : new Error(String(error))
}

export function streamNotFound(label: string, what: string, next: string): ConfigError {
  return new ConfigError('STREAM_NOT_FOUND', { message: `${label} has no ${what}. ${next}`, details: { label } })
}

export function authenticationFailed(label: string): ConfigError {
  return new ConfigError('AUTHENTICATION_FAILED', {
    message: `${label} does not let this user in. Check user and password.`,
    details: { label },
  })
}
