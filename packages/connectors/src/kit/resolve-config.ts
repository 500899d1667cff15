import { ConfigError, closestName } from '@millrace/core'
import type { ConfigProperty, ConfigSchema, ConfigValues } from './config-schema.ts'

type Environment = Readonly<Record<string, string | undefined>>
interface Described {
  readonly name: string
  readonly configSchema: ConfigSchema
}

/**
 * The complete configuration of a connector: what was given, then the environment by the schema's
 * `env` lists, then defaults. An empty string counts as set.
 */
export function resolveConfig(
  definition: Described,
  given: ConfigValues = {},
  environment: Environment = process.env,
): ConfigValues {
  const { properties, required } = definition.configSchema
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(properties, name)) throw unknownProperty(definition, name)
  }
  const values: Record<string, string | number | boolean> = {}
  for (const [name, property] of Object.entries(properties)) {
    const variable = property.env?.find((candidate) => environment[candidate] !== undefined)
    const value =
      given[name] !== undefined
        ? check(definition, name, property, given[name], `"${name}"`)
        : variable !== undefined
          ? check(definition, name, property, environment[variable] ?? '', `the variable ${variable}`)
          : property.default
    if (value !== undefined) values[name] = value
  }
  const missing = required.filter((name) => values[name] === undefined)
  if (missing.length > 0) throw missingConfiguration(definition, missing)
  return values
}

function check(
  definition: Described,
  name: string,
  property: ConfigProperty,
  value: string | number | boolean,
  origin: string,
): string | number | boolean {
  const invalid = (expected: string) =>
    new ConfigError('INVALID_CONFIGURATION', {
      message: `The connector "${definition.name}" needs ${expected} for ${origin} (${property.title}).`,
      details: { connector: definition.name, property: name },
    })
  if (property.type === 'boolean') {
    if (typeof value === 'boolean') return value
    if (/^(true|1|yes|on)$/i.test(String(value))) return true
    if (/^(false|0|no|off)$/i.test(String(value))) return false
    throw invalid('true or false')
  }
  if (property.type === 'integer') {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = property
    if (typeof number === 'number' && Number.isSafeInteger(number) && number >= minimum && number <= maximum) {
      return number
    }
    throw invalid(
      property.minimum === undefined && property.maximum === undefined
        ? 'a whole number'
        : `a whole number from ${minimum} to ${maximum}`,
    )
  }
  const text = String(value)
  if (property.enum && !property.enum.includes(text)) throw invalid(`one of ${property.enum.join(', ')}`)
  return text
}

function missingConfiguration(definition: Described, missing: readonly string[]): ConfigError {
  const sentences = missing.map((name) => {
    const property = definition.configSchema.properties[name]
    const variables = property?.env ?? []
    return `"${name}" (${property?.title ?? name}) is required${variables.length > 0 ? `; it can also come from ${variables.join(' or ')}` : ''}.`
  })
  return new ConfigError('MISSING_CONFIGURATION', {
    message: `The connector "${definition.name}" is not configured: ${sentences.join(' ')}`,
    details: { connector: definition.name, missing },
  })
}

function unknownProperty(definition: Described, name: string): ConfigError {
  const known = Object.keys(definition.configSchema.properties)
  const nearest = closestName(name, known)
  return new ConfigError('UNKNOWN_CONFIGURATION', {
    message: `The connector "${definition.name}" has no setting "${name}".${nearest ? ` Did you mean "${nearest}"?` : ''} It knows: ${known.join(', ')}.`,
    details: { connector: definition.name, property: name, known },
  })
}
