import type { AttemptSpec, LogEntry, TaskHost } from '../attempt.ts'
import type { ConnectionConfig, Progress } from '../context.ts'
import type { Json } from '../json.ts'
import type { ManifestNode } from '../manifest.ts'
import { defaultTaskOptions, type TaskOptionsInput } from '../task-options.ts'

/** An attempt of a task named `task` in a run of `flights_daily`. */
export function attemptSpec(
  spec: Partial<Omit<AttemptSpec, 'node'>> = {},
  node: Partial<Omit<ManifestNode, 'options'>> & { readonly options?: TaskOptionsInput } = {},
): AttemptSpec {
  const { options = {}, ...rest } = node
  return {
    taskRunId: 1,
    attempt: 1,
    run: {
      id: '42',
      workflow: 'flights_daily',
      version: '1.0',
      trigger: 'schedule',
      logicalDate: '2026-03-01T05:00:00.000Z',
      dataInterval: { start: '2026-02-28T05:00:00.000Z', end: '2026-03-01T05:00:00.000Z' },
      timezone: 'Europe/Berlin',
    },
    mapIndex: null,
    item: null,
    params: {},
    variables: {},
    ancestors: [],
    state: null,
    traceparent: null,
    source: null,
    package: null,
    ...spec,
    node: {
      id: 'task',
      kind: 'task',
      name: 'task',
      operator: null,
      upstreams: [],
      mapOver: null,
      branch: false,
      group: null,
      connections: [],
      secrets: [],
      ...rest,
      options: {
        ...defaultTaskOptions,
        ...options,
        timeouts: { ...defaultTaskOptions.timeouts, ...options.timeouts },
        resources: { ...defaultTaskOptions.resources, ...options.resources },
      },
    },
  }
}

/** A host with things to give, which keeps what it is told. */
export function recordingHost(
  given: {
    readonly outputs?: Readonly<Record<string, Json>>
    readonly connections?: Readonly<Record<string, ConnectionConfig>>
    readonly secrets?: Readonly<Record<string, string>>
    readonly onLog?: (entry: LogEntry) => void
  } = {},
): TaskHost & { readonly entries: LogEntry[]; readonly beats: (Progress | undefined)[] } {
  const entries: LogEntry[] = []
  const beats: (Progress | undefined)[] = []
  const none = () => Promise.reject(new Error('not in this test'))
  return {
    entries,
    beats,
    output: async (node) => given.outputs?.[node] ?? null,
    connection: async (name) => given.connections?.[name] ?? none(),
    secret: async (name) => given.secrets?.[name] ?? none(),
    log: (entry) => {
      entries.push(entry)
      given.onLog?.(entry)
    },
    heartbeat: (progress) => void beats.push(progress),
    trigger: none,
    runState: none,
    findRun: none,
    taskState: none,
  }
}
