import { type Command, Option } from 'commander'
import type { Run } from './run.ts'
import { addServerOptions, wholeNumber } from './server-options.ts'

export function addSchedules(program: Command, run: Run): void {
  const schedules = program.command('schedules').description('Lists schedules with their next ticks, and pauses them.')
  const load = () => import('../commands/schedules.ts')
  const list = schedules
    .command('list')
    .description('Lists the schedules of all workflows with their next ticks.')
    .addOption(new Option('--ticks <n>', 'So many of each.').argParser(wholeNumber({ maximum: 50 })).default(3))
  addServerOptions(list).action((values) => run(async (context) => (await load()).listSchedules(values, context)))
  const pause = schedules
    .command('pause')
    .description('Stops the schedules of workflows. Runs that exist, by hand and of backfills go on.')
    .argument('<workflows...>', 'Names of workflows.')
  addServerOptions(pause).action((workflows, values) =>
    run(async (context) => (await load()).setPaused({ workflows, paused: true, ...values }, context)),
  )
  const resume = schedules
    .command('resume')
    .description(
      'Goes on with paused schedules. Ticks that passed meanwhile are decided by the catchup policy of each.',
    )
    .argument('<workflows...>', 'Names of workflows.')
  addServerOptions(resume).action((workflows, values) =>
    run(async (context) => (await load()).setPaused({ workflows, paused: false, ...values }, context)),
  )
}
