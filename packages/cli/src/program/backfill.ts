import { type Command, Option } from 'commander'
import type { Run } from './run.ts'
import { addParams } from './run-workflow.ts'
import { addServerOptions, wholeNumber, yesOption } from './server-options.ts'

const load = () => import('../commands/backfills.ts')

export function addBackfill(program: Command, run: Run): void {
  const backfill = program
    .command('backfill')
    .description('Runs a workflow for every tick of its schedule in a range of the past: millrace backfill WORKFLOW.')
  addStart(backfill, run)
  const list = backfill
    .command('list')
    .description('Lists backfills with their progress, the newest first.')
    .option('--workflow <name>', 'Only those of this workflow.')
    .addOption(new Option('--limit <n>', 'At most so many.').argParser(wholeNumber({ maximum: 100 })).default(20))
  addServerOptions(list).action((values) => run(async (context) => (await load()).listBackfills(values, context)))
  const id = 'Number of a backfill.'
  const show = backfill
    .command('show')
    .description('Shows a backfill with its progress and latest runs.')
    .argument('<id>', id, wholeNumber())
  addServerOptions(show).action((id, values) =>
    run(async (context) => (await load()).showBackfill({ id, ...values }, context)),
  )
  const changes = [
    ['pause', 'Makes no more runs until it is resumed; those that exist go on.'],
    ['resume', 'Goes on with a paused backfill.'],
    ['cancel', 'Makes no more runs, and cancels those that are not over.'],
  ] as const
  for (const [change, description] of changes) {
    const command = backfill.command(change).description(description).argument('<id>', id, wholeNumber())
    if (change === 'cancel') command.addOption(yesOption())
    addServerOptions(command).action((id, values) =>
      run(async (context) => (await load()).changeBackfill({ id, change, ...values }, context)),
    )
  }
}

function addStart(backfill: Command, run: Run): void {
  const start = backfill
    .command('start', { isDefault: true })
    .description(
      'Runs a workflow for every tick of its schedule in a range, oldest first, a few at a time. The server keeps on with it, also over a restart. The word start may be left out.',
    )
    .argument('<workflow>', 'Name of the workflow.')
    .requiredOption('--from <date>', 'Ticks from here on, in the time zone of the schedule.')
    .requiredOption('--to <date>', 'And before here: --to 2026-02-01 ends with January.')
    .addOption(
      new Option('--concurrency <n>', 'Runs at a time. Default: 1.').argParser(wholeNumber({ maximum: 10_000 })),
    )
    .addOption(
      new Option(
        '--existing <how>',
        'Whether ticks that have a run already are skipped, or run again. Default: skip.',
      ).choices(['skip', 'again']),
    )
    .option('--version <version>', 'Default: the current one.')
  addServerOptions(addParams(start)).action((workflow, values) =>
    run(async (context) => (await load()).startBackfill({ workflow, ...values }, context)),
  )
}
