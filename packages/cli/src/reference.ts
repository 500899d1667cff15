import type { Command } from 'commander'
import { exitCodes } from './context.ts'
import { createProgram } from './program.ts'
import { fileKeyOf, optionName, transferOptions } from './transfer-options.ts'

/** The reference page of the command, made from its own definition. */
export function commandReference(): string {
  const program = createProgram(async () => {}, '')
  return `${[
    '# The millrace command',
    'Generated from the command itself; `millrace COMMAND --help` shows the same.',
    ...program.commands.flatMap(leavesOf).map(commandSection),
    exitCodeSection,
    serverJsonSection,
    eventSection,
    fileSection(),
  ].join('\n\n')}\n`
}

function leavesOf(command: Command): readonly Command[] {
  return command.commands.length > 0 ? command.commands.flatMap(leavesOf) : [command]
}

function commandSection(command: Command): string {
  const help = command.createHelp()
  const parts = [
    `## ${help.commandUsage(command).replace(' [options]', '')}`,
    command.description().replaceAll('<', '\\<'),
  ]
  const args = command.registeredArguments
  if (args.length > 0) {
    parts.push(args.map((argument) => `- \`${argument.name()}\`: ${argument.description}`).join('\n'))
  }
  const groups = Map.groupBy(help.visibleOptions(command), (option) => option.helpGroupHeading ?? 'Options:')
  for (const [heading, options] of groups) {
    const rows = options.map((option) => {
      const choices = option.argChoices
        ? ` One of ${option.argChoices.map((choice) => `\`${choice}\``).join(', ')}.`
        : ''
      return `| \`${option.flags.replaceAll('|', '\\|')}\` | ${cell(option.description + choices)} |`
    })
    parts.push(`**${heading.replace(/:$/, '')}**\n\n| option | meaning |\n|---|---|\n${rows.join('\n')}`)
  }
  return parts.join('\n\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('*', '\\*').replaceAll('<', '\\<')
}

const exitCodeSection = `## Exit codes

| code | meaning |
|---|---|
| ${exitCodes.done} | Done; for \`verify\`, everything is equal. |
| ${exitCodes.fatal} | Something that needs a look at the system, such as a full disk, or a fault of Millrace. |
| ${exitCodes.usage} | The command, a file or a setting has to be changed: an unknown option, a missing table, a wrong password, a plan with conflicts, a failed \`connectors test\`. |
| ${exitCodes.transient} | May pass when it is tried again: a lost connection, a busy server. |
| ${exitCodes.data} | The data does not fit: a value the destination cannot hold, a duplicate key. |
| ${exitCodes.different} | A verification found a difference. \`copy\` published nothing then. |
| ${exitCodes.interrupted}, ${exitCodes.terminated} | Stopped by Ctrl-C, or by SIGTERM. |

Errors go to standard error as one block: what happened, the next step, and a stable code in brackets. Passwords are masked
in everything that is printed. \`MILLRACE_DEBUG=1\` adds stack traces.`

const serverJsonSection = `## JSON of commands that speak to a server

\`--json\` prints one document on standard output, and nothing else there; fields may be added, and none goes or changes its meaning.

| command | document |
|---|---|
| \`list\` | a list of what the API answers, all pages of it; \`search\` and \`admin audit\` have one page, of \`--limit\` |
| \`show\`, \`create\`, \`set\`, \`copy\`, \`move\` | the object as the API answers it, at \`show\` with what belongs to it: \`permissions\`, \`members\`, \`used_by\` |
| \`delete\`, \`remove\` | \`removed\`, its name, and \`id\` where it has one |
| \`members set\` | \`id\`, \`username\`, \`role\`, and \`before\`, the former role of one who was a member |
| \`tokens revoke\` | \`revoked\`, the number or id |
| \`connections test\` | \`ok\`, \`message\`, \`duration_ms\`, perhaps \`server_version\` |
| \`login\`, \`whoami\` | \`url\` and \`user\` with \`id\`, \`name\`, \`email\`, \`is_admin\`; \`login\` has \`expires_at\` of its token |
| \`logout\` | \`url\`, and \`revoked\`, whether the server refuses the token now |

The objects are described in \`/api/spec.json\` of the server, and for people at \`/api/docs\`.`

const eventSection = `## Events of \`copy --json\`

One JSON object a line on standard output; \`type\` says which. New types and fields may be added. \`table\` names the source
relation (\`query\` for a query). Events of a file's transfer carry its name as \`transfer\`.

| type | fields |
|---|---|
| \`planned\` | \`tables\`: list of \`table\`, \`target\`, \`estimatedRows\`, \`estimatedBytes\` (null when unknown) |
| \`table-started\` | \`table\`, \`target\`, \`chunks\`, \`resumedChunks\`, \`resumedRows\`, \`estimatedRows\` |
| \`progress\` | \`table\`, \`rows\` and \`bytes\` since the table started in this process, \`chunksDone\`; at most ten a second and table |
| \`phase\` | \`table\`, \`phase\`: \`extract\`, \`verify\` or \`publish\` |
| \`warning\` | \`table\` or null, \`code\`, \`message\` |
| \`retry\` | \`attempt\`, \`delayMs\`, \`error\` (\`code\`, \`message\`) |
| \`table-finished\` | \`table\`, \`target\`, \`rows\`, \`bytes\`, \`durationMs\`, \`manifestPath\`, \`manifest\` |
| \`table-failed\` | \`table\`, \`target\`, \`resumable\`, \`error\` |
| \`done\` | last line of a success: \`tables\`, \`rows\`, \`bytes\`, \`durationMs\` |
| \`failed\` | last line of a failure: \`error\` (\`code\`, \`message\`, perhaps \`details\`), \`exitCode\`, \`resumable\`: tables that the same command resumes |`

function fileSection(): string {
  const rows = transferOptions
    .filter((option) => option.reach !== 'command-only')
    .map((option) => {
      const key = fileKeyOf(option)
      const note = option.kind === 'switch' ? `\`false\` for \`${optionName(option)}\`` : `as \`${optionName(option)}\``
      const form = { texts: ', a list', names: ', text or a list', flag: ', `true`' } as Readonly<
        Record<string, string>
      >
      return `| \`${key}\` | ${note}${form[option.kind] ?? ''} |`
    })
  return `## Keys of a file

\`millrace copy -f millrace.yaml\` reads a YAML file with three keys. \`packages/cli/millrace.schema.json\` is its JSON Schema.

- \`connections\`: names with a URI each, or a map of \`connector\` and its settings (\`millrace connectors show NAME\`).
- \`defaults\`: keys of the table below but \`tables\`, \`query\` and \`manifest\`; they apply where they have a meaning.
- \`transfers\`: a list of maps with \`from\`, \`to\`, perhaps \`name\`, and keys of the table below.

\`\${NAME}\` in a value stands for an environment variable, \`\${NAME:-default}\` for one with a default, \`$\${\` for a plain \`\${\`.

| key | meaning |
|---|---|
${rows.join('\n')}`
}
