import { type Command, Option } from 'commander'
import type { Run } from './run.ts'
import { addParams } from './run-workflow.ts'
import { addServerOptions, wholeNumber } from './server-options.ts'

export function addTrigger(program: Command, run: Run): void {
  const command = program
    .command('trigger')
    .summary('Starts a run of a deployed workflow.')
    .description(
      'Starts a run of a deployed workflow, and prints its number. With --wait or --follow it ends when the run does: with 0 when that succeeded; ' +
        'when tasks failed, with the code of their kind of failure, or 1. Ctrl-C then ends the command, not the run.',
    )
    .argument('<workflow>', 'Name of the workflow.')
  addParams(command)
    .option('--key <key>', 'A second run of the workflow with the same key is the first one.')
    .option(
      '--date <date>',
      'The moment the run stands for, such as 2026-01-31 or 2026-01-31T06:00, in the time zone of the schedule. Default: now.',
    )
    .option('--version <version>', 'Default: the current one.')
    .addOption(
      new Option('--priority <n>', 'Runs with a higher one go first. Default: 0.').argParser(
        wholeNumber({ minimum: 0, maximum: 1_000_000 }),
      ),
    )
    .option('--wait', 'Waits until the run is over.')
    .option('--follow', 'Shows the run until it is over: as a tree on a terminal, else line by line.')
  addServerOptions(command).action((workflow: string, values) =>
    run(async (context) => {
      const { trigger } = await import('../commands/trigger.ts')
      return trigger({ workflow, ...values }, context)
    }),
  )
}
