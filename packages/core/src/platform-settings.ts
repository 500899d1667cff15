import { eventSettings } from './platform-settings/event-settings.ts'
import { featureSettings } from './platform-settings/feature-settings.ts'
import { httpSettings } from './platform-settings/http-settings.ts'
import { processSettings } from './platform-settings/process-settings.ts'
import { secretSettings } from './platform-settings/secret-settings.ts'
import { signInSettings } from './platform-settings/sign-in-settings.ts'
import { defineSettings, readSettings, type SettingSources, type SettingValues } from './settings.ts'

/** What every Millrace process can be told by its environment. The reference page is generated from here. */
export const platformSettings = defineSettings({
  ...processSettings,
  ...eventSettings,
  ...secretSettings,
  ...httpSettings,
  ...signInSettings,
  ...featureSettings,
})

export type PlatformSettings = SettingValues<typeof platformSettings>

/** Variables with a free part in their name. */
export const namedVariables = [
  {
    prefix: 'MILLRACE_CONNECTION_',
    pattern: 'MILLRACE_CONNECTION_<NAME>',
    description: 'The URI of a connection that commands can then call by its name.',
    secret: true,
  },
  {
    prefix: 'MILLRACE_SECRET_',
    pattern: 'MILLRACE_SECRET_<NAME>',
    description: 'A secret that tasks which declare it may ask for, where no server keeps secrets.',
    secret: true,
  },
  {
    prefix: 'MILLRACE_VARIABLE_',
    pattern: 'MILLRACE_VARIABLE_<NAME>',
    description: 'A variable for the templates of tasks, where no server keeps variables: JSON, or text as it is.',
    secret: false,
  },
  {
    prefix: 'MILLRACE_TASK_',
    pattern: 'MILLRACE_TASK_<PART>',
    description: 'What another engine tells `millrace task` about the task to run. Not meant to be set by hand.',
    secret: false,
  },
  {
    prefix: 'MILLRACE_CONNECTORS',
    pattern: 'MILLRACE_CONNECTORS',
    description:
      'Folders with connectors of your own, separated as in PATH; each is a folder with a module `connector`. Its code is run.',
    secret: false,
  },
] as const

/** @throws ConfigError SETTING_UNKNOWN, SETTING_INVALID. */
export function readPlatformSettings(sources: SettingSources = {}): PlatformSettings {
  return readSettings(platformSettings, sources, {
    ownedPrefix: 'MILLRACE_',
    alsoKnown: namedVariables.map(({ prefix }) => prefix),
  })
}
