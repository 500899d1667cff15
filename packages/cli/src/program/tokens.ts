import { type Command, InvalidArgumentError } from 'commander'
import type { Run } from './run.ts'
import { addServerOptions, severalTimes, yesOption } from './server-options.ts'

export function addTokens(program: Command, run: Run): void {
  const tokens = program
    .command('tokens')
    .description('Makes and revokes tokens: of workers, and your own for programs that act for you.')
  const load = () => import('../commands/tokens.ts')
  const create = tokens
    .command('create')
    .description(
      'Makes a token for workers, or with --personal one that acts for you, and prints it. Only its hash is kept, so it is not shown again.',
    )
    .argument('<name>', 'What it is for, such as the name of a machine.')
    .option('--personal', 'Makes one that acts for you.')
    .addOption(
      severalTimes(
        '--scope <scope>',
        'With --personal, what it is good for: read, write, admin. Default: read and write.',
        scope,
      ),
    )
    .addOption(severalTimes('--queue <name>', 'Only for workers of this queue.'))
    .option('--expires <date>', 'When it ends, such as 2027-01-31. Default: never; with --personal after 90 days.')
  addServerOptions(create).action((name, values) =>
    run(async (context) => (await load()).createToken({ name, ...values }, context)),
  )
  const list = tokens
    .command('list')
    .description('Lists tokens of workers, or with --personal your own, the latest first.')
    .option('--personal', 'Lists your own.')
  addServerOptions(list).action((values) => run(async (context) => (await load()).listTokens(values, context)))
  const revoke = tokens
    .command('revoke')
    .description('Revokes a token: workers and programs that use it are refused from now on.')
    .argument('<token>', 'Its number, or the id of your own, which "millrace tokens list" shows.', tokenId)
    .addOption(yesOption())
  addServerOptions(revoke).action((id, values) =>
    run(async (context) => (await load()).revokeToken({ id, ...values }, context)),
  )
}

function scope(text: string): string {
  if (['read', 'write', 'admin'].includes(text)) return text
  throw new InvalidArgumentError('It must be read, write or admin.')
}

function tokenId(text: string): string {
  if (/^(\d{1,15}|[0-7][0-9A-HJKMNP-TV-Z]{25})$/.test(text)) return text
  throw new InvalidArgumentError('It must be the number or the id of a token.')
}
