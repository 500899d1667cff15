import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError, DataError, FatalError, InterruptedError, readGuideSettings, startTelemetry } from '@millrace/core'
import { createOperator } from '@millrace/operators'
import {
  type AnyTask,
  type AttemptSpec,
  type Json,
  loadWorkflow,
  type Outcome,
  type RunTaskOptions,
  runTask,
  StopTask,
  type TaskHost,
} from '@millrace/workflow'
import { taskExitCodes } from '@millrace/workflow/build'
import { type Context, exitCodes } from '../context.ts'
import { standaloneHost } from './standalone-host.ts'
import { readAssignment, type TaskAssignment } from './task-assignment.ts'

export interface TaskRunRequest {
  readonly workflow?: string
  readonly version?: string
  readonly node?: string
  readonly packageFolder?: string
  /** File for the output, or for what a deferral leaves. Default: the last line of standard output. */
  readonly result?: string
}

/** Runs one attempt of one task in this process. */
export async function taskRun(request: TaskRunRequest, context: Context): Promise<number> {
  const assignment = await readAssignment()
  if (assignment === null) throw nothingToRun()
  checkSame(request, assignment.spec)
  const { spec } = assignment
  const engine = process.env.MILLRACE_TASK_NODE ? 'Airflow' : 'another engine'
  const host = standaloneHost({ outputs: assignment.outputs, engine }, context)
  const telemetry = await startTelemetry(readGuideSettings())
  try {
    const loaded = await loadTask(spec, request.packageFolder)
    using _exit = tellOfEarlyExit(spec, context)
    const outcome = await attempt(loaded, assignment, host, context.signal)
    return await finish(outcome, assignment, host, request, context)
  } finally {
    await telemetry.shutdown()
  }
}

/** Runs the task; where nobody could start it again after a deferral, also those that follow. */
async function attempt(
  { task, index }: LoadedTask,
  { spec, resumable }: TaskAssignment,
  host: TaskHost,
  signal: AbortSignal,
): Promise<Outcome> {
  let { state } = spec
  while (true) {
    const outcome = await runTask(await task(), { ...spec, state }, host, {
      signal: stopSignal(signal),
      ...(index && { index }),
    })
    if (outcome.kind !== 'defer' || resumable) return outcome
    say(host, 'info', `${outcome.reason} Looking again in ${outcome.seconds} s.`)
    await sleep(outcome.seconds * 1000, undefined, { signal })
    state = outcome.state ?? null
  }
}

interface LoadedTask {
  /** A new one for every attempt. */
  readonly task: () => AnyTask | Promise<AnyTask>
  /** Of a workflow's task. */
  readonly index: RunTaskOptions['index']
}

async function loadTask({ node, source }: AttemptSpec, given: string | undefined): Promise<LoadedTask> {
  const { operator } = node
  const folder = given === undefined ? undefined : resolve(given)
  if (operator !== null) {
    if (folder !== undefined && existsSync(folder)) process.chdir(folder)
    return { task: () => createOperator(operator.name, operator.config), index: undefined }
  }
  if (source === null) {
    throw new FatalError('TASK_SOURCE_MISSING', {
      message: `The task ${node.id} is a class, but its workflow has no package. Build the workflow again.`,
    })
  }
  if (folder === undefined) {
    throw new ConfigError('PACKAGE_FOLDER_REQUIRED', {
      message: `The task ${node.id} is code of a package. Name the folder it is installed in with --package-folder.`,
    })
  }
  const workflow = await loadWorkflow({ folder, ...source })
  // As it is on the machine where the workflow was written: its millrace.yaml is there.
  process.chdir(folder)
  return { task: () => workflow.createTask(node.id), index: workflow.graph }
}

async function finish(
  outcome: Outcome,
  { spec, largestOutputBytes }: TaskAssignment,
  host: TaskHost,
  { result }: TaskRunRequest,
  context: Context,
): Promise<number> {
  const hand = async (value: Json) => {
    const text = JSON.stringify(value)
    const bytes = Buffer.byteLength(text)
    if (largestOutputBytes !== null && bytes > largestOutputBytes) throw tooLarge(spec, bytes, largestOutputBytes)
    if (result === undefined) context.out(`${text}\n`)
    else await writeFile(result, text)
  }
  switch (outcome.kind) {
    case 'success':
      // Items are told apart by their index: those that were skipped leave nothing behind.
      await hand(spec.mapIndex === null ? outcome.output : { index: spec.mapIndex, output: outcome.output })
      return exitCodes.done
    case 'skip':
      say(host, 'info', `Skipped: ${outcome.reason}`)
      return taskExitCodes.skipped
    case 'defer':
      say(host, 'info', `${outcome.reason} To be run again in ${outcome.seconds} s.`)
      await hand({ seconds: outcome.seconds, state: outcome.state ?? null })
      return taskExitCodes.deferred
    case 'failure': {
      const { code, message, stack, reason } = outcome.failure
      say(host, 'error', `${message} [${code}]`)
      if (stack !== undefined && reason === 'error') context.err(`${context.secrets.mask(stack)}\n`)
      if (context.signal.aborted) throw context.signal.reason
      return exitCodes.fatal
    }
  }
}

function say(host: TaskHost, level: 'info' | 'error', text: string): void {
  host.log({ at: Date.now(), level, source: 'engine', text })
}

/** The task's own signal, which says why. */
function stopSignal(signal: AbortSignal): AbortSignal {
  const stop = new AbortController()
  const abort = () => {
    const by = signal.reason instanceof InterruptedError ? signal.reason.signal : 'a signal'
    stop.abort(new StopTask('cancelled', `The task was stopped by ${by}.`))
  }
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  return stop.signal
}

/** A task that ends its process keeps its exit code; that it was the task should be said. */
function tellOfEarlyExit({ node }: AttemptSpec, { err }: Context): Disposable {
  const tell = (code: number) => {
    const what =
      code === 0 || code === 13
        ? 'ended its process, or waits for something that will never come,'
        : `ended its process with exit code ${code}`
    err(`The task ${node.id} ${what} before it was done.\n`)
  }
  process.once('exit', tell)
  return {
    [Symbol.dispose]() {
      process.off('exit', tell)
    },
  }
}

function checkSame({ workflow, version, node }: TaskRunRequest, { run, node: placed }: AttemptSpec): void {
  const asked = { workflow, version, node }
  const given = { workflow: run.workflow, version: run.version, node: placed.id }
  for (const [key, value] of Object.entries(asked)) {
    const other = given[key as keyof typeof given]
    if (value === undefined || value === other) continue
    throw new ConfigError('TASK_MISMATCH', {
      message: `The command asks for ${key} "${value}", and the environment describes "${other}". Leave one of them out.`,
    })
  }
}

function nothingToRun(): ConfigError {
  return new ConfigError('TASK_SPEC_MISSING', {
    message:
      'There is no task to run: MILLRACE_TASK_SPEC has to describe it, as JSON or by the path of a file. To run tasks by hand, use millrace run.',
  })
}

function tooLarge({ node }: AttemptSpec, bytes: number, largest: number): DataError {
  return new DataError('OUTPUT_TOO_LARGE', {
    message: `The output of task "${node.id}" takes ${bytes.toLocaleString('en')} bytes; under this engine at most ${largest.toLocaleString('en')} are handed on. Write it to a file or a table, and return its name.`,
    details: { node: node.id, bytes },
  })
}
