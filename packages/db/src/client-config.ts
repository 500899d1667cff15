import { ConfigError } from '@millrace/core'
import type pg from 'pg'
import { valueParsers } from './value-parsers.ts'

export type ClientConfig = Pick<
  pg.ClientConfig,
  'connectionString' | 'application_name' | 'keepAlive' | 'types' | 'connectionTimeoutMillis'
>

/** @throws ConfigError DATABASE_URL_INVALID. */
export function clientConfig(options: { readonly url: string; readonly applicationName?: string }): ClientConfig {
  return {
    connectionString: connectionString(options.url),
    application_name: options.applicationName ?? 'millrace',
    keepAlive: true,
    types: valueParsers as pg.CustomTypesConfig,
  }
}

function connectionString(text: string): string {
  const url = URL.parse(text)
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw new ConfigError('DATABASE_URL_INVALID', {
      // The text itself may hold a password.
      message: 'The address of the database has to read postgresql://user:password@host:5432/database.',
    })
  }
  // Otherwise the driver verifies certificates where psql does not, and says so on standard error.
  if (!url.searchParams.has('uselibpqcompat')) url.searchParams.set('uselibpqcompat', 'true')
  return url.href
}
