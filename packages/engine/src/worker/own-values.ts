import type { ConnectionConfig } from '@millrace/workflow'

/** What a worker has of its own, for names that the platform does not know. */
export interface OwnValues {
  connection(name: string): Promise<ConnectionConfig | null>
  secret(name: string): Promise<string | null>
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Connections and secrets of the environment: `MILLRACE_CONNECTION_ORDERS_DB` holds the URI of `orders-db`, and
 * `MILLRACE_SECRET_API_KEY` the secret `api-key`. An empty variable counts as unset.
 *
 * @param connectorOf Name of the connector that a URI is for.
 */
export function valuesOfEnvironment(
  connectorOf: (uri: string) => Promise<string>,
  environment: Environment = process.env,
): OwnValues {
  return {
    async connection(name) {
      const uri = environment[variableOf('MILLRACE_CONNECTION_', name)]
      return uri ? { connector: await connectorOf(uri), values: { uri } } : null
    },
    secret: async (name) => environment[variableOf('MILLRACE_SECRET_', name)] || null,
  }
}

/** `orders-db` is in `MILLRACE_CONNECTION_ORDERS_DB`. */
export function variableOf(prefix: 'MILLRACE_CONNECTION_' | 'MILLRACE_SECRET_', name: string): string {
  return prefix + name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')
}
