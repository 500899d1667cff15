import type { Command } from 'commander'
import type { Run } from './run.ts'
import { addServerOptions } from './server-options.ts'

export function addWorkers(program: Command, run: Run): void {
  const workers = program.command('workers').description('Lists the workers of a server, and has them end.')
  const load = () => import('../commands/workers.ts')
  const list = workers
    .command('list')
    .description('Lists workers with what they run.')
    .option('--ended', 'Also those that ended.')
  addServerOptions(list).action((values) => run(async (context) => (await load()).listWorkers(values, context)))
  const drain = workers
    .command('drain')
    .description('Has workers take nothing more; what they run may end.')
    .argument('<workers...>', 'Ids, the beginnings of ids, or names.')
  addServerOptions(drain).action((ids, values) =>
    run(async (context) => (await load()).drainWorkers({ workers: ids, ...values }, context)),
  )
}
