import type { Command } from 'commander'
import type { Run } from './run.ts'

export function addInit(program: Command, run: Run): void {
  program
    .command('init')
    .summary('Begins a project with a workflow that runs.')
    .description(
      'Writes a project: a package with a typed workflow, its test, and a millrace.yaml for connections. Nothing is replaced, and nothing is installed.',
    )
    .argument('[folder]', 'Where it goes; made when it is missing.', '.')
    .option('--name <name>', 'Of the package. Default: that of the folder.')
    .action((folder: string, values) =>
      run(async (context) => {
        const { init } = await import('../commands/init.ts')
        return init({ folder, ...values }, context)
      }),
    )
}
