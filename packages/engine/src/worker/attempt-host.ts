import { ConfigError, isMillraceError, type RetryOptions, retry } from '@millrace/core'
import type { AttemptSpec, LogEntry, Progress } from '@millrace/workflow'
import type { AttemptHost } from '../executors/executor.ts'
import { type OwnValues, variableOf } from './own-values.ts'
import { refuseUndeclared } from './refuse-undeclared.ts'
import type { SecretMask } from './secret-mask.ts'
import type { LeaseRef, WorkerApi } from './worker-api.ts'

export interface AttemptHostOptions {
  readonly api: WorkerApi
  readonly spec: AttemptSpec
  readonly workerId: string
  readonly own: OwnValues
  readonly mask: SecretMask
  readonly log: (entry: LogEntry) => void
  readonly heartbeat: (progress?: Progress) => void
  /** Fires when the attempt is to stop: questions are not asked again. */
  readonly signal: AbortSignal
}

/** A server that restarts is waited for; a task has its own timeouts. */
const patience: RetryOptions = { retries: 20, minDelayMs: 200, maxDelayMs: 10_000, deadlineMs: 120_000 }

/** The world of one attempt, asked of the server, with only what the task declares. */
export function attemptHost({
  api,
  spec,
  workerId,
  own,
  mask,
  log,
  heartbeat,
  signal,
}: AttemptHostOptions): AttemptHost {
  const lease: LeaseRef = { taskRunId: spec.taskRunId, attempt: spec.attempt, workerId }
  const ask = <T>(question: () => Promise<T>): Promise<T> => retry(question, { ...patience, signal })
  return {
    log,
    heartbeat,
    output: (node) => ask(() => api.output(lease, node)),
    async connection(name) {
      refuseUndeclared('connection', name, spec.node)
      const found = (await ask(() => api.connection(lease, name))) ?? (await own.connection(name))
      if (found === null) throw unknown('connection', name, spec)
      mask.addConnection(found)
      return found
    },
    async secret(name) {
      refuseUndeclared('secret', name, spec.node)
      const found = (await ask(() => api.secret(lease, name))) ?? (await own.secret(name))
      if (found === null) throw unknown('secret', name, spec)
      mask.add(found)
      return found
    },
    // A request that was lost may have been obeyed: without a key, a second one would start a second run.
    trigger: (workflow, options) =>
      options.key === undefined
        ? api.trigger(lease, { workflow, ...options })
        : ask(() => api.trigger(lease, { workflow, ...options })),
    runState: (runId) => ask(() => api.runState(lease, runId)),
    findRun: (workflow, at) => ask(() => api.findRun(lease, { workflow, at })),
    taskState: (runId, node) => ask(() => api.taskState(lease, runId, node)),
  }
}

function unknown(kind: 'connection' | 'secret', name: string, { node }: AttemptSpec): ConfigError {
  const variable = variableOf(kind === 'connection' ? 'MILLRACE_CONNECTION_' : 'MILLRACE_SECRET_', name)
  return new ConfigError(kind === 'connection' ? 'CONNECTION_UNKNOWN' : 'SECRET_UNKNOWN', {
    message: `Task "${node.id}" needs the ${kind} "${name}", which neither the platform nor this worker has. Save it for the project of the workflow or for the platform (in the console, or by "millrace ${kind}s set"), or set ${variable} where the worker runs and start the worker again. Then retry the run.`,
    details: { node: node.id, [kind]: name },
  })
}

/** Whether the same call may work later. */
export function isTransient(error: unknown): boolean {
  return isMillraceError(error) && error.recovery === 'transient'
}
