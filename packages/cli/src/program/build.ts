import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Run } from './run.ts'

export function addBuild(program: Command, run: Run): void {
  program
    .command('build')
    .summary('Builds the workflows of a package, for Millrace or another engine.')
    .description(
      'Imports the workflows of a package, checks them all, and writes a zip of the package and a manifest for each workflow version. ' +
        'With --target they are translated as well: airflow writes a Python file per workflow version for Airflow 3, notebook a Jupyter notebook. ' +
        'Nothing is written when there is any problem; all problems are shown at once. What was built stays, so that versions live side by side.',
    )
    .argument('[folder]', 'Folder of the package.', '.')
    .addOption(
      new Option('--target <target>', 'What the workflows are built for.')
        .choices(['manifest', 'airflow', 'notebook'])
        .default('manifest'),
    )
    .option(
      '--out <folder>',
      'Where the files go. Default: dist/workflows, dist/airflow or dist/notebooks in the package.',
    )
    .option('--version <version>', 'Version of workflows that do not name theirs, instead of BUILD_VERSION.')
    .option(
      '--package-location <place>',
      'With airflow: a folder or https:// address that workers find the zip in. Default: the folder packages beside the DAG file.',
    )
    .addOption(
      new Option(
        '--pool <name=slots>',
        'With airflow: slots of a pool in pools.json; may be given several times.',
      ).argParser(pools),
    )
    .option(
      '--dockerfile',
      'With notebook: writes a Dockerfile for the notebooks into the package, unless there is one.',
    )
    .option('--json', 'Prints what was built as JSON.')
    .action((folder: string, values) =>
      run(async (context) => {
        const { build } = await import('../commands/build.ts')
        return build({ folder, ...values }, context)
      }),
    )
}

function pools(text: string, before: Readonly<Record<string, number>> = {}): Record<string, number> {
  const [, name = '', slots = ''] = /^(.+)=(\d+)$/.exec(text) ?? []
  if (name === '') throw new InvalidArgumentError('It must be name=slots, such as warehouse=4.')
  return { ...before, [name]: Number(slots) }
}
