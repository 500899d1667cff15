import { existsSync, readdirSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigError, closestName } from '@millrace/core'
import type { ConfigValues } from './config-schema.ts'
import type { Connector, ConnectorDefinition, TableConnector } from './connector.ts'
import { resolveConfig } from './resolve-config.ts'

// Convention over registration: a connector is a folder beside `kit` with a module `connector`,
// `.ts` when running from source and `.js` when built.
const root = new URL('../', import.meta.url)
const moduleName = `connector${extname(fileURLToPath(import.meta.url))}`
let names: readonly string[] | undefined

/** Names of all connectors, sorted. */
export function connectorNames(): readonly string[] {
  names ??= readdirSync(root, { withFileTypes: true })
    .filter(
      (entry) =>
        entry.isDirectory() && entry.name !== 'kit' && existsSync(new URL(`${entry.name}/${moduleName}`, root)),
    )
    .map((entry) => entry.name)
    .sort()
  return names
}

/** The definition of a connector. A failure inside its module is thrown as it is. */
export async function connectorDefinition(name: string): Promise<ConnectorDefinition> {
  if (!connectorNames().includes(name)) throw unknownConnector(name, 'connector')
  const module = (await import(/* @vite-ignore */ new URL(`${name}/${moduleName}`, root).href)) as {
    definition: ConnectorDefinition
  }
  return module.definition
}

/**
 * Makes a connector from its name. Values that are not given come from the environment variables
 * that the connector's schema names, then from its defaults.
 */
export async function createConnector(name: string, config: ConfigValues = {}): Promise<Connector> {
  const definition = await connectorDefinition(name)
  return definition.create(resolveConfig(definition, config))
}

/**
 * Makes an end of a transfer from a URI such as `postgres://host/db`. A path without a scheme, or `-` for
 * standard input and output, belongs to the connector `files`.
 */
export async function connectorForUri(uri: string): Promise<TableConnector> {
  const definition = await definitionForUri(uri)
  return asTableConnector(definition.create(resolveConfig(definition, definition.parseUri(uri))))
}

/** @throws ConfigError `NOT_SUPPORTED` for a connector without tables, such as a stream or a messenger */
export function asTableConnector(connector: Connector): TableConnector {
  const { capabilities, title } = connector.definition
  if (capabilities.source || capabilities.sink) return connector as TableConnector
  throw new ConfigError('NOT_SUPPORTED', {
    message: `${title} has no tables to copy. "millrace connectors list" shows what each connector can do.`,
  })
}

/** Which connector a URI belongs to. */
export async function definitionForUri(uri: string): Promise<ConnectorDefinition> {
  const scheme = uriScheme(uri)
  if (scheme === null) return await connectorDefinition('files')
  // Most schemes are the connector's name or begin with it, so that only one module is loaded.
  const likely = (name: string) => (scheme.startsWith(name) ? 0 : 1)
  const schemes: string[] = []
  for (const name of [...connectorNames()].sort((a, b) => likely(a) - likely(b))) {
    const definition = await connectorDefinition(name)
    if (definition.schemes.includes(scheme)) return definition
    schemes.push(...definition.schemes)
  }
  throw unknownConnector(scheme, 'connector for the scheme', schemes)
}

/** The scheme of a URI in lower case; null for a path. One letter is a Windows drive, not a scheme. */
export function uriScheme(uri: string): string | null {
  return /^([A-Za-z][A-Za-z0-9+.-]+):/.exec(uri)?.[1]?.toLowerCase() ?? null
}

function unknownConnector(name: string, what: string, known: readonly string[] = connectorNames()): ConfigError {
  const nearest = closestName(name, known)
  return new ConfigError('UNKNOWN_CONNECTOR', {
    message: `There is no ${what} "${name}".${nearest ? ` Did you mean "${nearest}"?` : ''} Known are: ${known.join(', ')}.`,
    details: { name, known },
  })
}
