import {
  type AttemptSpec,
  defaultTaskOptions,
  type Isolation,
  type Json,
  type LogEntry,
  type Progress,
  type TaskContext,
} from '@millrace/workflow'
import type { AttemptHost } from '../executors/executor.ts'

let lastTaskRunId = 0

export interface CodeOptions {
  readonly memoryMb?: number
  readonly isolation?: Isolation
  readonly startToCloseSeconds?: number
  readonly heartbeatSeconds?: number
  readonly taskRunId?: number
  readonly attempt?: number
  readonly item?: Json
  readonly connections?: readonly string[]
  readonly secrets?: readonly string[]
}

/** An attempt of an operator that is this function, for `code-host.fixture.ts`. It sees nothing but its context. */
export function codeAttempt(
  code: string | ((context: TaskContext) => unknown),
  { memoryMb, isolation = 'warm', startToCloseSeconds, heartbeatSeconds, ...rest }: CodeOptions = {},
): AttemptSpec {
  lastTaskRunId += 1
  return {
    taskRunId: rest.taskRunId ?? lastTaskRunId,
    attempt: rest.attempt ?? 1,
    run: {
      id: '1',
      workflow: 'test',
      version: '1',
      trigger: 'test',
      logicalDate: '2026-01-01T00:00:00.000Z',
      dataInterval: { start: null, end: '2026-01-01T00:00:00.000Z' },
      timezone: 'UTC',
    },
    node: {
      id: 'code',
      kind: 'task',
      name: 'Code',
      operator: { name: 'code', config: String(code) },
      upstreams: [],
      mapOver: null,
      branch: false,
      group: null,
      connections: rest.connections ?? [],
      secrets: rest.secrets ?? [],
      options: {
        ...defaultTaskOptions,
        isolation,
        resources: { memoryMb: memoryMb ?? null, cpu: null },
        timeouts: {
          ...defaultTaskOptions.timeouts,
          startToCloseSeconds: startToCloseSeconds ?? null,
          heartbeatSeconds: heartbeatSeconds ?? null,
        },
      },
    },
    mapIndex: null,
    item: rest.item ?? null,
    params: {},
    variables: {},
    ancestors: ['before'],
    state: null,
    traceparent: null,
    source: null,
    package: null,
  }
}

/** A host that answers with fixed values and keeps what it is told. */
export function recordingHost(): {
  readonly host: AttemptHost
  readonly entries: readonly LogEntry[]
  readonly beats: readonly (Progress | undefined)[]
  texts(source?: LogEntry['source']): readonly string[]
  /** When a line with this text has come. */
  heard(text: string): Promise<void>
} {
  const entries: LogEntry[] = []
  const beats: (Progress | undefined)[] = []
  const waiting = new Set<() => void>()
  const host: AttemptHost = {
    output: async (node) => `output of ${node}`,
    connection: async (name) => ({ connector: 'postgres', values: { uri: `postgres://${name}` } }),
    secret: async (name) => `secret ${name}`,
    trigger: async (workflow) => `run of ${workflow}`,
    runState: async () => 'success',
    findRun: async () => null,
    taskState: async () => null,
    log: (entry) => {
      entries.push(entry)
      for (const look of [...waiting]) look()
    },
    heartbeat: (progress) => void beats.push(progress),
  }
  return {
    host,
    entries,
    beats,
    texts: (source) => entries.filter((entry) => !source || entry.source === source).map(({ text }) => text),
    heard: (text) =>
      new Promise((resolve) => {
        const look = () => {
          if (!entries.some((entry) => entry.text.includes(text))) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      }),
  }
}
