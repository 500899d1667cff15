import type { Command } from 'commander'
import type { Run } from './run.ts'
import { addServerOptions, yesOption } from './server-options.ts'

export function addGroups(program: Command, run: Run): void {
  const groups = program.command('groups').description('Groups: members with roles, and projects that belong to them.')
  const load = () => import('../commands/groups.ts')
  const list = groups
    .command('list')
    .description('Lists groups, the newest first.')
    .option('--mine', 'Only those that you are a member of.')
  addServerOptions(list).action((values) => run(async (context) => (await load()).listGroups(values, context)))
  const show = groups
    .command('show')
    .description('Shows a group with its members and projects.')
    .argument('<group>', 'Its slug.')
  addServerOptions(show).action((group, values) =>
    run(async (context) => (await load()).showGroup({ group, ...values }, context)),
  )
  const create = groups
    .command('create')
    .description('Makes a group, which you own then.')
    .argument('<group>', 'Its slug.')
  addServerOptions(addValues(create)).action((group, values) =>
    run(async (context) => (await load()).createGroup({ group, ...values }, context)),
  )
  const set = groups
    .command('set')
    .description('Changes what is given of a group.')
    .argument('<group>', 'Its slug.')
    .option('--slug <slug>', 'Renames it. The former name leads to it still.')
  addServerOptions(addValues(set)).action((group, values) =>
    run(async (context) => (await load()).setGroup({ group, ...values }, context)),
  )
  const remove = groups
    .command('delete')
    .description('Removes a group with everything in it.')
    .argument('<group>', 'Its slug.')
    .addOption(yesOption())
  addServerOptions(remove).action((group, values) =>
    run(async (context) => (await load()).deleteGroup({ group, ...values }, context)),
  )
}

function addValues(command: Command): Command {
  return command.option('--name <text>', 'Its name for people.').option('--description <text>', 'What it is for.')
}
