import { rm } from 'node:fs/promises'
import { DataError } from '@millrace/core'
import type { AttemptSpec, TaskHost } from '../attempt.ts'
import type { TaskContext, TaskLog } from '../context.ts'
import type { Json } from '../json.ts'
import { toJson } from '../json-value.ts'
import type { NodeIndex } from '../node-ref.ts'
import type { Outcome } from '../outcome.ts'
import type { DeferTask } from '../signals.ts'
import { type AnyTask, type BranchTask, isBranch, isOperator, type Operator } from '../task.ts'
import { attemptContext } from './attempt-context.ts'
import { attemptLimits } from './attempt-limits.ts'
import { branchChoice } from './branch-choice.ts'
import { asPrinterOf } from './printed-lines.ts'
import { SecretValues } from './secret-values.ts'
import { taskFailure } from './task-failure.ts'
import { inPhaseSpan, inTaskSpan } from './task-span.ts'
import { renderConfig, templateValues } from './template-values.ts'

/** Bytes of the JSON text. */
const largestOutput = 16 * 1024 * 1024

export interface RunTaskOptions {
  /** Ends the attempt. A StopTask as its reason says why; any other counts as cancelled. */
  readonly signal: AbortSignal
  /** The workflow's graph, so that the task may name others by their classes whatever their ids are. */
  readonly index?: NodeIndex
  /** How long a task that was told to stop is waited for. Default 10,000. */
  readonly graceMs?: number
}

/**
 * Runs one attempt of a task in this process: `preRun`, `run` and `postRun`, each in a span, the last one only after a
 * success; then its dispose method and the removal of its scratch folder, in any case. Never throws: what goes wrong is
 * the outcome. Secrets that the task asked for are masked in its logs, failures and output.
 *
 * The timeouts from start to close and between heartbeats, and the signal, fire the task's own signal. A task that does
 * not end within the grace time after that is given up: the outcome says so, but its code may still be running, and only
 * whoever owns the process can end it.
 */
export async function runTask(
  task: AnyTask,
  spec: AttemptSpec,
  host: TaskHost,
  { signal, index, graceMs = 10_000 }: RunTaskOptions,
): Promise<Outcome> {
  const secrets = new SecretValues()
  using limits = attemptLimits(spec, signal)
  using grace = afterAbort(limits.signal, graceMs)
  const parts = { spec, host, signal: limits.signal, secrets, index, onHeartbeat: limits.beat }
  const attempt = () =>
    asPrinterOf(host, secrets, () => runAttempt(task, parts)).then(
      (outcome) => (limits.signal.aborted ? stopped(limits.signal, undefined, secrets) : outcome),
      (error: unknown) => outcomeOf(error, limits.signal, secrets),
    )
  const givenUp = grace.passed.then(() => {
    const text = `Task "${spec.node.id}" was told to stop and did not within ${graceMs / 1000} s. Its code may still be running.`
    host.log({ at: Date.now(), level: 'warn', source: 'engine', text })
    return stopped(limits.signal, undefined, secrets)
  })
  return await inTaskSpan(
    spec,
    () => Promise.race([attempt(), givenUp]),
    (outcome) => (outcome.kind === 'failure' ? outcome.failure.message : undefined),
  )
}

type Parts = Omit<Parameters<typeof attemptContext>[0], 'task' | 'values'>

async function runAttempt(given: AnyTask, parts: Parts): Promise<Outcome> {
  const { spec, secrets, signal, index } = parts
  signal.throwIfAborted()
  const values = templateValues(spec)
  const task = isOperator(given) ? filledIn(given, values) : given
  const { context, log, scratch } = attemptContext({ ...parts, task, values })
  try {
    const outcome = await disposing(task, log, () => phases(task, context, spec, index))
    return outcome.kind === 'success' ? { ...outcome, output: secrets.mask(outcome.output) } : outcome
  } finally {
    const folder = scratch()
    if (folder !== undefined) await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Disposes of the task after the work. An error of it counts only when the work has none, which explains more. */
async function disposing<T>(task: AnyTask, log: TaskLog, work: () => Promise<T>): Promise<T> {
  let result: T
  try {
    result = await work()
  } catch (error) {
    await dispose(task).catch((second: unknown) => {
      log.error(`The task could not be disposed of: ${second instanceof Error ? second.message : String(second)}`)
    })
    throw error
  }
  await dispose(task)
  return result
}

async function phases(
  task: AnyTask,
  context: TaskContext,
  spec: AttemptSpec,
  index: NodeIndex | undefined,
): Promise<Outcome> {
  const phase = async <T>(name: 'Pre Run' | 'Run' | 'Post Run', work: () => Promise<T> | T): Promise<T> => {
    const result = await inPhaseSpan(name, work, (error) => !isNamed(error, 'SkipTask') && !isNamed(error, 'DeferTask'))
    context.signal.throwIfAborted()
    return result
  }
  await phase('Pre Run', () => task.preRun(context))
  const branches = isBranch(task)
  const result: unknown = await phase('Run', () =>
    branches ? (task as BranchTask).choose(context) : task.run(context),
  )
  const choice = branches || spec.node.branch ? branchChoice(spec, result, index) : undefined
  const output = checkedOutput(spec, choice ?? result)
  await phase('Post Run', () => task.postRun(context))
  return { kind: 'success', output, ...(choice && { choice }) }
}

/** The operator anew, with the templates of its configuration filled in. */
function filledIn(operator: Operator, values: ReturnType<typeof templateValues>): Operator {
  const Class = operator.constructor as unknown as (new (
    config: Json,
  ) => Operator) &
    Pick<typeof Operator, 'noTemplateFields'>
  return new Class(renderConfig(operator.config, values, Class.noTemplateFields))
}

function checkedOutput({ node }: AttemptSpec, result: unknown): Json {
  const { value, text } = toJson(result, `The output of task "${node.id}"`)
  const bytes = Buffer.byteLength(text)
  if (bytes <= largestOutput) return value
  throw new DataError('OUTPUT_TOO_LARGE', {
    message: `The output of task "${node.id}" takes ${bytes.toLocaleString('en')} bytes; at most ${largestOutput.toLocaleString('en')} are kept. Write it to a file or a table, and return its name.`,
    details: { node: node.id, bytes },
  })
}

async function dispose(task: AnyTask): Promise<void> {
  const { [Symbol.asyncDispose]: later, [Symbol.dispose]: now } = task as Partial<AsyncDisposable & Disposable>
  await (later ?? now)?.call(task as never)
}

function outcomeOf(error: unknown, signal: AbortSignal, secrets: SecretValues): Outcome {
  if (signal.aborted) return stopped(signal, error, secrets)
  try {
    if (isNamed(error, 'SkipTask')) return { kind: 'skip', reason: mask(error.message, secrets) }
    if (isNamed(error, 'DeferTask')) return deferral(error as DeferTask, secrets)
  } catch (invalid) {
    return { kind: 'failure', failure: taskFailure(invalid, { secrets }) }
  }
  return { kind: 'failure', failure: taskFailure(error, { secrets }) }
}

function deferral({ message, seconds, state }: DeferTask, secrets: SecretValues): Outcome {
  if (!(Number.isFinite(seconds) && seconds >= 0)) {
    throw new DataError('DEFERRAL_INVALID', {
      message: `The task deferred by ${seconds} seconds; it has to be a number from 0 on.`,
    })
  }
  const kept = state === undefined ? {} : { state: secrets.mask(toJson(state, 'The state of the deferral').value) }
  return { kind: 'defer', seconds, reason: mask(message, secrets), ...kept }
}

/** `thrown` is where the task was when it was stopped. */
function stopped(signal: AbortSignal, thrown: unknown, secrets: SecretValues): Outcome {
  const { stack: _, ...failure } = taskFailure(signal.reason, { secrets })
  const { stack } = thrown === undefined || thrown === signal.reason ? {} : taskFailure(thrown, { secrets })
  return { kind: 'failure', failure: { ...failure, ...(stack !== undefined && { stack }) } }
}

function mask(text: string, secrets: SecretValues): string {
  return secrets.mask(text) as string
}

/** Also an error of a duplicate copy of this package. */
function isNamed(error: unknown, name: 'SkipTask' | 'DeferTask'): error is Error {
  return error instanceof Error && error.name === name
}

function afterAbort(signal: AbortSignal, ms: number): Disposable & { readonly passed: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>()
  let timer: NodeJS.Timeout | undefined
  const start = () => {
    timer = setTimeout(resolve, ms)
  }
  if (signal.aborted) start()
  else signal.addEventListener('abort', start, { once: true })
  return {
    passed: promise,
    [Symbol.dispose]() {
      clearTimeout(timer)
      signal.removeEventListener('abort', start)
    },
  }
}
