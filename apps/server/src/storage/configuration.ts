import { closestName, isSecretName } from '@millrace/core'
import { invalid } from '@millrace/http'
import { storageProviders, storageTypes } from './all-providers.ts'
import type { StorageOption, StorageProvider } from './provider.ts'

/** Options of a storage by name, with its type in `type`; nulls are gone. */
export type StorageConfiguration = Readonly<Record<string, unknown>>

/** What stands in a configuration in the place of a sensitive value. */
export const sensitiveMark = '<sensitive>'

/**
 * A configuration without nulls, of a type that there is, whose values fit their options.
 *
 * @throws HttpError 422 STORAGE_INVALID that lists everything that is wrong.
 */
export function checkConfiguration(given: Readonly<Record<string, unknown>>): StorageConfiguration {
  const configuration = withoutNulls(given)
  const provider = providerOf(configuration)
  const problems = [...problemsOf(provider, configuration)]
  if (problems.length > 0)
    throw invalid('STORAGE_INVALID', `The configuration of the storage is not right: ${problems.join('; ')}.`)
  return configuration
}

/** The one with new values laid over it; null takes an option away. */
export function mergeConfiguration(
  before: StorageConfiguration,
  changes: Readonly<Record<string, unknown>>,
): StorageConfiguration {
  return withoutNulls({ ...before, ...changes })
}

/** @throws HttpError 422 STORAGE_INVALID */
export function providerOf({ type }: StorageConfiguration): StorageProvider {
  const provider = storageProviders.find(({ name }) => name === type)
  if (provider !== undefined) return provider
  const meant = typeof type === 'string' ? closestName(type, storageTypes) : undefined
  throw invalid(
    'STORAGE_INVALID',
    type === undefined
      ? `The configuration of the storage has no "type". Take one of ${storageTypes.join(', ')}.`
      : `There is no storage of the type ${JSON.stringify(type)}${meant ? `; did you mean "${meant}"?` : '.'} There are ${storageTypes.join(', ')}.`,
  )
}

/** Options of a provider that this configuration may have, by what it names as its own provider. */
export function optionsOf(provider: StorageProvider, configuration: StorageConfiguration): readonly StorageOption[] {
  return provider.options.filter((option) => isBoundTo(option.provider, configuration.provider))
}

export function isSensitive(option: Pick<StorageOption, 'sensitive' | 'password'>): boolean {
  return option.sensitive === true || option.password === true
}

/** Whether the value of an option must not be kept: what the schema does not know is judged by its name. */
export function isSensitiveName(provider: StorageProvider, name: string): boolean {
  const known = provider.options.filter((option) => option.name === name)
  return known.length === 0 ? isSecretName(name) : known.some(isSensitive)
}

/** With the mark in the place of every sensitive value. */
export function withoutSensitiveValues(configuration: StorageConfiguration): StorageConfiguration {
  const provider = providerOf(configuration)
  return Object.fromEntries(
    Object.entries(configuration).map(([name, value]) => [
      name,
      isSensitiveName(provider, name) ? sensitiveMark : value,
    ]),
  )
}

/** Options whose values each user has to bring. */
export function sensitiveOptions(configuration: StorageConfiguration): readonly StorageOption[] {
  const provider = providerOf(configuration)
  const known = optionsOf(provider, configuration).filter(
    (option) => isSensitive(option) && configuration[option.name] !== undefined,
  )
  const names = new Set(provider.options.map(({ name }) => name))
  const others = Object.keys(configuration)
    .filter((name) => !names.has(name) && isSensitiveName(provider, name))
    .map((name): StorageOption => ({ name, help: 'A secret by its name.', sensitive: true }))
  return [...known, ...others]
}

function isBoundTo(bound: string | undefined, provider: unknown): boolean {
  if (bound === undefined) return true
  const isNegated = bound.startsWith('!')
  const names = (isNegated ? bound.slice(1) : bound).split(',')
  return names.includes(`${provider ?? ''}`) !== isNegated
}

function* problemsOf(provider: StorageProvider, configuration: StorageConfiguration): Iterable<string> {
  const options = optionsOf(provider, configuration)
  for (const [name, value] of Object.entries(configuration)) {
    // Written as in a command, an option is the same.
    if (provider.blocked?.includes(name.toLowerCase().replaceAll('-', '_'))) yield `"${name}" is not allowed here`
    // A line of a configuration file must not become several.
    if (typeof value === 'string' && /[\r\n\0]/.test(value) && !isSensitiveName(provider, name))
      yield `"${name}" must not hold line breaks`
  }
  for (const { name, required, default: fallback } of options) {
    const value = configuration[name]
    if (required && fallback === undefined && (value === undefined || value === '')) yield `"${name}" is missing`
  }
  for (const option of options) {
    const value = configuration[option.name]
    if (value === undefined) continue
    const problem = problemOfValue(option, value, configuration)
    if (problem !== null) yield problem
  }
  for (const name of ['url', 'endpoint']) {
    const value = configuration[name]
    if (typeof value === 'string' && /^(?:[a-z][a-z0-9+.-]*:\/\/)?[^/?#]*@/i.test(value))
      yield `"${name}" must not hold a user name or a password`
  }
}

function problemOfValue(option: StorageOption, value: unknown, configuration: StorageConfiguration): string | null {
  const { name, type = 'string', exclusive, examples = [] } = option
  const wanted = jsonTypes[type]
  if (!wanted.holds(value)) return `"${name}" has to be ${wanted.text}`
  if (!exclusive) return null
  const values = examples.filter((one) => isBoundTo(one.provider, configuration.provider)).map((one) => one.value)
  if (values.includes(`${value}`)) return null
  return `"${name}" has to be one of ${values.map((one) => JSON.stringify(one)).join(', ')}`
}

const text = { text: 'a text', holds: (value: unknown) => typeof value === 'string' }
const integer = { text: 'a whole number', holds: (value: unknown) => Number.isSafeInteger(value) }

const jsonTypes = {
  string: text,
  bool: { text: 'true or false', holds: (value: unknown) => typeof value === 'boolean' },
  int: integer,
  Duration: integer,
  SizeSuffix: integer,
  MultiEncoder: integer,
  Tristate: {
    text: 'an object',
    holds: (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value),
  },
} as const

function withoutNulls(values: Readonly<Record<string, unknown>>): StorageConfiguration {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null))
}
