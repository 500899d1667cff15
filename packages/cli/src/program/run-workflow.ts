import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Run } from './run.ts'

export function addRunWorkflow(program: Command, run: Run): void {
  const command = program
    .command('run')
    .summary('Runs a workflow here, all in one process.')
    .description(
      'Runs a workflow in this process and shows its graph while it runs. Connections and secrets come from the millrace.yaml of its project, ' +
        'MILLRACE_CONNECTION_<NAME> and MILLRACE_SECRET_<NAME>. Nothing else has to be there: no server, no database. ' +
        'Ends with 0 when all tasks succeeded; when some failed, with the code of their kind of failure, or 1.',
    )
    .argument(
      '[workflow]',
      'A module that exports a workflow, the folder of a package, or the name of a workflow of the package around the working directory.',
      '.',
    )
    .option('--workflow <name>', 'Which one, where there are several.')
  addParams(command)
    .option(
      '--date <date>',
      'The moment the run stands for, such as 2026-01-31 or 2026-01-31T06:00, in the time zone of the schedule. Default: now.',
    )
    .addOption(
      new Option(
        '--only <node>',
        'Runs only this task or group, with the outputs of others, parameters and date of the last run here; may be given several times.',
      ).argParser(collect),
    )
    .addOption(
      new Option('--concurrency <n>', 'Tasks at a time. Default: one for each core, at least 4.').argParser((text) => {
        if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1 on.')
        return Number(text)
      }),
    )
    .option('--logs', 'Shows every line of the logs, on a terminal too, and those for debugging.')
    .option('--json', 'Prints events as JSON, one a line, on standard output.')
    .action((target: string, values) =>
      run(async (context) => {
        const { runLocally } = await import('../commands/run-workflow.ts')
        return runLocally({ target, ...values }, context)
      }),
    )
}

/** Parameters of a run, as `readParams` takes them. */
export function addParams(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--param <name=value>',
        'A parameter, with the type that the workflow gives it; lists and objects are JSON. May be given several times.',
      ).argParser(collect),
    )
    .option('--params-file <path>', 'A JSON file with parameters; --param comes before it.')
}

function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}
