import { existsSync, readdirSync } from 'node:fs'
import { delimiter, extname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ConfigError, closestName } from '@millrace/core'
import type { ConfigValues } from './config-schema.ts'
import type { Connector, ConnectorDefinition, TableConnector } from './connector.ts'
import { resolveConfig } from './resolve-config.ts'

// Convention over registration: a connector is a folder with a module `connector`. Ours are beside `kit`,
// `.ts` when running from source and `.js` when built; others are in the folders of MILLRACE_CONNECTORS.
const root = new URL('../', import.meta.url)
const ourModule = `connector${extname(fileURLToPath(import.meta.url))}`
const otherModules = ['connector.js', 'connector.mjs', 'connector.ts']
let modules: ReadonlyMap<string, URL> | undefined

/** Names of all connectors, sorted. */
export function connectorNames(): readonly string[] {
  return [...connectorModules().keys()].sort()
}

function connectorModules(): ReadonlyMap<string, URL> {
  modules ??= findModules(process.env.MILLRACE_CONNECTORS)
  return modules
}

function findModules(others = ''): ReadonlyMap<string, URL> {
  const found = new Map<string, URL>()
  const folders = others.split(delimiter).filter((folder) => folder !== '')
  for (const [folder, names] of [
    [fileURLToPath(root), [ourModule]] as const,
    ...folders.map((folder) => [resolve(folder), otherModules] as const),
  ]) {
    for (const name of foldersOf(folder)) {
      const module = names.map((file) => join(folder, name, file)).find((path) => existsSync(path))
      if (module === undefined || name === 'kit') continue
      if (found.has(name)) {
        throw new ConfigError('DUPLICATE_CONNECTOR', {
          message: `There are two connectors "${name}", the second in "${folder}" (MILLRACE_CONNECTORS). Rename its folder.`,
          details: { name, folder },
        })
      }
      found.set(name, pathToFileURL(module))
    }
  }
  return found
}

function foldersOf(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  } catch (cause) {
    throw new ConfigError('CONNECTORS_NOT_FOUND', {
      message: `The folder "${folder}" of MILLRACE_CONNECTORS cannot be read. Check the variable.`,
      details: { folder },
      cause,
    })
  }
}

/** The definition of a connector. A failure inside its module is thrown as it is. */
export async function connectorDefinition(name: string): Promise<ConnectorDefinition> {
  const path = connectorModules().get(name)
  if (path === undefined) throw unknownConnector(name, 'connector')
  const module = (await import(/* @vite-ignore */ path.href)) as {
    readonly definition?: ConnectorDefinition
  }
  if (module.definition?.name === name) return module.definition
  throw new ConfigError('INVALID_CONNECTOR', {
    message: `The module of the connector "${name}" has to export a "definition" whose name is "${name}".`,
    details: { name },
  })
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
  // Most schemes and names begin with each other, so that only one module is loaded.
  const likely = (name: string) => (scheme.startsWith(name) || name.startsWith(scheme) ? 0 : 1)
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
