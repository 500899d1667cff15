import { readFile } from 'node:fs/promises'
import { ConfigError, parseSchedule } from '@millrace/core'
import { type AttemptSpec, type Json, type JsonSchema, type ManifestNode, resolveParams } from '@millrace/workflow'

/** One attempt to run, as another engine hands it over. */
export interface TaskAssignment {
  readonly spec: AttemptSpec
  /** Of the nodes before this one, by id. */
  readonly outputs: Readonly<Record<string, Json>>
  /** Whether who started this can start it again later, with the state a deferral leaves. Otherwise it waits itself. */
  readonly resumable: boolean
  /** In bytes of JSON; null: no limit but the task's own. */
  readonly largestOutputBytes: number | null
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the attempt from the environment: whole in `MILLRACE_TASK_SPEC`, as a container gets it, or in the parts that
 * Airflow knows at different times. Null when there is neither.
 *
 * @throws ConfigError `TASK_SPEC_INVALID`
 */
export async function readAssignment(env: Environment = process.env): Promise<TaskAssignment | null> {
  const outputs = async () => ((await jsonOf(env, 'MILLRACE_TASK_OUTPUTS')) ?? {}) as Readonly<Record<string, Json>>
  if (env.MILLRACE_TASK_SPEC) {
    const spec = await part<AttemptSpec>(env, 'MILLRACE_TASK_SPEC', ['run', 'node', 'params'])
    return { spec, outputs: await outputs(), resumable: true, largestOutputBytes: null }
  }
  if (!env.MILLRACE_TASK_NODE) return null
  const node = await part<PlacedNode>(env, 'MILLRACE_TASK_NODE', ['workflow', 'version', 'node'])
  const run = await part<EngineRun>(env, 'MILLRACE_TASK_RUN', ['runId', 'runAfter', 'params'])
  const known = await outputs()
  const state = await jsonOf(env, 'MILLRACE_TASK_STATE')
  return {
    spec: specOf(node, run, { state: state ?? null, ancestors: Object.keys(known), env }),
    outputs: known,
    resumable: state !== undefined,
    largestOutputBytes: node.largestOutputBytes ?? null,
  }
}

/** What was known when the workflow was built. */
interface PlacedNode {
  readonly workflow: string
  readonly version: string
  readonly timezone: string
  readonly cron: string | null
  readonly paramsSchema: JsonSchema | null
  readonly node: ManifestNode
  readonly source: AttemptSpec['source']
  readonly package: AttemptSpec['package']
  readonly largestOutputBytes?: number
}

/** What the other engine knows when it starts the task. */
interface EngineRun {
  readonly runId: string
  readonly type: string
  /** Of a run by hand, what it was asked to stand for. */
  readonly logicalDate: string | null
  /** When the run was due. */
  readonly runAfter: string
  readonly attempt: number
  readonly mapIndex: number | null
  readonly item: Json
  readonly params: Readonly<Record<string, Json>>
}

const triggers: Readonly<Record<string, AttemptSpec['run']['trigger']>> = {
  scheduled: 'schedule',
  backfill: 'backfill',
  operator_triggered: 'workflow',
}

function specOf(
  placed: PlacedNode,
  run: EngineRun,
  more: { readonly state: Json; readonly ancestors: readonly string[]; readonly env: Environment },
): AttemptSpec {
  const { workflow, version, timezone, cron, node, source, paramsSchema } = placed
  const trigger = triggers[run.type] ?? 'manual'
  // How another engine dates its scheduled runs depends on its configuration; when they are due does not.
  const date = new Date(trigger === 'manual' ? (run.logicalDate ?? run.runAfter) : run.runAfter)
  const interval = cron === null ? { start: null, end: date } : parseSchedule({ cron, timezone }).dataInterval(date)
  return {
    taskRunId: 0,
    attempt: run.attempt,
    run: {
      ...{ id: run.runId, workflow, version, trigger, timezone },
      logicalDate: date.toISOString(),
      dataInterval: { start: interval.start?.toISOString() ?? null, end: interval.end.toISOString() },
    },
    node,
    mapIndex: run.mapIndex,
    item: run.item,
    params: resolveParams({ name: workflow, params: paramsSchema }, run.params),
    variables: variablesOf(more.env),
    ancestors: more.ancestors,
    state: more.state,
    traceparent: more.env.TRACEPARENT || null,
    source,
    package: placed.package,
  }
}

const variablePrefix = 'MILLRACE_VARIABLE_'

/** By their names in small letters. */
export function variablesOf(env: Environment): Readonly<Record<string, Json>> {
  return Object.fromEntries(
    Object.entries(env)
      .filter(([name, value]) => name.startsWith(variablePrefix) && value !== undefined)
      .map(([name, value = '']) => [name.slice(variablePrefix.length).toLowerCase(), jsonOrText(value)]),
  )
}

function jsonOrText(text: string): Json {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** JSON, or the path of a file with JSON. */
async function jsonOf(env: Environment, variable: string): Promise<Json | undefined> {
  const text = env[variable]
  if (text === undefined || text === '') return undefined
  try {
    return JSON.parse(/^\s*[{["\d-]|^(?:true|false|null)$/.test(text) ? text : await readFile(text, 'utf8'))
  } catch (cause) {
    throw invalid(variable, cause instanceof Error ? cause.message : String(cause), cause)
  }
}

/** Written by Millrace itself, so that a look at its form is enough. */
async function part<T>(env: Environment, variable: string, keys: readonly (keyof T & string)[]): Promise<T> {
  const value = await jsonOf(env, variable)
  const missing = keys.filter((key) => typeof value !== 'object' || value === null || !Object.hasOwn(value, key))
  if (missing.length > 0) throw invalid(variable, `${missing.join(', ')} missing`)
  return value as T
}

function invalid(variable: string, why: string, cause?: unknown): ConfigError {
  return new ConfigError('TASK_SPEC_INVALID', {
    message: `${variable} cannot be read: ${why}. It has to be JSON, or the path of a file with JSON, of the same version of Millrace.`,
    details: { variable },
    cause,
  })
}
