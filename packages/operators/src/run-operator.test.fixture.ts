import {
  type AttemptSpec,
  type ConnectionConfig,
  defaultTaskOptions,
  type Json,
  type LogEntry,
  type Operator,
  type Outcome,
  type Progress,
  type RunState,
  runTask,
  type TaskHost,
  type TaskRunState,
  type TriggerKind,
} from '@millrace/workflow'
import { createOperator } from './registry.ts'

export interface Surroundings {
  readonly connections?: Readonly<Record<string, ConnectionConfig>>
  readonly secrets?: Readonly<Record<string, string>>
  readonly outputs?: Readonly<Record<string, Json>>
  readonly params?: Readonly<Record<string, Json>>
  readonly variables?: Readonly<Record<string, Json>>
  readonly state?: Json
  readonly trigger?: TriggerKind
  readonly signal?: AbortSignal
  readonly graceMs?: number
  readonly attempt?: number
  readonly host?: Partial<TaskHost>
  readonly onLog?: (entry: LogEntry) => void
}

export interface Ran {
  readonly outcome: Outcome
  readonly log: readonly LogEntry[]
  /** All lines of the log. */
  readonly text: string
  readonly progress: readonly Progress[]
}

/** Runs an operator by its name and configuration alone, the way a worker does, for 2 January 2024. */
export async function runOperator(name: string, config: Json, around: Surroundings = {}): Promise<Ran> {
  const operator = createOperator(name, config)
  const log: LogEntry[] = []
  const progress: Progress[] = []
  const missing = (what: string) => async (): Promise<never> => {
    throw new Error(`The test gives no ${what}.`)
  }
  const host: TaskHost = {
    output: async (node) => around.outputs?.[node] ?? null,
    connection: async (wanted) => around.connections?.[wanted] ?? (await missing(`connection ${wanted}`)()),
    secret: async (wanted) => around.secrets?.[wanted] ?? (await missing(`secret ${wanted}`)()),
    log(entry) {
      log.push(entry)
      around.onLog?.(entry)
    },
    heartbeat: (at) => void (at && progress.push(at)),
    trigger: missing('workflows'),
    runState: missing('workflows') as () => Promise<RunState>,
    findRun: missing('workflows'),
    taskState: missing('workflows') as () => Promise<TaskRunState>,
    ...around.host,
  }
  const outcome = await runTask(operator, specOf(operator, around), host, {
    signal: around.signal ?? new AbortController().signal,
    ...(around.graceMs === undefined ? {} : { graceMs: around.graceMs }),
  })
  return { outcome, log, progress, text: log.map(({ text }) => text).join('\n') }
}

function specOf(operator: Operator, around: Surroundings): AttemptSpec {
  const isBranch = 'choose' in operator
  return {
    taskRunId: 1,
    attempt: around.attempt ?? 1,
    run: {
      id: '7',
      workflow: 'sales.daily',
      version: '1',
      trigger: around.trigger ?? 'schedule',
      logicalDate: '2024-01-02T00:00:00.000Z',
      dataInterval: { start: '2024-01-01T00:00:00.000Z', end: '2024-01-02T00:00:00.000Z' },
      timezone: 'UTC',
    },
    node: {
      id: 'node',
      kind: 'task',
      name: operator.constructor.name,
      operator: { name: operator.operator, config: operator.config },
      upstreams: Object.keys(around.outputs ?? {}),
      mapOver: null,
      branch: isBranch,
      group: null,
      connections: operator.connections,
      secrets: operator.secrets,
      options: defaultTaskOptions,
    },
    mapIndex: null,
    item: null,
    params: around.params ?? {},
    variables: around.variables ?? {},
    ancestors: Object.keys(around.outputs ?? {}),
    state: around.state ?? null,
    traceparent: null,
    source: null,
    package: null,
  }
}

/** The output of a success; anything else fails the test with what happened instead. */
export function outputOf({ outcome, text }: Ran): Json {
  if (outcome.kind === 'success') return outcome.output
  throw new Error(`${JSON.stringify(outcome)}\n${text}`)
}

export function failureOf({ outcome }: Ran) {
  if (outcome.kind === 'failure') return outcome.failure
  throw new Error(`The operator did not fail: ${JSON.stringify(outcome)}`)
}
