import type { ConnectionConfig } from '@millrace/workflow'

/** What a worker has of its own, for names that the platform does not know; null: nothing of that name. */
export interface OwnValues {
  connection(name: string): Promise<ConnectionConfig | null>
  secret(name: string): Promise<string | null>
}

/** `orders-db` is in `MILLRACE_CONNECTION_ORDERS_DB`. */
export function variableOf(prefix: 'MILLRACE_CONNECTION_' | 'MILLRACE_SECRET_', name: string): string {
  return prefix + name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')
}
