import type { Command } from 'commander'
import type { Run } from './run.ts'
import { addServerOptions } from './server-options.ts'

const address = 'Address of the server. Default: MILLRACE_URL, else the one that you signed in to last.'

export function addLogin(program: Command, run: Run): void {
  const load = () => import('../commands/login.ts')
  program
    .command('login')
    .summary('Signs in to a server.')
    .description(
      'Signs in to a server: shows a code, which you confirm in a browser where you are signed in. The server then gives a token that acts for you, ' +
        'is good for 90 days, and is kept in millrace/credentials.json of your settings folder (XDG_CONFIG_HOME, else ~/.config), for you alone to read. ' +
        'Commands speak to this server from now on where neither --url, nor MILLRACE_URL, nor a "millrace dev" says another.',
    )
    .argument('[url]', address)
    .option('--admin', 'Asks for what administrators may do, too.')
    .option('--name <name>', 'What the token is named after. Default: the name of this machine.')
    .option('--no-browser', 'Opens no browser, and prints the address only.')
    .option('--with-token', 'Reads a token from standard input, or asks for one, instead.')
    .option('--json', 'Prints JSON.')
    .action((url, values) => run(async (context) => (await load()).login({ url, ...values }, context)))
  program
    .command('logout')
    .summary('Signs out of a server.')
    .description(
      'Signs out of a server: revokes the token that the login made, and forgets it. A token that was given is forgotten only.',
    )
    .argument('[url]', address)
    .option('--forget', 'Forgets the token without asking the server, which goes on taking it.')
    .option('--json', 'Prints JSON.')
    .action((url, values) => run(async (context) => (await load()).logout({ url, ...values }, context)))
  const whoami = program.command('whoami').description('Says who the server takes you for, and by which token.')
  addServerOptions(whoami).action((values) =>
    run(async (context) => {
      const { whoami } = await import('../commands/whoami.ts')
      return whoami(values, context)
    }),
  )
}
