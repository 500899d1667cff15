import { availableParallelism } from 'node:os'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Run } from './run.ts'

const defaultSlots = Math.max(2, availableParallelism())

/** `millrace dev` and `millrace worker`. */
export function addServing(program: Command, run: Run): void {
  addDev(program, run)
  addWorker(program, run)
}

function addDev(program: Command, run: Run): void {
  program
    .command('dev')
    .summary('Serves all of Millrace on this machine: server, scheduler, worker and database.')
    .description(
      'Starts the server, the scheduler, a worker and a PostgreSQL that nobody has to install, until Ctrl-C. What it knows is kept in the folder .millrace of the project, ' +
        'where other commands find its address and token. It listens for this machine only. MILLRACE_DATABASE_URL or DATABASE_URL takes another PostgreSQL.',
    )
    .addOption(
      new Option(
        '--port <port>',
        'Where it listens; 0 takes any that is free. Default: the one of the last time.',
      ).argParser(port),
    )
    .option(
      '--data <folder>',
      'Where the database, artifacts and installed packages are. Default: .millrace in the project.',
    )
    .option('--no-worker', 'Without a worker, for those of "millrace worker".')
    .addOption(slots())
    .option('--watch', 'Deploys the workflows of the project as development versions, now and whenever a file changes.')
    .action((values) =>
      run(async (context) => {
        const { dev } = await import('../commands/dev.ts')
        return dev(values, context)
      }),
    )
}

function addWorker(program: Command, run: Run): void {
  program
    .command('worker')
    .summary('Runs tasks for a server.')
    .description(
      'Takes tasks from a server over HTTP and runs them in processes of their own. It survives the server being away. On SIGTERM or Ctrl-C it takes no more and ends when its tasks are done; ' +
        'a second one ends it at once, and its tasks run elsewhere. Connections and secrets that the server does not have come from the millrace.yaml around the working directory and from the environment.',
    )
    .option('--url <url>', 'Address of the server. Default: MILLRACE_URL.')
    .option(
      '--token <token>',
      'A worker token. Default: MILLRACE_WORKER_TOKEN, which others on this machine do not see.',
    )
    .addOption(
      new Option('--queues <names>', 'Queues whose tasks it takes, separated by commas.')
        .default(['default'], 'default')
        .argParser((text) => {
          const names = text.split(',').map((name) => name.trim())
          if (names.includes('')) throw new InvalidArgumentError('It must be names such as default,gpu.')
          return names
        }),
    )
    .addOption(slots())
    .option('--name <name>', 'What it is called in lists. Default: the name of the machine.')
    .addOption(
      new Option('--drain <seconds>', 'How long tasks may go on after it was asked to stop.')
        .default(600)
        .argParser((text) => whole(text, 0, 604_800)),
    )
    .action((values) =>
      run(async (context) => {
        const { work } = await import('../commands/worker.ts')
        return work(values, context)
      }),
    )
}

function slots(): Option {
  return new Option('--slots <n>', 'Tasks at a time, at least 2 when it is not given.')
    .default(defaultSlots, 'one for each core')
    .argParser((text) => whole(text, 1, 1000))
}

function port(text: string): number {
  return whole(text, 0, 65_535)
}

function whole(text: string, minimum: number, maximum: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (value >= minimum && value <= maximum) return value
  throw new InvalidArgumentError(`It must be a whole number from ${minimum} to ${maximum}.`)
}
