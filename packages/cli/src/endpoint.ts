import { existsSync } from 'node:fs'
import {
  asTableConnector,
  type ConfigValues,
  type Connector,
  type ConnectorDefinition,
  connectorDefinition,
  connectorNames,
  definitionForUri,
  resolveConfig,
  secretsOf,
  type TableConnector,
  uriScheme,
} from '@millrace/connectors'
import { ConfigError, closestName } from '@millrace/core'
import type { Secrets } from './secrets.ts'
import { withoutPassword } from './secrets.ts'

/** A connection as a file defines it: a URI, or a connector with its values. */
export type ConnectionDefinition = string | (ConfigValues & { readonly connector: string })

export type Connections = ReadonlyMap<string, ConnectionDefinition>

/** A system, named by a person, with its connector still to be made. */
export interface ResolvedConnector {
  readonly definition: ConnectorDefinition
  readonly config: ConfigValues
  /** Without secrets, and resolvable again later: a URI, a connection's or a connector's name. */
  readonly address: string
  /** Each use gets its own, and disposes it. `values` come before those of the address. */
  create(values?: ConfigValues): Connector
}

/** One end of a transfer. */
export interface ResolvedEndpoint extends ResolvedConnector {
  /** Set for files: the path as given. */
  readonly path: string | null
  connect(values?: ConfigValues): TableConnector
}

/** What a system is wanted for; `system` takes any. */
export type Role = 'source' | 'destination' | 'stream' | 'messenger' | 'system'

export interface EndpointLookup {
  /** Those of the configuration file; asked for only when a word may name one. */
  readonly connections: () => Promise<Connections>
  readonly secrets: Secrets
  readonly environment?: Readonly<Record<string, string | undefined>>
}

const prefix = 'MILLRACE_CONNECTION_'

/**
 * Finds what a word means: `-`, a URI, a connection of the file, a connection of the environment
 * (`MILLRACE_CONNECTION_<NAME>`), a connector that is configured by its own variables, or a path;
 * in this order.
 */
export async function resolveConnector(word: string, role: Role, lookup: EndpointLookup): Promise<ResolvedConnector> {
  const { environment = process.env } = lookup
  if (word === '')
    throw new ConfigError('EMPTY_ADDRESS', { message: `The ${role} is empty. Give a URI, a path or a connection.` })
  if (word === '-' || uriScheme(word) !== null) return fromUri(word, withoutPassword(word), role, lookup)
  if (!mayBeName(word)) return fromUri(word, word, role, lookup)
  const named = await namedConnector(word, role, lookup)
  if (named !== null) return named
  if (/^[\w-]+$/.test(word) && !existsSync(word)) {
    throw unknownName(word, role, await lookup.connections(), environment)
  }
  return fromUri(word, word, role, lookup)
}

/**
 * A connection of the file, one of the environment, or a connector that is configured by its own variables; null when
 * there is nothing of this name.
 */
export async function namedConnector(
  name: string,
  role: Role,
  lookup: EndpointLookup,
): Promise<ResolvedConnector | null> {
  const { environment = process.env } = lookup
  const connections = await lookup.connections()
  const defined = connections.get(name) ?? environment[variableOf(name)]
  refuseUnset(name, defined)
  if (typeof defined === 'string') return fromUri(defined, name, role, lookup)
  if (defined !== undefined) {
    const { connector, ...values } = defined
    return make(await connectorDefinition(connector), values, name, role, lookup)
  }
  if (!connectorNames().includes(name) || name === 'files') return null
  return make(await connectorDefinition(name), {}, name, role, lookup)
}

/** The same for an end of a transfer. */
export async function resolveEndpoint(
  word: string,
  role: 'source' | 'destination',
  lookup: EndpointLookup,
): Promise<ResolvedEndpoint> {
  const resolved = await resolveConnector(word, role, lookup)
  return {
    ...resolved,
    // A bucket without a key is a folder.
    path: resolved.definition.kind === 'object-store' ? String(resolved.config.path ?? '') || '/' : null,
    connect: (values) => asTableConnector(resolved.create(values)),
  }
}

async function fromUri(uri: string, address: string, role: Role, lookup: EndpointLookup): Promise<ResolvedConnector> {
  // Before anything can fail with the URI in its message.
  const password = /^[a-z][a-z0-9+.-]*:\/\/[^/?#@]*?:([^/?#]*)@/i.exec(uri)?.[1]
  if (password) lookup.secrets.add([password])
  const definition = await definitionForUri(uri)
  return make(definition, definition.parseUri(uri), address, role, lookup)
}

function make(
  definition: ConnectorDefinition,
  values: ConfigValues,
  address: string,
  role: Role,
  { secrets, environment = process.env }: EndpointLookup,
): ResolvedConnector {
  secrets.add(secretsOf(definition.configSchema, values))
  const config = resolveConfig(definition, values, environment)
  secrets.add(secretsOf(definition.configSchema, config))
  if (!canBe(role, definition)) {
    throw new ConfigError('NOT_SUPPORTED', {
      message: `${definition.title} cannot be a ${role}. "millrace connectors list" shows what each connector can do.`,
    })
  }
  return { definition, config, address, create: (more = {}) => definition.create({ ...config, ...more }) }
}

function canBe(role: Role, { kind, capabilities }: ConnectorDefinition): boolean {
  switch (role) {
    case 'source':
      return capabilities.source
    case 'destination':
      return capabilities.sink
    case 'stream':
      return kind === 'stream'
    case 'messenger':
      return kind === 'notify'
    case 'system':
      return true
  }
}

/** `orders-db` is defined by `MILLRACE_CONNECTION_ORDERS_DB`. */
function variableOf(name: string): string {
  return prefix + name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')
}

/** What a file left as it is written: a variable without a value. */
function refuseUnset(name: string, defined: ConnectionDefinition | undefined): void {
  const values = typeof defined === 'object' ? Object.values(defined) : [defined]
  for (const value of values) {
    const variable = typeof value === 'string' ? /\$\{([A-Za-z_]\w*)\}/.exec(value)?.[1] : undefined
    if (variable === undefined) continue
    throw new ConfigError('VARIABLE_UNSET', {
      message: `The connection "${name}" needs the environment variable ${variable}, which is not set. Set it, or give it a default in the file.`,
    })
  }
}

/** A path with a slash cannot be a connection's name. */
function mayBeName(word: string): boolean {
  return !/[/\\]/.test(word)
}

function unknownName(
  word: string,
  role: Role,
  connections: Connections,
  environment: Readonly<Record<string, string | undefined>>,
): ConfigError {
  const fromEnvironment = Object.keys(environment)
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length).toLowerCase())
  const known = [...connections.keys(), ...fromEnvironment, ...connectorNames()]
  const closest = closestName(word, known)
  return new ConfigError('UNKNOWN_CONNECTION', {
    message:
      `The ${role} "${word}" is neither a connection, a connector nor a file that exists.${closest ? ` Did you mean "${closest}"?` : ''} ` +
      `Define it in millrace.yaml or as ${variableOf(word)}=<uri>; a path begins with "./" or ends in ".csv", "/" or the like.`,
    details: { name: word, known },
  })
}
