import type { Command } from 'commander'
import type { Run } from './run.ts'
import { addServerOptions } from './server-options.ts'

export function addConsole(program: Command, run: Run): void {
  const console = program
    .command('console')
    .summary('Opens the web console.')
    .description(
      'Opens the web console of the server in your browser. For the "millrace dev" of this folder, or with the token of the administrator, by a link that signs you in: ' +
        'it is good once, within ten minutes. On other servers you sign in there.',
    )
    .option('--print', 'Opens nothing, and prints the address.')
  addServerOptions(console).action((values) =>
    run(async (context) => {
      const { openConsole } = await import('../commands/console.ts')
      return openConsole(values, context)
    }),
  )
}
