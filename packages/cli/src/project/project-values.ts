import { isAbsolute, join, resolve } from 'node:path'
import { type ConfigSchema, type ConfigValues, connectorNames } from '@millrace/connectors'
import { ConfigError, closestName } from '@millrace/core'
import type { ConnectionConfig } from '@millrace/workflow'
import { defaultConfigPath, readConnections } from '../config-file/config-file.ts'
import { type Connections, namedConnector } from '../endpoint.ts'
import type { Secrets } from '../secrets.ts'

/** Connections and secrets that tasks of a project ask for by name. */
export interface ProjectValues {
  /** Complete and with absolute paths, since tasks do not run in the project's folder; null: there is none of that name. */
  connection(name: string): Promise<ConnectionConfig | null>
  secret(name: string): Promise<string | null>
  /** For a message about a name that there is not. */
  unknown(kind: 'connection' | 'secret', name: string): Promise<ConfigError>
}

type Environment = Readonly<Record<string, string | undefined>>

const secretPrefix = 'MILLRACE_SECRET_'
const connectionPrefix = 'MILLRACE_CONNECTION_'

/**
 * Connections of the `millrace.yaml` in the folder, of `MILLRACE_CONNECTION_<NAME>`, and connectors that are configured by
 * their own variables; secrets of `MILLRACE_SECRET_<NAME>`. The file is read anew for every
 * question, so that a change counts for the next task.
 */
export function projectValues(folder: string, secrets: Secrets, environment: Environment = process.env): ProjectValues {
  const path = join(folder, defaultConfigPath)
  const connections = () => readConnections(path, { optional: true })
  return {
    async connection(name) {
      const found = await namedConnector(name, 'system', { connections, secrets, environment })
      if (found === null) return null
      const { definition, config } = found
      const { configSchema } = definition
      return {
        connector: definition.name,
        values: withAbsolutePaths(configSchema, config, folder),
        secretFields: configSchema.secret,
      }
    },
    async secret(name) {
      const value = environment[variableOf(secretPrefix, name)]
      if (value === undefined || value === '') return null
      secrets.add([value])
      return value
    },
    async unknown(kind, name) {
      return kind === 'connection'
        ? unknownConnection(name, path, await connections(), environment)
        : unknownSecret(name, environment)
    },
  }
}

function withAbsolutePaths({ properties }: ConfigSchema, values: ConfigValues, folder: string): ConfigValues {
  const place = ([name, value]: [string, string | number | boolean]) =>
    properties[name]?.localPath && typeof value === 'string' && isRelativePath(value)
      ? [name, `${resolve(folder, value)}${value.endsWith('/') ? '/' : ''}`]
      : [name, value]
  return Object.fromEntries(Object.entries(values).map(place))
}

/** Standard input, a database in memory, an address and the authorities of the system are no paths. */
function isRelativePath(value: string): boolean {
  if (value === '' || value === '-' || value === 'system' || isAbsolute(value)) return false
  return !/^(?::|~|[a-z][a-z0-9+.-]+:)/i.test(value)
}

function variableOf(prefix: string, name: string): string {
  return prefix + name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')
}

function unknownConnection(
  name: string,
  path: string,
  connections: Connections,
  environment: Environment,
): ConfigError {
  const known = [...connections.keys(), ...namesOf(connectionPrefix, environment)]
  const closest = closestName(name, [...known, ...connectorNames()])
  return new ConfigError('CONNECTION_UNKNOWN', {
    message: `There is no connection "${name}".${closest ? ` Did you mean "${closest}"?` : ''} Define it in ${path}, or set ${variableOf(connectionPrefix, name)} to its URI.`,
    details: { connection: name, known },
  })
}

function unknownSecret(name: string, environment: Environment): ConfigError {
  const known = namesOf(secretPrefix, environment)
  const closest = closestName(name, known)
  return new ConfigError('SECRET_UNKNOWN', {
    message: `There is no secret "${name}".${closest ? ` Did you mean "${closest}"?` : ''} Set ${variableOf(secretPrefix, name)} to its value.`,
    details: { secret: name, known },
  })
}

function namesOf(prefix: string, environment: Environment): string[] {
  return Object.keys(environment)
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length).toLowerCase())
}
