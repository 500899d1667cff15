import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { type ConnectorDefinition, connectorDefinition, definitionForUri } from '@millrace/connectors'
import { ConfigError } from '@millrace/core'
import { parse } from 'yaml'
import type { Context } from './context.ts'
import { readSecret } from './read-secret.ts'

/** How a person gives the settings of a connection. */
export interface ConnectionSettings {
  readonly connector?: string
  readonly uri?: string
  /** `NAME=VALUE`. */
  readonly setting?: readonly string[]
  /** Names of settings to take away. */
  readonly unset?: readonly string[]
  /** Names of settings whose values are read unseen. */
  readonly secret?: readonly string[]
  /** YAML or JSON with settings, secret ones as well; `-` is standard input. */
  readonly fromFile?: string
}

type Config = Readonly<Record<string, string | number | boolean | null>>

/**
 * The later ones win: the address, the file, `--setting`, `--unset`, `--secret`.
 *
 * @throws ConfigError `CONNECTOR_UNKNOWN`, `SECRET_IN_ARGUMENT`, `SETTING_INVALID`, `FILE_UNREADABLE`
 */
export async function givenSettings(
  given: ConnectionSettings,
  before: string | undefined,
  context: Context,
): Promise<{ readonly connector: string; readonly config: Config }> {
  const { setting = [], unset = [], secret = [] } = given
  const definition = await definitionOf(given, before)
  const config: Record<string, string | number | boolean | null> = {}
  if (given.uri !== undefined) Object.assign(config, refuseSecrets(definition, definition.parseUri(given.uri)))
  if (given.fromFile !== undefined) Object.assign(config, await readSettings(given.fromFile))
  Object.assign(config, refuseSecrets(definition, Object.fromEntries(setting.map(parseSetting))))
  for (const name of unset) config[name] = null
  if (secret.length > 1 && !process.stdin.isTTY) {
    throw new ConfigError('SETTING_INVALID', {
      message: 'Standard input holds the value of one --secret. Give several in a file, by --from-file.',
    })
  }
  for (const name of secret) config[name] = await readSecret({ question: `Value of ${name}` }, context)
  const { name, configSchema } = definition
  context.secrets.add(configSchema.secret.flatMap((one) => (config[one] == null ? [] : [`${config[one]}`])))
  return { connector: name, config }
}

async function definitionOf(
  { connector, uri }: ConnectionSettings,
  before: string | undefined,
): Promise<ConnectorDefinition> {
  const name = connector ?? before
  if (name !== undefined) return await connectorDefinition(name)
  if (uri !== undefined) return await definitionForUri(uri)
  throw new ConfigError('CONNECTOR_UNKNOWN', {
    message:
      'Say what it is a connection to: --connector NAME, or --uri URI. "millrace connectors list" shows all connectors.',
  })
}

/** Every user of the machine can read the arguments of a command, and the shell keeps them. */
function refuseSecrets<Values extends object>({ configSchema }: ConnectorDefinition, values: Values): Values {
  const found = Object.keys(values).find((name) => configSchema.secret.includes(name))
  if (found === undefined) return values
  throw new ConfigError('SECRET_IN_ARGUMENT', {
    message: `"${found}" is a secret, and other users of this machine can read the arguments of a command. Leave it out, and give --secret ${found}, which asks for it or reads it from standard input.`,
  })
}

function parseSetting(text: string): [name: string, value: string] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)]
  throw new ConfigError('SETTING_INVALID', {
    message: `"${text}" is no setting. Write NAME=VALUE, such as --setting host=db.example.com.`,
  })
}

async function readSettings(path: string): Promise<Config> {
  let read: unknown
  try {
    read = parse(path === '-' ? await text(process.stdin) : await readFile(path, 'utf8'))
  } catch (cause) {
    throw new ConfigError('FILE_UNREADABLE', { message: `${path} cannot be read: ${(cause as Error).message}`, cause })
  }
  const isPlain = (value: unknown) => value === null || ['string', 'number', 'boolean'].includes(typeof value)
  if (typeof read === 'object' && read !== null && Object.values(read).every(isPlain)) return read as Config
  throw new ConfigError('SETTING_INVALID', {
    message: `${path} has to be a map of settings to their values, in YAML or JSON, such as "host: db.example.com".`,
  })
}
