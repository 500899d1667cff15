import { parseInstant } from '@millrace/core'
import { type Json, runWorkflow, type WorkflowManifest, type WorkflowRunResult } from '@millrace/workflow'
import { type Context, exitCodes } from '../context.ts'
import { describeFailure, exitCodeOfRecovery } from '../failure.ts'
import { failedTasks, failureReport, RecentLogs, summaryLine } from '../output/run-report.ts'
import { showRun } from '../output/run-view.ts'
import { shellQuote } from '../parse-values.ts'
import { type FoundWorkflow, findWorkflow } from '../project/find-workflow.ts'
import { keepLastRun, type LastRun, readLastRun } from '../project/last-run.ts'
import { type ProjectValues, projectValues } from '../project/project-values.ts'
import { type GivenParams, readParams } from '../workflow-params.ts'
import { variablesOf } from './task-assignment.ts'

export interface RunRequest extends GivenParams {
  /** A module, the folder of a package, or the name of a workflow. */
  readonly target: string
  readonly workflow?: string
  readonly date?: string
  readonly only?: readonly string[]
  readonly concurrency?: number
  readonly logs?: true
  readonly json?: true
}

/** How long tasks have to end after Ctrl-C. */
const graceMs = 10_000

/** Runs a workflow in this process, in the folder of its project. */
export async function runLocally(request: RunRequest, context: Context): Promise<number> {
  const found = await findWorkflow(request.target, request.workflow)
  const manifest = found.workflow.toManifest()
  const given = await readParams(request, manifest.params)
  // As it is on the machine where the workflow was written: paths of the project are paths here.
  process.chdir(found.folder)
  const before = request.only === undefined ? null : await readLastRun(context.settings.home, manifest.name)
  const logicalDate = dateOf(request, manifest, before)
  const logs = new RecentLogs()
  const result = await runShown(request, context, { found, manifest, given, before, logicalDate, logs })
  await keepLastRun(context.settings.home, manifest.name, result, { logicalDate, before })
  return report(result, { request, context, logs, folder: found.folder, logicalDate })
}

interface Plan {
  readonly found: FoundWorkflow
  readonly manifest: WorkflowManifest
  readonly given: Readonly<Record<string, unknown>>
  /** With `only`: the run whose outputs and parameters are used. */
  readonly before: LastRun | null
  readonly logicalDate: Date
  readonly logs: RecentLogs
}

async function runShown(request: RunRequest, context: Context, plan: Plan): Promise<WorkflowRunResult> {
  const { only, concurrency, json = false, logs: allLogs = false } = request
  const { found, manifest, given, before, logicalDate, logs } = plan
  const values = projectValues(found.folder, context.secrets)
  const missing = await missingValues(manifest, only, values)
  const stand = manifest.schedule === null ? '' : `  for ${logicalDate.toISOString()}`
  const title = `${manifest.name} ${manifest.version}${stand}`
  context.holdOpen(graceMs + 2000)
  using view = showRun({ title, manifest, json, logs: allLogs, mask: context.secrets.mask })
  const onAbort = () => view.interrupted?.(2)
  context.signal.addEventListener('abort', onAbort, { once: true })
  for (const { file, message } of found.problems) view.line(`warning: ${file}: ${message}`)
  for (const warning of missing) view.line(`warning: ${warning}`)
  if (before !== null) view.line(`Outputs of other tasks are those of the run for ${before.logicalDate}.`)
  try {
    return await runWorkflow(found.workflow, {
      params: { ...before?.params, ...given },
      logicalDate,
      workflows: found.workflows,
      connections: async (name) => (await values.connection(name)) ?? raise(await values.unknown('connection', name)),
      secrets: async (name) => (await values.secret(name)) ?? raise(await values.unknown('secret', name)),
      variables: variablesOf(process.env),
      signal: context.signal,
      graceMs,
      ...(concurrency !== undefined && { concurrency }),
      ...(only !== undefined && { only, outputs: outputsOf(before) }),
      onEvent(event) {
        if (event.kind === 'log') logs.add(event.node, event.mapIndex, event.entry)
        view.onEvent(event)
      },
    })
  } finally {
    context.signal.removeEventListener('abort', onAbort)
  }
}

function raise(error: Error): never {
  throw error
}

function dateOf({ date }: RunRequest, { schedule }: WorkflowManifest, before: LastRun | null): Date {
  if (date !== undefined) return parseInstant(date, schedule?.timezone)
  return before === null ? new Date() : new Date(before.logicalDate)
}

function outputsOf(before: LastRun | null): Readonly<Record<string, Json>> {
  const ended = Object.entries(before?.tasks ?? {}).filter(
    ([, { state }]) => state === 'success' || state === 'skipped',
  )
  return Object.fromEntries(ended.map(([id, { output = null }]) => [id, output]))
}

/** Said before anything has run. No failure: the task that names it may be one that a branch leaves out. */
async function missingValues(
  { nodes }: WorkflowManifest,
  only: readonly string[] | undefined,
  values: ProjectValues,
): Promise<readonly string[]> {
  const warnings: string[] = []
  const wanted = nodes.filter(
    ({ id }) => only === undefined || only.some((one) => id === one || id.startsWith(`${one}.`)),
  )
  for (const kind of ['connection', 'secret'] as const) {
    const users = Map.groupBy(
      wanted.flatMap((node) => node[`${kind}s`].map((name) => ({ name, id: node.id }))),
      ({ name }) => name,
    )
    for (const [name, nodesOfName] of users) {
      if (name.includes('{')) continue
      const problem = await problemOf(kind, name, values)
      if (problem !== null) warnings.push(`${nodesOfName.map(({ id }) => id).join(', ')}: ${problem}`)
    }
  }
  return warnings
}

async function problemOf(kind: 'connection' | 'secret', name: string, values: ProjectValues): Promise<string | null> {
  try {
    return (await values[kind](name)) === null ? (await values.unknown(kind, name)).message : null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function report(
  result: WorkflowRunResult,
  {
    request,
    context,
    logs,
    folder,
    logicalDate,
  }: {
    readonly request: RunRequest
    readonly context: Context
    readonly logs: RecentLogs
    readonly folder: string
    readonly logicalDate: Date
  },
): number {
  const { mask } = context.secrets
  const code = exitCodeOf(result, context)
  if (request.json) {
    const { state, startedAt, endedAt, params, tasks, failure } = result
    const durationMs = endedAt.getTime() - startedAt.getTime()
    const done = { type: 'done', state, durationMs, params, failure, exitCode: code, tasks }
    context.out(`${mask(JSON.stringify(done))}\n`)
    return code
  }
  const again = (nodes: readonly string[]) => againCommand(nodes, logicalDate, request, context)
  context.err(mask(failureReport(result, { logs, folder, again })))
  context.out(`${mask(summaryLine(result))}\n`)
  return code
}

/** The same command for these nodes; outputs of others and parameters are taken from the run that has just ended. */
function againCommand(nodes: readonly string[], logicalDate: Date, request: RunRequest, { args }: Context): string {
  const kept = args.filter((arg, at) => !(arg.startsWith('--only') || args[at - 1] === '--only'))
  const date = request.date === undefined ? ['--date', logicalDate.toISOString()] : []
  const parts = ['millrace', ...kept, ...date, ...nodes.flatMap((node) => ['--only', node])]
  return parts.map(shellQuote).join(' ')
}

/** Of tasks that failed for the same kind of reason, what other commands end with for it. */
function exitCodeOf(result: WorkflowRunResult, { signal }: Context): number {
  if (result.state === 'success') return exitCodes.done
  if (signal.aborted) return describeFailure(signal.reason, signal).exitCode
  const kinds = new Set(failedTasks(result.tasks).map(({ failure }) => failure?.recovery))
  const [only] = kinds
  return kinds.size === 1 && only !== undefined ? exitCodeOfRecovery(only) : exitCodes.fatal
}
