import type { Command } from 'commander'
import type { Run } from './run.ts'

export function addTask(program: Command, run: Run): void {
  const task = program
    .command('task')
    .summary('Runs single tasks for other engines.')
    .description('Commands that other engines and containers call for single tasks. People use millrace run.')
  addInstall(task, run)
  addRun(task, run)
  addReportFailure(task, run)
}

function addInstall(task: Command, run: Run): void {
  task
    .command('install')
    .summary('Installs the package of a workflow.')
    .description(
      'Installs the package that millrace build made, if its content has the given hash, into a folder of its own. Packages of Millrace are those of this command; others are installed by npm.',
    )
    .requiredOption('--package <path>', 'Path or http(s) address of the zip.')
    .requiredOption('--sha256 <hash>', 'Of the zip, as the manifest has it.')
    .requiredOption('--into <folder>', 'A folder that does not exist yet.')
    .action((values) =>
      run(async (context) => {
        const { taskInstall } = await import('../commands/task-install.ts')
        return taskInstall(values, context)
      }),
    )
}

function addRun(task: Command, run: Run): void {
  task
    .command('run')
    .summary('Runs one attempt of one task.')
    .description(
      'Runs one attempt of one task in this process. MILLRACE_TASK_SPEC describes it, as JSON or by the path of a file; Airflow describes it in parts. ' +
        'The log goes to standard output, and the output is its last line. Ends with 0 when the task succeeded, 1 when it failed, 99 when it was skipped, ' +
        '75 when it is to be run again later, and with the code of the task when the task ends the process. On SIGTERM the task is told to stop.',
    )
    .option('--workflow <name>', 'Refuses to run a task of another workflow.')
    .option('--version <version>', 'Refuses another version of it.')
    .option('--node <id>', 'Refuses another node.')
    .option('--package-folder <folder>', 'Where the package of the workflow is installed.')
    .option('--result <path>', 'Writes the output to a file instead of printing it.')
    .action((values) =>
      run(async (context) => {
        const { taskRun } = await import('../commands/task-run.ts')
        return taskRun(values, context)
      }),
    )
}

function addReportFailure(task: Command, run: Run): void {
  task
    .command('report-failure')
    .summary('Tells the failure bus of a failed task.')
    .description(
      'Publishes the failure of a task to RabbitMQ, when MESH_CONFIG or the ISB_ variables configure it. Ends with 0 in any case; what goes wrong is printed.',
    )
    .requiredOption('--workflow <name>', 'Name of the workflow.')
    .requiredOption('--version <version>', 'Its version.')
    .requiredOption('--task <id>', 'Id of the task.')
    .option('--run-id <id>', "The engine's id of the run.")
    .option('--log-url <url>', 'Where the log is read.')
    .action((values) =>
      run(async (context) => {
        const { taskReportFailure } = await import('../commands/task-report-failure.ts')
        return taskReportFailure(values, context)
      }),
    )
}
