import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Run } from './run.ts'
import { addServerOptions, runId, severalTimes, wholeNumber, yesOption } from './server-options.ts'

const states = ['queued', 'running', 'success', 'failed', 'cancelled']
const latest = 'Number of a run, or name of a workflow for its latest run.'

export function addRuns(program: Command, run: Run): void {
  const runs = program.command('runs').description('Lists runs, shows and follows them, and repairs what failed.')
  addLooking(runs, run)
  addLogs(runs, run)
  addChanging(runs, run)
}

function addLooking(runs: Command, run: Run): void {
  const list = runs
    .command('list')
    .description('Lists runs, the newest first.')
    .option('--workflow <name>', 'Only runs of this workflow.')
    .addOption(severalTimes('--state <state>', `Only runs in this state: ${states.join(', ')}.`, stateOf))
    .addOption(new Option('--backfill <id>', 'Only runs of this backfill.').argParser(wholeNumber()))
    .addOption(new Option('--limit <n>', 'At most so many.').argParser(wholeNumber({ maximum: 100_000 })).default(20))
  addServerOptions(list).action((values) =>
    run(async (context) => (await import('../commands/runs.ts')).listRuns(values, context)),
  )
  const show = runs
    .command('show')
    .description(
      'Shows a run with its tasks in the order of the graph: state, duration, attempts, and why each is in its state. Of mapped tasks the items are counted, and those that failed shown.',
    )
    .argument('<run>', latest)
  addServerOptions(show).action((id, values) =>
    run(async (context) => (await import('../commands/show-run.ts')).showRunDetails({ run: id, ...values }, context)),
  )
  const watch = runs
    .command('watch')
    .description(
      'Shows a run until it is over: as a live tree on a terminal, else line by line. Ends like "trigger --wait". Ctrl-C ends the command, not the run.',
    )
    .argument('<run>', latest)
  addServerOptions(watch).action((id, values) =>
    run(async (context) => (await import('../commands/watch-run.ts')).watch({ run: id, ...values }, context)),
  )
}

function addLogs(runs: Command, run: Run): void {
  const logs = runs
    .command('logs')
    .description(
      'Prints the logs of a run, task after task, or of one of its tasks. With --follow also what is still to be written, of all tasks together, until the run is over; a lost connection is made again, and nothing is left out.',
    )
    .argument('<run>', latest)
    .argument('[node]', 'Only this node.')
    .option('-f, --follow', 'Goes on until the run is over.')
    .addOption(new Option('--attempt <n>', 'Only this attempt. Default: the latest.').argParser(wholeNumber()))
    .addOption(
      new Option('--item <i>', 'Only this item of a mapped node, from 0.').argParser(wholeNumber({ minimum: 0 })),
    )
  addServerOptions(logs).action((id, node, values) =>
    run(async (context) => {
      const { runLogs } = await import('../commands/run-logs.ts')
      return await runLogs({ run: id, ...(node === undefined ? {} : { node }), ...values }, context)
    }),
  )
}

function addChanging(runs: Command, run: Run): void {
  const load = () => import('../commands/runs.ts')
  const cancel = runs
    .command('cancel')
    .description(
      'Cancels runs: what waits ends at once, what runs is asked to stop. A run that is over stays as it is.',
    )
    .argument('<runs...>', 'Numbers of runs.', (text, before: readonly string[] = []) => [...before, runId(text)])
    .addOption(yesOption())
  addServerOptions(cancel).action((ids, values) =>
    run(async (context) => (await load()).cancelRuns({ runs: ids, ...values }, context)),
  )
  const retry = runs
    .command('retry')
    .description(
      'Does again what failed, was cancelled or given up, and what follows. What succeeded stays, with its output.',
    )
    .argument('<run>', 'Number of a run.', runId)
  addServerOptions(retry).action((id, values) =>
    run(async (context) => (await load()).retryRun({ run: id, ...values }, context)),
  )
  const clear = runs
    .command('clear')
    .description('Does tasks of a run again, whatever they ended as, and what follows.')
    .argument('<run>', 'Number of a run.', runId)
    .addOption(severalTimes('--task <node>', 'Node to do again.').makeOptionMandatory())
    .option('--no-downstream', 'Only these, and not what follows.')
    .addOption(yesOption())
  addServerOptions(clear).action((id, values) =>
    run(async (context) => (await load()).clearRun({ run: id, ...values }, context)),
  )
  const tryNow = runs
    .command('try-now')
    .description(
      'Has tasks of a run that wait for their next try done at once: the pause before a retry, or before a sensor looks again, is over. The try counts like any other.',
    )
    .argument('<run>', 'Number of a run.', runId)
    .option('--task <node>', 'Only this node. Default: all that wait for their next try.')
    .addOption(
      new Option('--item <i>', 'Only this item of a mapped node, from 0.').argParser(wholeNumber({ minimum: 0 })),
    )
  addServerOptions(tryNow).action((id, values) =>
    run(async (context) => (await load()).tryRunNow({ run: id, ...values }, context)),
  )
  const mark = runs
    .command('mark')
    .description(
      'Says how a task ended, against what it did; what follows is decided anew, and goes on. A task that runs is stopped.',
    )
    .argument('<run>', 'Number of a run.', runId)
    .requiredOption('--task <node>', 'The node.')
    .addOption(
      new Option('--state <state>', 'What it counts as.')
        .choices(['success', 'failed', 'skipped'])
        .makeOptionMandatory(),
    )
    .option('--note <text>', 'Why; kept with the task.')
    .addOption(yesOption())
  addServerOptions(mark).action((id, values) =>
    run(async (context) => (await load()).markRun({ run: id, ...values }, context)),
  )
}

function stateOf(text: string): string {
  if (states.includes(text)) return text
  throw new InvalidArgumentError(`It must be one of ${states.join(', ')}.`)
}
