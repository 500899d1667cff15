import type { Setting, Settings } from './settings.ts'

/**
 * The reference page of settings, as Markdown.
 *
 * @param guide Settings under names that are not ours.
 */
export function settingsReference(
  settings: Settings,
  named: readonly { readonly pattern: string; readonly description: string; readonly secret: boolean }[],
  guide: Settings,
): string {
  const rows = [
    ...rowsOf(settings),
    ...named.map(({ pattern, description, secret }) => [
      `\`${pattern}\``,
      '',
      'text',
      'not set',
      secret ? 'yes' : 'no',
      description,
    ]),
  ]
  const header = ['Variable', 'Name', 'Type', 'Default', 'Secret', 'Meaning']
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return `${[
    '<!-- Generated from packages/core/src/platform-settings.ts and guide-settings.ts by script/generate-docs.ts. Do not edit. -->',
    '# Settings',
    '',
    'A value comes from the environment variable; where it is unset or empty, from the configuration file; else the',
    'default holds. An unknown variable that begins with `MILLRACE_` and an invalid value are errors that name the',
    'variable. Secrets are redacted from everything Millrace writes.',
    '',
    line(header),
    line(header.map(() => '---')),
    ...rows.map(line),
    '',
    '## Variables of tasks and services',
    '',
    'Variables by which tasks, telemetry and the bus are configured in the systems that Millrace fits into. None is required.',
    'They are read from the environment only; an empty one counts as unset. The names with `PYTHON` hold for',
    'the instrumentations of Millrace.',
    '',
    line(header),
    line(header.map(() => '---')),
    ...rowsOf(guide).map(line),
  ].join('\n')}\n`
}

function rowsOf(settings: Settings): string[][] {
  return Object.entries(settings).map(([name, setting]) => [
    `\`${setting.env}\``,
    `\`${name}\``,
    typeText(setting),
    defaultText(setting),
    setting.secret ? 'yes' : 'no',
    setting.description,
  ])
}

function defaultText(setting: Setting): string {
  if (setting.default === null) return 'not set'
  return `\`${setting.type === 'json' ? JSON.stringify(setting.default) : setting.default}\``
}

function typeText(setting: Setting): string {
  switch (setting.type) {
    case 'choice':
      return setting.choices.map((choice) => `\`${choice}\``).join(', ')
    case 'integer': {
      const { minimum, maximum } = setting
      if (minimum !== undefined && maximum !== undefined) return `whole number, ${minimum} to ${maximum}`
      return minimum === undefined ? 'whole number' : `whole number, at least ${minimum}`
    }
    case 'boolean':
      return '`true` or `false`'
    case 'json':
      return setting.expects
    case 'string':
      return 'text'
  }
}
