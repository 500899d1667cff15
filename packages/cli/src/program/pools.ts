import type { Command } from 'commander'
import type { Run } from './run.ts'
import { addServerOptions, wholeNumber, yesOption } from './server-options.ts'

export function addPools(program: Command, run: Run): void {
  const pools = program.command('pools').description('Limits how many tasks use something at a time.')
  const load = () => import('../commands/pools.ts')
  const list = pools.command('list').description('Lists pools with the slots that are taken.')
  addServerOptions(list).action((values) => run(async (context) => (await load()).listPools(values, context)))
  const set = pools
    .command('set')
    .description('Makes a pool, or changes its slots. With 0 nothing more of it starts.')
    .argument('<pool>', 'Its name, which tasks give as their pool.')
    .argument('<slots>', 'How many slots it has.', wholeNumber({ minimum: 0, maximum: 1_000_000 }))
    .option('--description <text>', 'What it is for.')
  addServerOptions(set).action((pool, slots, values) =>
    run(async (context) => (await load()).setPool({ pool, slots, ...values }, context)),
  )
  const remove = pools
    .command('delete')
    .description('Removes a pool that no task uses or waits for.')
    .argument('<pool>', 'Its name.')
    .addOption(yesOption())
  addServerOptions(remove).action((pool, values) =>
    run(async (context) => (await load()).deletePool({ pool, ...values }, context)),
  )
}
