import { type Command, Option } from 'commander'
import type { Run } from './run.ts'
import { addServerOptions, wholeNumber, yesOption } from './server-options.ts'

/** What administrators of the platform do. */
export function addAdmin(program: Command, run: Run): void {
  const admin = program
    .command('admin')
    .description(
      'What administrators of the platform do. A login needs "millrace login --admin" for it. Jobs are in "millrace jobs".',
    )
  addUsers(admin, run)
  addPlatform(admin, run)
  addResourcePools(admin, run)
  addRedirects(admin, run)
  addAudit(admin, run)
}

function addUsers(admin: Command, run: Run): void {
  const users = admin.command('users').description('Users of the platform. Who they are, the issuer says.')
  const load = () => import('../commands/admin/users.ts')
  const who = 'E-mail address, @USERNAME, or id.'
  addServerOptions(users.command('list').description('Lists all users.')).action((values) =>
    run(async (context) => (await load()).listUsers(values, context)),
  )
  addServerOptions(users.command('show').description('Shows a user.').argument('<user>', who)).action((user, values) =>
    run(async (context) => (await load()).showUser({ who: user, ...values }, context)),
  )
  const remove = users
    .command('delete')
    .description('Removes a user with everything in the own namespace.')
    .argument('<user>', who)
    .addOption(yesOption())
  addServerOptions(remove).action((user, values) =>
    run(async (context) => (await load()).deleteUser({ who: user, ...values }, context)),
  )
}

function addPlatform(admin: Command, run: Run): void {
  const load = () => import('../commands/admin/platform.ts')
  const config = admin.command('config').description('Who may make projects and groups.')
  addServerOptions(config.command('show').description('Shows what is configured for the platform.')).action((values) =>
    run(async (context) => (await load()).showConfig(values, context)),
  )
  const set = config
    .command('set')
    .description('Changes what is given.')
    .addOption(new Option('--create-projects <who>', 'Who may make projects.').choices(['admins', 'everybody']))
    .addOption(new Option('--create-groups <who>', 'Who may make groups.').choices(['admins', 'everybody']))
  addServerOptions(set).action((values) => run(async (context) => (await load()).setConfig(values, context)))

  const banner = admin.command('banner').description('What everybody is told while something is wrong.')
  addServerOptions(banner.command('show').description('Shows the banner.')).action((values) =>
    run(async (context) => (await load()).showBanner(values, context)),
  )
  addServerOptions(
    banner
      .command('set')
      .description('Shows this to everybody.')
      .argument('<text>', 'The message; HTML of a few kinds.'),
  ).action((text, values) => run(async (context) => (await load()).setBanner({ text, ...values }, context)))
  addServerOptions(banner.command('clear').description('Takes the banner away.')).action((values) =>
    run(async (context) => (await load()).setBanner({ text: '', ...values }, context)),
  )
}

function addResourcePools(admin: Command, run: Run): void {
  const pools = admin
    .command('resource-pools')
    .description('Machines for sessions, in classes of sizes. For limits of tasks see "millrace pools".')
  const load = () => import('../commands/admin/resource-pools.ts')
  const one = (name: string, description: string) =>
    pools.command(name).description(description).argument('<pool>', 'Its name or number.')
  addServerOptions(pools.command('list').description('Lists resource pools.')).action((values) =>
    run(async (context) => (await load()).listResourcePools(values, context)),
  )
  addServerOptions(one('show', 'Shows a resource pool with its classes and members.')).action((pool, values) =>
    run(async (context) => (await load()).showResourcePool({ pool, ...values }, context)),
  )
  const create = pools
    .command('create')
    .description('Makes a resource pool.')
    .argument('<file>', 'YAML or JSON with name, public, default, quota and classes.')
  addServerOptions(create).action((file, values) =>
    run(async (context) => (await load()).createResourcePool({ file, ...values }, context)),
  )
  const set = one('set', 'Changes what is given of a resource pool.')
    .option('--name <text>', 'Its name.')
    .option('--public', 'Lets everybody use it.')
    .option('--no-public', 'Lets members use it only.')
    .option('--default', 'Makes it the one that is used when none is named.')
    .option('--no-default', 'Makes it that no longer.')
    .option('--from-file <file>', 'YAML or JSON with what changes, classes by their numbers.')
  addServerOptions(set).action((pool, values) =>
    run(async (context) => (await load()).setResourcePool({ pool, ...values }, context)),
  )
  for (const [name, allowed, description] of [
    ['allow', true, 'Lets a user, a group or a project use a resource pool.'],
    ['disallow', false, 'Takes that away again.'],
  ] as const) {
    const command = one(name, description).argument(
      '<who>',
      'E-mail address or @USERNAME, slug of a group, or NAMESPACE/SLUG of a project.',
    )
    addServerOptions(command).action((pool, who, values) =>
      run(async (context) => (await load()).allowResourcePool({ pool, who, allowed, ...values }, context)),
    )
  }
  addServerOptions(one('delete', 'Removes a resource pool with its classes.').addOption(yesOption())).action(
    (pool, values) => run(async (context) => (await load()).deleteResourcePool({ pool, ...values }, context)),
  )
}

function addRedirects(admin: Command, run: Run): void {
  const redirects = admin.command('redirects').description('Former addresses, and where they lead.')
  const load = () => import('../commands/admin/redirects.ts')
  const source = 'The former address: its path, such as /projects/flights/delays.'
  addServerOptions(redirects.command('list').description('Lists redirects.')).action((values) =>
    run(async (context) => (await load()).listRedirects(values, context)),
  )
  const set = redirects
    .command('set')
    .description('Makes a redirect, or has one lead elsewhere.')
    .argument('<from>', source)
    .argument('<to>', 'NAMESPACE/SLUG of a project, or an address that begins with https://.')
  addServerOptions(set).action((from, target, values) =>
    run(async (context) => (await load()).setRedirect({ source: from, target, ...values }, context)),
  )
  const remove = redirects.command('delete').description('Removes a redirect.').argument('<from>', source)
  addServerOptions(remove.addOption(yesOption())).action((from, values) =>
    run(async (context) => (await load()).deleteRedirect({ source: from, ...values }, context)),
  )
}

function addAudit(admin: Command, run: Run): void {
  const list = admin
    .command('audit')
    .description(
      'Lists changes of what people configure, the newest first. Owners may see those of their projects and groups.',
    )
    .option('--project <project>', 'Of a project and what belongs to it: NAMESPACE/SLUG, or its id.')
    .option('--group <slug>', 'Of a group and what belongs to it.')
    .option('--entity <kind>', 'Of things of this kind, such as project or connection.')
    .option('--id <id>', 'Of the thing with this id.')
    .option('--actor <id>', 'By the user with this id, or a part of the platform such as job:retention.')
    .option('--from <time>', 'Not before, such as 2027-01-31 or 2027-01-31T12:00.')
    .option('--to <time>', 'Before this time.')
    .addOption(new Option('--limit <number>', 'How many at most.').default(20).argParser(wholeNumber({ maximum: 100 })))
  addServerOptions(list).action((values) =>
    run(async (context) => {
      const { listAudit } = await import('../commands/admin/audit.ts')
      return listAudit(values, context)
    }),
  )
}
