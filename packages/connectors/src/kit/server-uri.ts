import { ConfigError } from '@millrace/core'
import type { ConfigSchema, ConfigValues } from './config-schema.ts'

export interface ServerUri {
  /** Whose server it is, for messages. */
  readonly system: string
  /** An address as one writes it, for messages. */
  readonly example: string
  readonly configSchema: ConfigSchema
  /** The setting and the value that a parameter means. */
  parameter(name: string, value: string): readonly [name: string, value: string]
  /** Gives the parts `host`, `port`, `user`, `password` and `database` the names they have in the configuration. */
  parts?(values: Readonly<Record<string, string>>): Record<string, string>
}

/** Reads `scheme://user:password@host:port/database?parameter=value`; nothing that it throws repeats the address. */
export function parseServerUri(
  uri: string,
  { system, example, configSchema, parameter, parts }: ServerUri,
): ConfigValues {
  let values: Record<string, string> = {}
  try {
    const url = new URL(uri)
    const set = (name: string, value: string) => {
      if (value !== '') values[name] = decodeURIComponent(value)
    }
    set('host', url.hostname.replace(/^\[(.*)\]$/, '$1'))
    set('port', url.port)
    set('user', url.username)
    set('password', url.password)
    set('database', url.pathname.replace(/^\//, ''))
    if (parts) values = parts(values)
    for (const given of url.searchParams) {
      const [name, value] = parameter(...given)
      values[name] = value
    }
    if (url.hash !== '') throw new Error('fragment')
    // What stands before such an @ belongs to a password with a / or ? in it, not to a name that messages may repeat.
    if ([url.pathname, ...url.searchParams.keys()].some((part) => part.includes('@'))) throw new Error('misplaced @')
  } catch {
    // The cause holds the whole address, password included, so it is not passed on.
    throw new ConfigError('INVALID_URI', {
      message: `The address of the ${system} server cannot be read. Write it like ${example} and percent-encode special characters in it, such as %40 for @, %2F for / and %23 for #.`,
    })
  }
  for (const name of Object.keys(values)) {
    if (Object.hasOwn(configSchema.properties, name)) continue
    throw new ConfigError('UNKNOWN_CONFIGURATION', {
      message: `The address of the ${system} server has an unknown parameter "${name}". Known are: ${configSchema.order.join(', ')}.`,
      details: { parameter: name },
    })
  }
  return values
}
