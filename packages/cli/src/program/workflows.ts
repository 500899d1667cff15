import type { Command } from 'commander'
import type { Run } from './run.ts'
import { addServerOptions, yesOption } from './server-options.ts'

export function addWorkflows(program: Command, run: Run): void {
  const workflows = program.command('workflows').description('Lists deployed workflows, and compares their versions.')
  const load = () => import('../commands/workflows.ts')
  const list = workflows
    .command('list')
    .description('Lists workflows with their current versions, next and last runs.')
    .option('--search <text>', 'Only those with this in their name.')
    .option('--tag <tag>', 'Only those with this tag.')
    .option('--project <project>', 'Only those of this project: NAMESPACE/SLUG, or its id.')
  addServerOptions(list).action((values) => run(async (context) => (await load()).listWorkflows(values, context)))
  const show = workflows
    .command('show')
    .description('Shows a workflow with its nodes.')
    .argument('<workflow>', 'Name of the workflow.')
    .option('--version <version>', 'Default: the current one.')
  addServerOptions(show).action((workflow, values) =>
    run(async (context) => (await load()).showWorkflow({ workflow, ...values }, context)),
  )
  const versions = workflows
    .command('versions')
    .description('Lists the versions of a workflow, the latest first.')
    .argument('<workflow>', 'Name of the workflow.')
  addServerOptions(versions).action((workflow, values) =>
    run(async (context) => (await load()).listVersions({ workflow, ...values }, context)),
  )
  const move = workflows
    .command('move')
    .description('Gives a workflow with its runs to another project. You have to be able to change both.')
    .argument('<workflow>', 'Name of the workflow.')
    .argument('<project>', 'NAMESPACE/SLUG, or its id.')
  addServerOptions(move).action((workflow, project, values) =>
    run(async (context) => (await load()).moveWorkflow({ workflow, project, ...values }, context)),
  )
  const diff = workflows
    .command('diff')
    .description('Compares two versions of a workflow. Ends with code 5 when they differ.')
    .argument('<workflow>', 'Name of the workflow.')
    .argument('<from>', 'A version.')
    .argument('[to]', 'Another one. Default: the current one.')
  addServerOptions(diff).action((workflow, from, to, values) =>
    run(async (context) =>
      (await load()).diffVersions({ workflow, from, ...(to === undefined ? {} : { to }), ...values }, context),
    ),
  )
  const remove = workflows
    .command('delete')
    .description('Removes a workflow with its versions, runs and logs. Refused while runs of it are not over.')
    .argument('<workflow>', 'Name of the workflow.')
    .addOption(yesOption())
  addServerOptions(remove).action((workflow, values) =>
    run(async (context) => (await load()).deleteWorkflow({ workflow, ...values }, context)),
  )
}
