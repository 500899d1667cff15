import type { Setting, Settings } from './settings.ts'

/** The reference page of settings, as Markdown. */
export function settingsReference(
  settings: Settings,
  named: readonly { readonly pattern: string; readonly description: string; readonly secret: boolean }[],
): string {
  const rows = [
    ...Object.entries(settings).map(([name, setting]) => [
      `\`${setting.env}\``,
      `\`${name}\``,
      typeText(setting),
      setting.default === null ? 'not set' : `\`${setting.default}\``,
      setting.secret ? 'yes' : 'no',
      setting.description,
    ]),
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
    '<!-- Generated from packages/core/src/platform-settings.ts by script/generate-docs.ts. Do not edit. -->',
    '# Settings',
    '',
    'A value comes from the environment variable; where it is unset or empty, from the configuration file; else the',
    'default holds. An unknown variable that begins with `MILLRACE_` and an invalid value are errors that name the',
    'variable. Secrets are redacted from everything Millrace writes.',
    '',
    line(header),
    line(header.map(() => '---')),
    ...rows.map(line),
  ].join('\n')}\n`
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
    case 'string':
      return 'text'
  }
}
