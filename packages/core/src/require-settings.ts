import { ConfigError } from './errors.ts'
import type { Settings, SettingValues } from './settings.ts'

type Present<T extends Settings, Name extends keyof T> = {
  readonly [N in Name]: Exclude<SettingValues<T>[N], null>
}

/**
 * What a process cannot start without.
 *
 * @param who Begins the sentence, such as `The server`.
 * @param next Ends the message: how to go on.
 * @throws ConfigError SETTING_MISSING: names all that are missing at once, and says of each what it is.
 */
export function requireSettings<T extends Settings, Name extends keyof T & string>(
  settings: T,
  values: SettingValues<T>,
  names: readonly Name[],
  { who, next }: { readonly who: string; readonly next: string },
): Present<T, Name> {
  const missing = names.filter((name) => values[name] === null).flatMap((name) => settings[name] ?? [])
  if (missing.length > 0) {
    const variables = missing.map(({ env }) => env)
    const list = missing.map(({ env, description }) => `  ${env}\n    ${description}`).join('\n')
    throw new ConfigError('SETTING_MISSING', {
      message: `${who} needs ${new Intl.ListFormat('en').format(variables)}. Set ${missing.length === 1 ? 'it' : 'them'} in the environment:\n${list}\n${next}`,
      details: { variables },
    })
  }
  return values as Present<T, Name>
}
