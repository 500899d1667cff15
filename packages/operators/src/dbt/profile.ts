import type { ConfigValues } from '@millrace/connectors'
import { ConfigError } from '@millrace/core'

export interface DbtProfile {
  /** Of the package `dbt-…` that dbt needs for it. */
  readonly adapter: string
  /** What stands in the profile's target. */
  readonly output: Readonly<Record<string, unknown>>
}

/**
 * A connection as dbt has it. `schema` is where models go.
 *
 * @throws ConfigError `DBT_CONNECTION_UNSUPPORTED`
 */
export function dbtProfile(connector: string, values: ConfigValues, schema: string | undefined): DbtProfile {
  switch (connector) {
    case 'postgres':
    case 'redshift':
      return {
        adapter: connector,
        output: {
          type: connector,
          host: values.host ?? 'localhost',
          port: Number(values.port ?? (connector === 'postgres' ? 5432 : 5439)),
          user: values.user ?? '',
          // Text, also where it is made of digits.
          password: String(values.password ?? ''),
          dbname: values.database ?? '',
          schema: schema ?? 'public',
          ...(values.sslmode === undefined ? {} : { sslmode: values.sslmode }),
          threads: 4,
        },
      }
    case 'duckdb':
      return { adapter: 'duckdb', output: { type: 'duckdb', path: values.path, schema: schema ?? 'main', threads: 4 } }
    default:
      throw new ConfigError('DBT_CONNECTION_UNSUPPORTED', {
        message: `No profile can be made from a connection of "${connector}". Leave "connection" out, and name "adapter" and the folder of your profiles.yml with "profilesFolder".`,
        details: { connector },
      })
  }
}
