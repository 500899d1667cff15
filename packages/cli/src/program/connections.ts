import { type Command, Option } from 'commander'
import { addPlaceOptions } from './place-options.ts'
import type { Run } from './run.ts'
import { addServerOptions, severalTimes, yesOption } from './server-options.ts'

export function addConnections(program: Command, run: Run): void {
  const connections = program
    .command('connections')
    .description(
      'Saved connections, which tasks use by name. Those of a project win over those of its namespace and the platform.',
    )
  const load = () => import('../commands/connections.ts')
  const list = connections
    .command('list')
    .description('Lists connections, without secrets.')
    .option('--usable', 'All that tasks of the project may name, those of its namespace and the platform as well.')
  addServerOptions(addPlaceOptions(list)).action((values) =>
    run(async (context) => (await load()).listConnections(values, context)),
  )
  const one = (name: string, description: string) =>
    addPlaceOptions(connections.command(name).description(description).argument('<connection>', 'Its name.'))
  addServerOptions(one('show', 'Shows a connection and what uses it, without secrets.')).action((connection, values) =>
    run(async (context) => (await load()).showConnection({ connection, ...values }, context)),
  )
  const set = one(
    'set',
    'Saves a connection, or changes the settings that are given. "millrace connectors show NAME" shows the settings of a connector.',
  )
    .option('--connector <name>', 'What it connects to. Default: the one that the address belongs to.')
    .option('--uri <uri>', 'Its address, without secrets.')
    .addOption(severalTimes('--setting <name=value>', 'A setting that is no secret.'))
    .addOption(severalTimes('--unset <name>', 'Takes a setting away.'))
    .addOption(severalTimes('--secret <name>', 'A setting whose value is typed unseen, or read from standard input.'))
    .addOption(
      new Option('--from-file <file>', 'YAML or JSON with settings, secret ones as well; - is standard input.'),
    )
    .option('--description <text>', 'What it is for.')
  addServerOptions(set).action((connection, values) =>
    run(async (context) => (await load()).setConnection({ connection, ...values }, context)),
  )
  addServerOptions(
    one('test', 'Has the server connect. Ends with 2 when it cannot. Tasks connect from where they run.'),
  ).action((connection, values) =>
    run(async (context) => (await load()).testConnection({ connection, ...values }, context)),
  )
  addServerOptions(
    one('delete', 'Removes a connection: tasks that ask for it fail from now on.').addOption(yesOption()),
  ).action((connection, values) =>
    run(async (context) => (await load()).deleteConnection({ connection, ...values }, context)),
  )
}
