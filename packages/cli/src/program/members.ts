import type { Command } from 'commander'
import type { Run } from './run.ts'
import { addServerOptions, yesOption } from './server-options.ts'

export function addMembers(program: Command, run: Run): void {
  const members = program.command('members').description('Members of groups and projects.')
  const load = () => import('../commands/members.ts')
  const place = 'NAMESPACE/SLUG of a project, or the slug of a group.'
  const who = 'E-mail address, @USERNAME, or id.'
  const list = members.command('list').description('Lists members with their roles.').argument('<place>', place)
  addServerOptions(list).action((where, values) =>
    run(async (context) => (await load()).listMembers({ place: where, ...values }, context)),
  )
  const set = members
    .command('set')
    .description('Adds a member, or gives one another role.')
    .argument('<place>', place)
    .argument('<who>', who)
  set.addArgument(set.createArgument('<role>', 'What the member may do.').choices(['viewer', 'editor', 'owner']))
  addServerOptions(set).action((where, person, role, values) =>
    run(async (context) => (await load()).setMember({ place: where, who: person, role, ...values }, context)),
  )
  const remove = members
    .command('remove')
    .description('Takes a member out. The last owner stays.')
    .argument('<place>', place)
    .argument('<who>', who)
    .addOption(yesOption())
  addServerOptions(remove).action((where, person, values) =>
    run(async (context) => (await load()).removeMember({ place: where, who: person, ...values }, context)),
  )
}
