export interface ErrorOptions {
  /** A full sentence for the user, with the next step. */
  readonly message: string
  /** For the log and `--json`; never holds a secret. */
  readonly details?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
}

const brand = Symbol.for('millrace.error')

/** What helps: a change of the configuration, another try, a look at the system, a look at the data. */
export type Recovery = 'config' | 'transient' | 'fatal' | 'data'

/**
 * Root of every error that Millrace throws on purpose. The subclasses say how to recover:
 * change the configuration, try again, give up, or look at the data. `code` is stable.
 */
export abstract class MillraceError extends Error {
  abstract readonly recovery: Recovery
  readonly code: string
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: string, options: ErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.code = code
    this.details = options.details ?? {}
    Object.defineProperty(this, brand, { value: true })
  }
}

/** The user must change something before it can work: an option, a credential, a missing table. */
export class ConfigError extends MillraceError {
  readonly recovery: Recovery = 'config'
}
/** The same call may work later: a lost connection, a lock timeout, a busy server. */
export class TransientError extends MillraceError {
  readonly recovery: Recovery = 'transient'
}
/** Nothing will help without a look at the system: a full disk, a broken invariant. */
export class FatalError extends MillraceError {
  readonly recovery: Recovery = 'fatal'
}
/** The data itself does not fit: an unrepresentable value, a duplicate key, a failed verification. */
export class DataError extends MillraceError {
  readonly recovery: Recovery = 'data'
}

/** Holds over duplicate copies of this package, where `instanceof` does not. */
export function isMillraceError(error: unknown): error is MillraceError {
  return typeof error === 'object' && error !== null && brand in error
}
