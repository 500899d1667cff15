import { type Command, Option } from 'commander'

/** Whose something is. `own` says what it is without any of them. */
export function addPlaceOptions(command: Command, { own }: { readonly own?: string } = {}): Command {
  const group = own === undefined ? 'Whose, one of:' : `Whose, one of; without any, ${own}:`
  return command
    .addOption(
      new Option(
        '--project <project>',
        'Of a project: NAMESPACE/SLUG, SLUG in your own namespace, or its id.',
      ).helpGroup(group),
    )
    .addOption(
      new Option('--namespace <slug>', 'Of a group, or of a user: for tasks of all its projects.').helpGroup(group),
    )
    .addOption(new Option('--platform', 'Of the whole platform, which is for administrators.').helpGroup(group))
}
