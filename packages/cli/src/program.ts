import { Command, InvalidArgumentError, Option } from 'commander'
import { parseAmount, parseNames, parseSize } from './parse-values.ts'
import { addBuild } from './program/build.ts'
import { addConnectors } from './program/connectors.ts'
import { addConsole } from './program/console.ts'
import { addDatasets } from './program/datasets.ts'
import { addInit } from './program/init.ts'
import { addNotify } from './program/notify.ts'
import type { Run } from './program/run.ts'
import { addRunWorkflow } from './program/run-workflow.ts'
import { addServing } from './program/serve.ts'
import { addServerCommands } from './program/server-commands.ts'
import { addStream } from './program/stream.ts'
import { addTask } from './program/task.ts'
import { addTinybird } from './program/tinybird.ts'
import { type TransferChoices, type TransferOption, transferOptions } from './transfer-options.ts'

/** The commands and their options. Nothing but the option parser is loaded for it, so that `--help` is quick. */
export function createProgram(run: Run, version: string): Command {
  const program = new Command('millrace')
    .description(
      'Runs workflows that survive anything, and moves tables between databases, files, clouds and streams with proof.',
    )
    .version(version, '-V, --version', 'Prints the version.')
    .helpOption('-h, --help', 'Shows help.')
    .helpCommand('help [command]', 'Shows help for a command.')
    .showHelpAfterError(false)
    // After the name of a command, --version may be an option of it.
    .enablePositionalOptions()
  addInit(program, run)
  addRunWorkflow(program, run)
  addServing(program, run)
  addConsole(program, run)
  addServerCommands(program, run)
  addCopy(program, run)
  addPlan(program, run)
  addVerify(program, run)
  addStream(program, run)
  addTinybird(program, run)
  addNotify(program, run)
  addConnectors(program, run)
  addDatasets(program, run)
  addBuild(program, run)
  addTask(program, run)
  program.addHelpText('after', () => overview(program))
  return program
}

/** What stands below the commands that are groups, and where to begin. */
function overview(program: Command): string {
  const leaves = (command: Command, path: string): string[] =>
    command.commands.length === 0
      ? [`  ${path.padEnd(29)} ${firstSentence(command.summary() || command.description())}`]
      : command.commands.flatMap((below) => leaves(below, `${path} ${below.name()}`))
  const groups = program.commands.filter(({ commands }) => commands.length > 0)
  return [
    ...[
      '',
      `Below ${groups.map((group) => group.name()).join(', ')}:`,
      ...groups.flatMap((group) => leaves(group, group.name())),
    ],
    ...['', 'Examples:'],
    '  millrace init shop && cd shop && npm install && npx millrace run hello',
    '  millrace copy postgres://localhost/shop duckdb:lake.duckdb --table orders --verify content',
    "  millrace stream 'redis://localhost?stream=orders' postgres://localhost/shop --into orders",
    '',
    'Options of a command: millrace copy --help. Settings of a system: millrace connectors show postgres.',
  ].join('\n')
}

function firstSentence(text: string): string {
  return text.replace(/[.;] .*$/s, '.')
}

const ends =
  'A source or destination is a URI (postgres://host/db, mysql://host/db, duckdb:file, sqlite:file), a path, - for standard input or output, ' +
  'a connection of millrace.yaml or of MILLRACE_CONNECTION_<NAME>, or the name of a connector that is configured by its own environment variables.'

function addCopy(program: Command, run: Run): void {
  const command = program
    .command('copy')
    .summary('Copies tables from one system to another.')
    .description(
      `Copies tables from one system to another. Nothing is visible at the destination before all of it is there and verified; the same command after an interruption resumes.\n\n${ends}`,
    )
  addTransferArguments(command)
  command.option('--json', 'Prints events as JSON, one a line, on standard output.')
  command.action((from: string | undefined, to: string | undefined, values: Values) =>
    run(async (context) => {
      const { copy } = await import('./commands/copy.ts')
      return copy({ ...transferArguments(from, to, values), json: values.json === true }, context)
    }),
  )
}

function addPlan(program: Command, run: Run): void {
  const command = program
    .command('plan')
    .summary('Shows what a copy would do.')
    .description(
      `Shows what a copy with the same arguments would do: types, changes and conflicts at the destination, values that may not survive, size. Reads catalogues only.\n\n${ends}`,
    )
  addTransferArguments(command)
  command.option('--json', 'Prints the plan as JSON.')
  command.action((from: string | undefined, to: string | undefined, values: Values) =>
    run(async (context) => {
      const { plan } = await import('./commands/plan.ts')
      return plan({ ...transferArguments(from, to, values), json: values.json === true }, context)
    }),
  )
}

function addVerify(program: Command, run: Run): void {
  program
    .command('verify')
    .summary('Compares manifests of earlier copies with what is there now.')
    .description(
      'Compares manifests of earlier copies with what is there now, by count or content hash, as each copy was proven. Ends with code 5 when something differs.',
    )
    .argument('<manifests...>', 'Manifests, as copies print them.')
    .option('--source', 'Looks at the source, too.')
    .option('--from <uri>', 'The source, instead of the address in the manifest, which has no password.')
    .option('--to <uri>', 'The destination, instead of the address in the manifest.')
    .option(
      '-f, --file <path>',
      'A file whose connections the manifests name. Default: millrace.yaml, if there is one.',
    )
    .option('--json', 'Prints results as JSON, one a line.')
    .action((manifests: string[], values: { source?: true; from?: string; to?: string; file?: string; json?: true }) =>
      run(async (context) => {
        const { verify } = await import('./commands/verify.ts')
        const { source = false, json = false, ...rest } = values
        return verify({ manifests, source, json, ...rest }, context)
      }),
    )
}

type Values = Readonly<Record<string, unknown>>

function addTransferArguments(command: Command): void {
  command
    .argument('[from]', 'Where rows come from.')
    .argument('[to]', 'Where they go.')
    .option('-f, --file <path>', 'Carries out the transfers of a file instead.')
    .addOption(
      new Option('--only <name>', 'With -f: only the transfer of this name; may be given several times.').argParser(
        collect,
      ),
    )
  for (const option of transferOptions) command.addOption(commandOption(option))
}

function commandOption(option: TransferOption): Option {
  const made = new Option(flags(option), option.help).helpGroup(`${option.group}:`)
  switch (option.kind) {
    case 'choice':
      return made.choices(option.choices)
    case 'texts':
      return made.argParser(collect)
    case 'names':
      return made.argParser((text, before: string[] = []) => [
        ...before,
        ...valid(parseNames(text), 'names, such as a,b'),
      ])
    case 'integer':
      return made.argParser((text) => {
        const { minimum, maximum = Number.MAX_SAFE_INTEGER } = option
        const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
        const range = option.maximum === undefined ? `at least ${minimum}` : `from ${minimum} to ${maximum}`
        return valid(value >= minimum && value <= maximum ? value : null, `a whole number ${range}`)
      })
    case 'amount':
      return made.argParser((text) => valid(parseAmount(text), 'a number, or a time such as 5m, 2h or 1d'))
    case 'size':
      return made.argParser((text) => valid(parseSize(text), 'a number of bytes, or a size such as 64MB'))
    default:
      return made
  }
}

function flags(option: TransferOption): string {
  switch (option.kind) {
    case 'flag':
      return `--${option.word}`
    case 'switch':
      return `--no-${option.word}`
    default:
      return `--${option.word} <${option.placeholder}>`
  }
}

function collect(text: string, before: string[] = []): string[] {
  return [...before, text]
}

function valid<T>(value: T | null, expected: string): T {
  if (value === null) throw new InvalidArgumentError(`It must be ${expected}.`)
  return value
}

function transferArguments(from: string | undefined, to: string | undefined, values: Values) {
  const choices: Record<string, unknown> = {}
  for (const option of transferOptions) {
    const value = values[camelCase(option.word)]
    // The option parser presets a switch to true.
    if (value !== undefined && !(option.kind === 'switch' && value === true)) choices[option.name] = value
  }
  const { file, only } = values as { file?: string; only?: string[] }
  return {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(file === undefined ? {} : { file }),
    ...(only === undefined ? {} : { only }),
    choices: choices as TransferChoices,
  }
}

function camelCase(word: string): string {
  return word.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
