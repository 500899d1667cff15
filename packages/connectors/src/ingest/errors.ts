import { ConfigError, type ErrorOptions, FatalError, isMillraceError, type Recovery } from '@millrace/core'

/** A required variable is not set. */
export class MissingConfiguration extends ConfigError {
  constructor(options: ErrorOptions) {
    super('MISSING_CONFIGURATION', options)
  }
}

export class UnknownConnectorError extends ConfigError {
  constructor(options: ErrorOptions) {
    super('UNKNOWN_CONNECTOR', options)
  }
}

/** The source cannot write this format. */
export class UnsupportedFormatError extends ConfigError {
  constructor(options: ErrorOptions) {
    super('UNSUPPORTED_FORMAT', options)
  }
}

export class UnsupportedCloudServiceSchemeError extends ConfigError {
  constructor(options: ErrorOptions) {
    super('UNSUPPORTED_CLOUD_SCHEME', options)
  }
}

export class UnsupportedCloudServiceError extends ConfigError {
  constructor(options: ErrorOptions) {
    super('UNSUPPORTED_CLOUD_SERVICE', options)
  }
}

/** A column is gone from the source, or has another type: adding columns cannot make the data source fit. */
export class NonSupportedMigration extends ConfigError {
  constructor(options: ErrorOptions) {
    super('MIGRATION_NOT_SUPPORTED', options)
  }
}

/** The source failed with an error that is not Millrace's. */
export class ExternalDatasourceError extends FatalError {
  override readonly recovery: Recovery = 'fatal'

  constructor(message: string, cause: unknown, code = 'EXTERNAL_DATASOURCE_FAILED') {
    super(code, { message: message.replace(/\s*[\r\n]+\s*/g, ' ').trim(), cause })
  }
}

export class SnowflakeConnectionError extends ExternalDatasourceError {
  constructor(message: string, cause: unknown) {
    super(message, cause, 'SNOWFLAKE_FAILED')
  }
}

/** Wraps what is thrown inside a connector's scope and is not Millrace's, such as a TypeError of the script. */
export class IngestError extends FatalError {
  constructor(message: string, cause: unknown) {
    super('INGEST_FAILED', { message, cause })
  }
}

/** An error of ours as it is, anything else as the cause of one. */
export function ownError(error: unknown, wrap: (message: string, cause: unknown) => Error): Error {
  if (isMillraceError(error)) return error
  return wrap(error instanceof Error ? error.message : String(error), error)
}
