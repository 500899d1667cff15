import { ConfigError, closestName } from '@millrace/core'
import type { LogEntry, TaskHost } from '../attempt.ts'
import type { Progress } from '../context.ts'
import type { Json } from '../json.ts'
import type { NestedRuns } from './nested-runs.ts'
import type { Lookup, RunWorkflowOptions } from './run-options.ts'

/** What a task of a run in this process asks of it. */
export function localHost(
  options: Pick<RunWorkflowOptions, 'connections' | 'secrets'>,
  parts: {
    readonly nested: NestedRuns
    readonly outputOf: (node: string) => Json
    readonly onLog: (entry: LogEntry) => void
    readonly onProgress: (progress: Progress) => void
  },
): TaskHost {
  const { nested, outputOf, onLog, onProgress } = parts
  return {
    output: async (node) => outputOf(node),
    connection: (name) => found('connection', name, options.connections),
    secret: (name) => found('secret', name, options.secrets),
    log: onLog,
    heartbeat: (progress) => progress && onProgress(progress),
    trigger: async (workflow, trigger) => nested.trigger(workflow, trigger),
    runState: async (runId) => nested.state(runId),
    findRun: async (workflow, at) => nested.find(workflow, new Date(at)),
    taskState: async (runId, node) => nested.taskState(runId, node),
  }
}

async function found<T>(kind: 'connection' | 'secret', name: string, lookup: Lookup<T> = {}): Promise<T> {
  const known = typeof lookup === 'function' ? [] : Object.keys(lookup)
  const value = typeof lookup === 'function' ? await lookup(name) : known.includes(name) ? lookup[name] : undefined
  if (value !== undefined) return value
  const nearest = closestName(name, known)
  const hint = nearest ? `Did you mean "${nearest}"?` : known.length > 0 ? `There are: ${known.join(', ')}.` : ''
  throw new ConfigError(kind === 'connection' ? 'CONNECTION_UNKNOWN' : 'SECRET_UNKNOWN', {
    message: `There is no ${kind} "${name}" in this run. ${hint} Give it when the run is started.`.replace('  ', ' '),
    details: { [kind]: name, known },
  })
}
