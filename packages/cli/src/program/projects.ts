import { type Command, Option } from 'commander'
import type { Run } from './run.ts'
import { addServerOptions, severalTimes, yesOption } from './server-options.ts'

const place = 'NAMESPACE/SLUG, SLUG in your own namespace, or its id.'
const newPlace = 'NAMESPACE/SLUG, or SLUG for your own namespace.'

export function addProjects(program: Command, run: Run): void {
  const projects = program.command('projects').description('Projects: who may see and change what belongs together.')
  const load = () => import('../commands/projects.ts')
  const list = projects
    .command('list')
    .description('Lists projects that you may see, the last changed first.')
    .option('--namespace <slug>', 'Only those of this group or user.')
    .option('--mine', 'Only those that you are a member of yourself.')
  addServerOptions(list).action((values) => run(async (context) => (await load()).listProjects(values, context)))
  const show = projects
    .command('show')
    .description('Shows a project, its members, and what you may do there.')
    .argument('<project>', place)
  addServerOptions(show).action((project, values) =>
    run(async (context) => (await load()).showProject({ project, ...values }, context)),
  )
  const create = projects
    .command('create')
    .description('Makes a project, which you own then.')
    .argument('<project>', newPlace)
  addServerOptions(addValues(create)).action((project, values) =>
    run(async (context) => (await load()).createProject({ project, ...values }, context)),
  )
  const set = projects
    .command('set')
    .description('Changes what is given of a project. Somebody else who changes it meanwhile is not overwritten.')
    .argument('<project>', place)
    .option('--move-to <project>', `Renames it, or moves it to another namespace: ${newPlace}`)
  addServerOptions(addValues(set).option('--no-template', 'Makes it a template no longer.')).action((project, values) =>
    run(async (context) => (await load()).setProject({ project, ...values }, context)),
  )
  const copy = projects
    .command('copy')
    .description(
      'Makes a project from another one, with its repositories, launchers, slots and links of data connectors.',
    )
    .argument('<project>', place)
    .argument('<to>', newPlace)
    .option('--name <text>', 'Its name. Default: that of the other one.')
    .addOption(visibility())
  addServerOptions(copy).action((project, to, values) =>
    run(async (context) => (await load()).copyProject({ project, to, ...values }, context)),
  )
  const remove = projects
    .command('delete')
    .description('Removes a project with everything in it.')
    .argument('<project>', place)
    .addOption(yesOption())
  addServerOptions(remove).action((project, values) =>
    run(async (context) => (await load()).deleteProject({ project, ...values }, context)),
  )
}

function addValues(command: Command): Command {
  return command
    .option('--name <text>', 'Its name for people.')
    .option('--description <text>', 'What it is for.')
    .addOption(visibility())
    .addOption(severalTimes('--keyword <word>', 'A keyword; they replace former ones, an empty one takes all away.'))
    .addOption(severalTimes('--repository <url>', 'A git repository; they replace former ones.'))
    .option('--documentation <file>', 'A file with its documentation, Markdown.')
    .option('--template', 'Makes it a template, which others are made from.')
}

function visibility(): Option {
  return new Option('--visibility <who>', 'Who sees it: members only, or everybody. Default: private.').choices([
    'private',
    'public',
  ])
}
