import { closestName } from './closest-name.ts'
import { ConfigError } from './errors.ts'

interface Common {
  /** Environment variable. */
  readonly env: string
  /** Full sentences for the reference; what it does, its unit, what changes. */
  readonly description: string
  /** Never shown and redacted from every output. Default false. */
  readonly secret?: boolean
}

/** One thing an operator can set. A `null` default means "not set". */
export type Setting = Common &
  (
    | { readonly type: 'string'; readonly default: string | null }
    | {
        readonly type: 'integer'
        readonly default: number | null
        readonly minimum?: number
        readonly maximum?: number
      }
    | { readonly type: 'boolean'; readonly default: boolean }
    | { readonly type: 'choice'; readonly choices: readonly string[]; readonly default: string }
    | {
        /** JSON text in the environment; the value itself in a file. */
        readonly type: 'json'
        readonly default: unknown
        /** Completes "must be …". */
        readonly expects: string
        readonly holds: (value: unknown) => boolean
      }
  )

export type Settings = Readonly<Record<string, Setting>>

type NullWhenUnset<S extends Setting> = S['default'] extends null ? null : never

type SettingValue<S extends Setting> = S extends { type: 'integer' }
  ? number | NullWhenUnset<S>
  : S extends { type: 'boolean' }
    ? boolean
    : S extends { type: 'choice'; choices: readonly (infer C)[] }
      ? C
      : S extends { type: 'json'; holds: (value: unknown) => value is infer V }
        ? V | NullWhenUnset<S>
        : string | NullWhenUnset<S>

export type SettingValues<T extends Settings> = { readonly [Name in keyof T]: SettingValue<T[Name]> }

/** Where values come from; the first source that has one wins: environment, dynamic, file, default. */
export interface SettingSources {
  /** Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Values that can change while the process runs, by setting name. */
  readonly dynamic?: Readonly<Record<string, unknown>>
  /** The parsed settings of a configuration file, by setting name, with the file's path for messages. */
  readonly file?: { readonly path: string; readonly values: Readonly<Record<string, unknown>> }
}

export function defineSettings<const T extends Settings>(settings: T): T {
  return settings
}

/**
 * Reads typed values. An empty environment variable counts as unset.
 *
 * @param ownedPrefix With a prefix such as `MILLRACE_`, an environment variable that begins with it
 *   and is none of the settings is an error, unless it begins with one of `alsoKnown`: a misspelt
 *   variable would otherwise silently do nothing.
 * @throws ConfigError SETTING_UNKNOWN, SETTING_INVALID: names the variable or the file and key.
 */
export function readSettings<const T extends Settings>(
  settings: T,
  sources: SettingSources = {},
  { ownedPrefix, alsoKnown = [] }: { readonly ownedPrefix?: string; readonly alsoKnown?: readonly string[] } = {},
): SettingValues<T> {
  const env = sources.env ?? process.env
  const places = [
    { values: sources.dynamic ?? {}, where: (name: string) => `the dynamic setting "${name}"` },
    { values: sources.file?.values ?? {}, where: (name: string) => `"${name}" in ${sources.file?.path}` },
  ]
  if (ownedPrefix !== undefined) refuseUnknownVariables(settings, env, ownedPrefix, alsoKnown)
  for (const { values, where } of places) refuseUnknownNames(settings, values, where)

  const result: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries(settings)) {
    const text = env[setting.env]
    if (text !== undefined && text !== '') {
      result[name] = parse(setting, text, setting.env)
      continue
    }
    const place = places.find(({ values }) => values[name] !== undefined && values[name] !== null)
    result[name] = place ? check(setting, place.values[name], place.where(name)) : setting.default
  }
  return result as SettingValues<T>
}

/** The values that must never be shown, for redaction. */
export function secretValues<T extends Settings>(settings: T, values: SettingValues<T>): string[] {
  return Object.entries(settings).flatMap(([name, setting]) => {
    const value = (values as Record<string, unknown>)[name]
    return setting.secret && typeof value === 'string' ? [value] : []
  })
}

function parse(setting: Setting, text: string, where: string): unknown {
  if (setting.type === 'integer' && /^[+-]?\d+$/.test(text)) return check(setting, Number(text), where)
  if (setting.type === 'boolean') {
    const value = { '1': true, true: true, yes: true, on: true, '0': false, false: false, no: false, off: false }[
      text.toLowerCase()
    ]
    return check(setting, value ?? text, where)
  }
  return check(setting, setting.type === 'json' ? parseJson(text) : text, where)
}

/** What is no JSON stays text, for the message to show. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function check(setting: Setting, value: unknown, where: string): unknown {
  const wanted = expectation(setting)
  if (wanted.holds(value)) return value
  const shown = setting.secret ? '' : `, not ${JSON.stringify(value)}`
  throw new ConfigError('SETTING_INVALID', { message: `The setting ${where} must be ${wanted.text}${shown}.` })
}

function expectation(setting: Setting): { text: string; holds: (value: unknown) => boolean } {
  switch (setting.type) {
    case 'string':
      return { text: 'text', holds: (value) => typeof value === 'string' }
    case 'boolean':
      return { text: 'true or false', holds: (value) => typeof value === 'boolean' }
    case 'choice':
      return {
        text: `one of ${setting.choices.join(', ')}`,
        holds: (value) => setting.choices.includes(value as string),
      }
    case 'json':
      return { text: setting.expects, holds: setting.holds }
    case 'integer': {
      const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = setting
      const bounds = [
        ...(setting.minimum === undefined ? [] : [`at least ${minimum}`]),
        ...(setting.maximum === undefined ? [] : [`at most ${maximum}`]),
      ]
      return {
        text: ['a whole number', ...(bounds.length === 0 ? [] : [bounds.join(' and ')])].join(', '),
        holds: (value) => Number.isSafeInteger(value) && Number(value) >= minimum && Number(value) <= maximum,
      }
    }
  }
}

function refuseUnknownVariables(
  settings: Settings,
  env: Readonly<Record<string, string | undefined>>,
  prefix: string,
  alsoKnown: readonly string[],
): void {
  const known = Object.values(settings).map((setting) => setting.env)
  const stranger = Object.keys(env).find(
    (name) => name.startsWith(prefix) && !known.includes(name) && !alsoKnown.some((start) => name.startsWith(start)),
  )
  if (stranger !== undefined) throw unknown(`environment variable ${stranger}`, closestName(stranger, known))
}

function refuseUnknownNames(
  settings: Settings,
  values: Readonly<Record<string, unknown>>,
  where: (name: string) => string,
): void {
  const stranger = Object.keys(values).find((name) => !Object.hasOwn(settings, name))
  if (stranger !== undefined) throw unknown(where(stranger), closestName(stranger, Object.keys(settings)))
}

function unknown(what: string, suggestion: string | undefined): ConfigError {
  const hint = suggestion === undefined ? 'Remove it.' : `Did you mean ${suggestion}?`
  return new ConfigError('SETTING_UNKNOWN', {
    message: `Millrace has no setting for the ${what.replace(/^the /, '')}. ${hint}`,
  })
}
