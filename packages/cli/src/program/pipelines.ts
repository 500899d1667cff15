import type { Command } from 'commander'
import type { Run } from './run.ts'
import { addServerOptions } from './server-options.ts'

const projectText = 'Its project: NAMESPACE/SLUG, or its id.'

export function addPipelines(program: Command, run: Run): void {
  const pipelines = program.command('pipelines').description('Pipelines from configuration.')
  const load = () => import('../commands/pipelines.ts')
  const loadConfiguration = () => import('../commands/pipeline-configuration.ts')

  const list = pipelines
    .command('list')
    .description('Lists the pipelines that you may see.')
    .option('--project <project>', 'Only those of this project: NAMESPACE/SLUG, or its id.')
  addServerOptions(list).action((values) => run(async (context) => (await load()).listPipelines(values, context)))

  const one = (name: string, description: string) =>
    addServerOptions(
      pipelines
        .command(name)
        .description(description)
        .argument('<pipeline>', 'Its name, or its id.')
        .option('--project <project>', projectText),
    )
  one('show', 'Shows a pipeline, and the graph that it is compiled to.').action((pipeline, values) =>
    run(async (context) => (await load()).showPipeline({ pipeline, ...values }, context)),
  )
  one('validate', 'Names everything that is wrong with a pipeline. Ends with 4 when something is.').action(
    (pipeline, values) => run(async (context) => (await load()).validatePipeline({ pipeline, ...values }, context)),
  )
  one('activate', 'Schedules a pipeline from now on.').action((pipeline, values) =>
    run(async (context) => (await load()).activatePipeline({ pipeline, active: true, ...values }, context)),
  )
  one('deactivate', 'Takes a pipeline from its schedule. Runs under way go on.').action((pipeline, values) =>
    run(async (context) => (await load()).activatePipeline({ pipeline, active: false, ...values }, context)),
  )
  one('run', 'Starts a run of an active pipeline, and prints its number.')
    .option('--wait', 'Waits until the run is over.')
    .action((pipeline, values) => run(async (context) => (await load()).runPipeline({ pipeline, ...values }, context)))

  const exporting = pipelines
    .command('export')
    .description('Prints all that is configured in a project as YAML. The same configuration gives the same bytes.')
    .argument('<project>', 'NAMESPACE/SLUG, or its id.')
    .option('--out <file>', 'Writes to this file instead.')
  addServerOptions(exporting).action((project, values) =>
    run(async (context) => (await loadConfiguration()).exportConfiguration({ project, ...values }, context)),
  )

  const changing = (name: string, description: string) =>
    addServerOptions(
      pipelines
        .command(name)
        .description(description)
        .argument('<file>', 'YAML as "millrace pipelines export" prints it.')
        .requiredOption('--project <project>', 'NAMESPACE/SLUG, or its id.')
        .option('--prune', 'Removes what is in the project and not in the file. Default: it stays.'),
    )
  changing(
    'plan',
    'Shows what a file would change in a project. Ends with 5 when it would change something, with 4 when it would be refused.',
  ).action((file, values) =>
    run(async (context) => (await loadConfiguration()).planConfiguration({ file, ...values }, context)),
  )
  changing('apply', 'Makes a project as a file says, all or nothing.').action((file, values) =>
    run(async (context) => (await loadConfiguration()).applyConfiguration({ file, ...values }, context)),
  )
}
