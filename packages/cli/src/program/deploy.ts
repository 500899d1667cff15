import type { Command } from 'commander'
import type { Run } from './run.ts'
import { addServerOptions } from './server-options.ts'

export function addDeploy(program: Command, run: Run): void {
  const command = program
    .command('deploy')
    .summary('Deploys the workflows of a package to a server.')
    .description(
      'Builds the workflows of a package, uploads its code unless the server has it, and makes their versions the current ones. ' +
        'A version is never changed: content that is not what it was deployed as is refused, except for the version dev, of which each content is a version of its own. ' +
        'Nothing is sent when there is any problem; all problems are shown at once. Pools, queues and connections that are not there are warned of.',
    )
    .argument('[folder]', 'Folder of the package.', '.')
    .option(
      '--project <project>',
      'Project that new workflows belong to: NAMESPACE/SLUG, SLUG in your own namespace, or its id. Default: the platform, which is for administrators.',
    )
    .option('--version <version>', 'Version of workflows that do not name theirs, instead of BUILD_VERSION.')
    .option('--dry-run', 'Shows what would change, and sends nothing.')
  addServerOptions(command).action((folder: string, values) =>
    run(async (context) => {
      const { deploy } = await import('../commands/deploy.ts')
      return deploy({ folder, ...values }, context)
    }),
  )
}
