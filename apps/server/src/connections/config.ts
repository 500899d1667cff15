import {
  type ConfigValues,
  type ConnectorDefinition,
  connectorDefinition,
  definitionForUri,
  resolveConfig,
} from '@millrace/connectors'
import { invalid } from '@millrace/http'
import type { Config } from './store.ts'

/** Stands in answers where a secret setting has a value. Sent back, it means: as it is. */
export const sensitive = '<sensitive>'

export interface GivenConfig {
  readonly connector?: string | undefined
  readonly uri?: string | undefined
  readonly config?: ConfigValues | undefined
}

export interface CheckedConfig {
  readonly definition: ConnectorDefinition
  /** Without secrets; what was given, with the types that the connector declares, and no defaults. */
  readonly config: Config
  readonly secrets: Readonly<Record<string, string>>
}

/**
 * What a new connection is: a connector with its settings, or an address, of which settings win.
 *
 * @throws HttpError 422 CONNECTION_INVALID; ConfigError UNKNOWN_CONNECTOR, UNKNOWN_CONFIGURATION, MISSING_CONFIGURATION, …
 */
export async function checkNewConfig({ connector, uri, config = {} }: GivenConfig): Promise<CheckedConfig> {
  if (connector === undefined && uri === undefined) {
    throw invalid('CONNECTION_INVALID', 'Give "connector" and "config", or an address as "uri".')
  }
  const definition = connector === undefined ? await definitionForUri(uri ?? '') : await connectorDefinition(connector)
  if (uri !== undefined && (await definitionForUri(uri)).name !== definition.name) {
    throw invalid('CONNECTION_INVALID', `The address is not one of the connector "${definition.name}".`)
  }
  const given = { ...(uri === undefined ? {} : definition.parseUri(uri)), ...config }
  const kept = definition.configSchema.secret.find((name) => given[name] === sensitive)
  if (kept !== undefined) throw valueMissing(kept)
  return split(definition, given)
}

export interface ChangedConfig {
  readonly config: Config
  /** New values; null for settings that go. */
  readonly secrets: Readonly<Record<string, string | null>>
}

/**
 * Settings that are given replace former ones, null takes one away.
 *
 * @throws as `checkNewConfig`
 */
export async function checkChangedConfig(
  before: { readonly connector: string; readonly config: Config; readonly secretFields: readonly string[] },
  changes: Readonly<Record<string, string | number | boolean | null>>,
): Promise<ChangedConfig> {
  const definition = await connectorDefinition(before.connector)
  const { properties, secret } = definition.configSchema
  const given: Record<string, string | number | boolean> = {}
  const gone: string[] = []
  for (const [name, value] of Object.entries(changes)) {
    if (value === sensitive && secret.includes(name)) {
      if (!before.secretFields.includes(name)) throw valueMissing(name)
    } else if (value !== null) given[name] = value
    else if (Object.hasOwn(properties, name)) gone.push(name)
    // Says what there is instead.
    else resolved(definition, { [name]: '' })
  }
  const former = { ...Object.fromEntries(before.secretFields.map((name) => [name, sensitive])), ...before.config }
  const all = Object.fromEntries(Object.entries({ ...former, ...given }).filter(([name]) => !gone.includes(name)))
  const { config, secrets } = split(definition, all)
  return {
    config,
    secrets: {
      ...Object.fromEntries(Object.entries(secrets).filter(([name]) => Object.hasOwn(given, name))),
      ...Object.fromEntries(gone.filter((name) => before.secretFields.includes(name)).map((name) => [name, null])),
    },
  }
}

/** The settings with the types that the connector declares, what is secret apart. */
function split(definition: ConnectorDefinition, given: ConfigValues): CheckedConfig {
  const { secret } = definition.configSchema
  const values = resolved(definition, given)
  const config: Record<string, string | number | boolean> = {}
  const secrets: Record<string, string> = {}
  for (const name of Object.keys(given)) {
    const value = values[name]
    if (value === undefined) continue
    if (secret.includes(name)) secrets[name] = String(value)
    else {
      checkText(definition, name, value)
      config[name] = value
    }
  }
  return { definition, config, secrets }
}

function checkText({ configSchema }: ConnectorDefinition, name: string, value: string | number | boolean): void {
  if (typeof value !== 'string') return
  if (URL.parse(value)?.password) {
    throw invalid(
      'CONNECTION_INVALID',
      `"${name}" holds a password, and is shown to all who see the connection. Give user and password in settings of their own.`,
    )
  }
  // Neither absolute nor an address, a name in the home folder, a database in memory, the system's own authorities.
  if (configSchema.properties[name]?.localPath && !/^(?:[/\\~:]|[a-z]:[/\\]|[a-z][a-z0-9+.-]+:|system$)/i.test(value)) {
    throw invalid(
      'CONNECTION_INVALID',
      `"${name}" has to be an absolute path on the machines where tasks run: each task has a folder of its own.`,
    )
  }
}

/** Nothing of the server's own environment comes into it. */
function resolved(definition: ConnectorDefinition, given: ConfigValues): ConfigValues {
  return resolveConfig(definition, given, {})
}

function valueMissing(name: string) {
  return invalid('CONNECTION_INVALID', `Give the value of "${name}": there is none yet.`)
}
