import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Run } from './run.ts'

export function addNotify(program: Command, run: Run): void {
  program
    .command('notify')
    .summary('Sends a message to people.')
    .description(
      'Sends a message by Slack, e-mail, a webhook, DingTalk or Feishu. Title, text, fields and link are Jinja2 templates over the values of --data and --data-file.',
    )
    .argument(
      '<to>',
      'A URI (slack:alerts, mailto:ada@example.com), a connection, or the name of a connector that is configured by its own environment variables.',
    )
    .requiredOption('--title <text>', 'One line.')
    .option('--text <text>', 'The body; - reads it from standard input.')
    .addOption(
      new Option('--level <level>', 'How it looks.').choices(['info', 'success', 'warning', 'error']).default('info'),
    )
    .addOption(new Option('--field <name=value>', 'A line of a table; may be given several times.').argParser(pairs))
    .option('--link <url>', 'Where to read more.')
    .option('--link-title <text>', 'What the link is called. Default: the address.')
    .option('--receiver <name>', 'A channel or addresses, instead of the configured ones.')
    .addOption(
      new Option('--data <name=value>', 'A value for the templates; may be given several times.').argParser(pairs),
    )
    .option('--data-file <path>', 'A JSON object with values for the templates, such as a manifest.')
    .option('--json', 'Prints the result as JSON.')
    .action((to: string, values) =>
      run(async (context) => {
        const { notify } = await import('../commands/notify.ts')
        return notify({ to, ...values }, context)
      }),
    )
}

function pairs(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('It must be name=value.')
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) }
}
