import {
  asTableConnector,
  type ConfigValues,
  type Connector,
  type ConnectorDefinition,
  type ConnectorKind,
  connectorDefinition,
  type NotifyConnector,
  type ObjectStoreConnector,
  resolveConfig,
  type SqlConnector,
  type StreamConnector,
  type TableConnector,
} from '@millrace/connectors'
import { ConfigError } from '@millrace/core'
import type { TaskContext } from '@millrace/workflow'

interface ConnectorOf {
  readonly sql: SqlConnector
  readonly 'object-store': ObjectStoreConnector
  readonly stream: StreamConnector
  readonly notify: NotifyConnector
  readonly api: TableConnector
  /** An end of a transfer: whatever has tables or files. */
  readonly table: TableConnector
}

const nouns: Readonly<Record<ConnectorKind | 'table', string>> = {
  sql: 'a database that is asked in SQL',
  'object-store': 'an object store or a folder of files',
  stream: 'a broker of messages',
  notify: 'a messenger',
  api: 'an HTTP API',
  table: 'an end of a transfer',
}

export interface OpenConnectionOptions {
  /** A file or folder, below the folder of the connection where it has one. */
  readonly path?: string
  /** Set over those of the connection, such as the path of an object store. */
  readonly values?: ConfigValues
}

/**
 * The connector of a connection, by the name that the task declares it with. `kind` says what it is needed as, and so its
 * type. Take it with `await using`, which closes it:
 *
 *     await using warehouse = await openConnection(context, 'warehouse', 'sql')
 *     await warehouse.execute('refresh materialized view daily')
 *
 * A connection's value `uri` is read as the connector's address; the other values come before what it says.
 *
 * @throws ConfigError `CONNECTION_UNKNOWN`, `CONNECTION_NOT_DECLARED`, `CONNECTION_KIND`
 */
export async function openConnection<Kind extends keyof ConnectorOf>(
  context: Pick<TaskContext, 'connections'>,
  name: string,
  kind: Kind,
  options?: OpenConnectionOptions,
): Promise<ConnectorOf[Kind]>
export async function openConnection(context: Pick<TaskContext, 'connections'>, name: string): Promise<Connector>
export async function openConnection(
  context: Pick<TaskContext, 'connections'>,
  name: string,
  kind?: keyof ConnectorOf,
  { path, values: over = {} }: OpenConnectionOptions = {},
): Promise<Connector> {
  const { definition, values: given } = await resolveConnection(context, name)
  if (kind !== undefined && kind !== 'table' && definition.kind !== kind) {
    throw new ConfigError('CONNECTION_KIND', {
      message: `The connection "${name}" is ${definition.title}, which is not ${nouns[kind]}. Name another connection.`,
      details: { connection: name, connector: definition.name, kind },
    })
  }
  const placed = path === undefined ? {} : { path: joinPath(given.path, path) }
  const opened = definition.create(resolveConfig(definition, { ...given, ...placed, ...over }))
  return kind === 'table' ? asTableConnector(opened) : opened
}

/** A connection with the values of its address, without those that the environment and defaults would add. */
export async function resolveConnection(
  { connections }: Pick<TaskContext, 'connections'>,
  name: string,
): Promise<{ readonly connector: string; readonly definition: ConnectorDefinition; readonly values: ConfigValues }> {
  const { connector, values } = await connections.get(name)
  const definition = await connectorDefinition(connector)
  const { uri, ...own } = values
  const isAddress = typeof uri === 'string' && !Object.hasOwn(definition.configSchema.properties, 'uri')
  return { connector, definition, values: isAddress ? { ...definition.parseUri(uri), ...own } : values }
}

/** An absolute path stands for itself, and so does one over a connection that names a file. */
export function joinPath(own: unknown, path: string): string {
  if (typeof own !== 'string' || !own.endsWith('/') || path.startsWith('/')) return path
  return `${own}${path}`
}
