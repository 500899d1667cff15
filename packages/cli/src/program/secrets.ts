import type { Command } from 'commander'
import { addPlaceOptions } from './place-options.ts'
import type { Run } from './run.ts'
import { addServerOptions, yesOption } from './server-options.ts'

const own = { own: 'your own, for sessions' }

export function addSecrets(program: Command, run: Run): void {
  const secrets = program
    .command('secrets')
    .description('Secrets for tasks and sessions. Values go in, and are never shown again.')
  const load = () => import('../commands/secrets.ts')
  const list = secrets.command('list').description('Lists secrets, without their values.')
  addServerOptions(addPlaceOptions(list, own)).action((values) =>
    run(async (context) => (await load()).listSecrets(values, context)),
  )
  const set = secrets
    .command('set')
    .description(
      'Keeps a secret, or gives one another value. The value is typed unseen, read from standard input without the end of its last line, or from a file as it is.',
    )
    .argument('<secret>', 'Its name.')
    .option('--from-file <file>', 'Takes the value from this file.')
    .option('--description <text>', 'What it is for. Not of your own.')
    .option('--file-name <name>', 'Name of the file that it is in a session. Of your own only.')
    .option('--expires <date>', 'When it ends, such as 2027-01-31. Default: never.')
  addServerOptions(addPlaceOptions(set, own)).action((secret, values) =>
    run(async (context) => (await load()).setSecret({ secret, ...values }, context)),
  )
  const remove = secrets
    .command('delete')
    .description('Removes a secret, wherever it is used.')
    .argument('<secret>', 'Its name.')
    .addOption(yesOption())
  addServerOptions(addPlaceOptions(remove, own)).action((secret, values) =>
    run(async (context) => (await load()).deleteSecret({ secret, ...values }, context)),
  )
}
