import type { Command } from 'commander'
import type { Run } from './run.ts'
import { addServerOptions, severalTimes, wholeNumber, yesOption } from './server-options.ts'

export function addTokens(program: Command, run: Run): void {
  const tokens = program.command('tokens').description('Makes and revokes tokens of workers.')
  const load = () => import('../commands/tokens.ts')
  const create = tokens
    .command('create')
    .description('Makes a token for workers and prints it. Only its hash is kept, so it is not shown again.')
    .argument('<name>', 'What it is for, such as the name of a machine.')
    .addOption(severalTimes('--queue <name>', 'Only for workers of this queue.'))
    .option('--expires <date>', 'When it ends, such as 2027-01-31. Default: never.')
  addServerOptions(create).action((name, values) =>
    run(async (context) => (await load()).createToken({ name, ...values }, context)),
  )
  const list = tokens.command('list').description('Lists tokens of workers, the latest first.')
  addServerOptions(list).action((values) => run(async (context) => (await load()).listTokens(values, context)))
  const revoke = tokens
    .command('revoke')
    .description('Revokes a token: workers that use it are refused from now on.')
    .argument('<token>', 'Its number, which "millrace tokens list" shows.', wholeNumber())
    .addOption(yesOption())
  addServerOptions(revoke).action((id, values) =>
    run(async (context) => (await load()).revokeToken({ id, ...values }, context)),
  )
}
