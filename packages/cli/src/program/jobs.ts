import type { Command } from 'commander'
import type { Run } from './run.ts'
import { addServerOptions } from './server-options.ts'

export function addJobs(program: Command, run: Run): void {
  const jobs = program.command('jobs').description('Shows the background jobs of a server, and has one run now.')
  const load = () => import('../commands/jobs.ts')
  const list = jobs.command('list').description('Lists jobs with their schedules and how they went last.')
  addServerOptions(list).action((values) => run(async (context) => (await load()).listJobs(values, context)))
  const start = jobs
    .command('run')
    .description('Has a job run in the server, and waits for its end. Ctrl-C ends the waiting only.')
    .argument('<job>', 'Its name.')
  addServerOptions(start).action((job, values) =>
    run(async (context) => (await load()).runJob({ job, ...values }, context)),
  )
}
