import { type ErrorOptions, isMillraceError, type MillraceError } from '@millrace/core'
import type { ConfigValues } from '../kit/config-schema.ts'
import { redactText, secretsOf } from '../kit/redact.ts'
import { postgresError } from '../postgres/errors.ts'
import { configSchema } from './config.ts'

/**
 * Errors of the protocol that both systems speak, under Redshift's own code. The statement that unloads
 * holds credentials, and a server may repeat it: neither the message nor a cause keeps them.
 */
export function redshiftError(error: unknown, label: string, config: ConfigValues): MillraceError {
  const known = isMillraceError(error) ? error : postgresError(error, label)
  const secrets = secretsOf(configSchema, config)
  const message = redactText(known.message, secrets)
  const code = known.code.replace(/^POSTGRES_/, 'REDSHIFT_')
  if (code === known.code && message === known.message) return known
  const Kind = known.constructor as new (code: string, options: ErrorOptions) => MillraceError
  const repeats = message !== known.message
  return new Kind(code, { message, details: known.details, ...(repeats ? {} : { cause: known.cause }) })
}
