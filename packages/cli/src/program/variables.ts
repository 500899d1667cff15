import type { Command } from 'commander'
import type { Run } from './run.ts'
import { addServerOptions, yesOption } from './server-options.ts'

export function addVariables(program: Command, run: Run): void {
  const variables = program
    .command('variables')
    .description('Values for templates and tasks. They are no place for secrets.')
  const load = () => import('../commands/variables.ts')
  const list = variables.command('list').description('Lists variables with their values.')
  addServerOptions(addProject(list)).action((values) =>
    run(async (context) => (await load()).listVariables(values, context)),
  )
  const set = variables
    .command('set')
    .description('Sets a variable for runs that are made from now on; a run keeps the values it was made with.')
    .argument('<variable>', 'Its name.')
    .argument('<value>', 'JSON, or text as it is.')
    .option('--text', 'Takes the value as text, also when it reads as JSON.')
  addServerOptions(addProject(set)).action((variable, value, values) =>
    run(async (context) => (await load()).setVariable({ variable, value, ...values }, context)),
  )
  const remove = variables
    .command('delete')
    .description('Removes a variable.')
    .argument('<variable>', 'Its name.')
    .addOption(yesOption())
  addServerOptions(addProject(remove)).action((variable, values) =>
    run(async (context) => (await load()).deleteVariable({ variable, ...values }, context)),
  )
}

function addProject(command: Command): Command {
  return command.option(
    '--project <project>',
    'Of a project, for its workflows: NAMESPACE/SLUG, or its id. Default: of the platform, for all.',
  )
}
