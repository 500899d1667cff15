import { TransientError } from '@millrace/core'
import type { AttemptSpec, ConnectionConfig, LogEntry, Outcome } from '@millrace/workflow'
import type { AttemptRef, ExchangeRequest, WorkerApi } from './worker-api.ts'

const keyOf = ({ taskRunId, attempt }: AttemptRef) => `${taskRunId}:${attempt}`

/** A fake of the engine that keeps everything in memory and does what a test tells it, faults included. */
export function scriptedApi({ leaseMs = 30_000 }: { readonly leaseMs?: number } = {}) {
  const queue: AttemptSpec[] = []
  const leased = new Map<string, AttemptSpec>()
  const outcomes = new Map<string, Outcome>()
  const logs = new Map<string, Buffer>()
  const stops = new Map<string, AttemptRef & { reason: 'cancelled' | 'timeout' }>()
  const exchanges: ExchangeRequest[] = []
  const refused: AttemptRef[] = []
  const goodbyes: string[] = []
  const watchers = new Set<() => void>()
  const changed = () => {
    for (const watcher of [...watchers]) watcher()
  }
  /** Resolves as soon as the condition holds. */
  const until = (condition: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = () => {
        if (!condition()) return
        watchers.delete(look)
        resolve()
      }
      watchers.add(look)
      look()
    })
  const state = {
    /** Every call fails. */
    isAway: false,
    /** Calls are obeyed and their answers are lost. */
    answersAreLost: false,
    isLogAway: false,
    /** Answers come twice over. */
    repeatsTasks: false,
    refusal: undefined as Error | undefined,
    /** Calls that failed because the server was away. */
    failures: 0,
  }
  const away = () => {
    state.failures += 1
    changed()
    return new TransientError('SERVER_UNAVAILABLE', { message: 'The server is away.' })
  }
  const call = async <T>(work: () => T | Promise<T>): Promise<T> => {
    if (state.refusal) throw state.refusal
    if (state.isAway) throw away()
    const answer = await work()
    if (state.answersAreLost) throw away()
    return answer
  }
  let connections: Readonly<Record<string, ConnectionConfig>> = {}
  let secrets: Readonly<Record<string, string>> = {}
  let packages: (sha256: string) => Promise<Uint8Array> = async () => {
    throw new Error('There is no package.')
  }

  const api: WorkerApi = {
    exchange: (request, signal) =>
      call(async () => {
        exchanges.push(request)
        const settled = request.results.map(({ outcome, ...ref }) => {
          const accepted = leased.delete(keyOf(ref)) || outcomes.has(keyOf(ref))
          if (accepted) outcomes.set(keyOf(ref), outcome)
          else refused.push(ref)
          return { taskRunId: ref.taskRunId, attempt: ref.attempt, accepted }
        })
        changed()
        const look = () => {
          const refs = request.running.map(({ taskRunId, attempt }) => ({ taskRunId, attempt }))
          const mine = (ref: AttemptRef) => leased.has(keyOf(ref))
          return {
            lost: refs.filter((ref) => !mine(ref)),
            stop: refs.flatMap((ref) => (mine(ref) ? (stops.get(keyOf(ref)) ?? []) : [])),
            canTake: request.want > 0 && queue.length > 0,
          }
        }
        const isNews = () => {
          const { lost, stop, canTake } = look()
          return lost.length + stop.length > 0 || canTake
        }
        if (settled.length === 0 && request.waitMs > 0 && !isNews()) {
          let timer: NodeJS.Timeout | undefined
          await Promise.race([
            until(() => isNews() || signal.aborted || state.isAway),
            new Promise((resolve) => {
              timer = setTimeout(resolve, request.waitMs)
              signal.addEventListener('abort', changed)
            }),
          ])
          clearTimeout(timer)
          if (state.isAway || signal.aborted) throw away()
        }
        const { lost, stop } = look()
        const tasks = queue.splice(0, request.want)
        for (const spec of tasks) leased.set(keyOf(spec), spec)
        changed()
        return { settled, lost, stop, tasks: state.repeatsTasks ? [...tasks, ...tasks] : tasks, leaseMs }
      }),
    appendLog: ({ offset, ...ref }, lines) =>
      call(() => {
        if (state.isLogAway) throw away()
        const before = logs.get(keyOf(ref)) ?? Buffer.alloc(0)
        if (offset > before.length) throw new Error(`Bytes before ${offset} are missing.`)
        if (outcomes.has(keyOf(ref))) throw new Error('The log came after the result.')
        logs.set(keyOf(ref), Buffer.concat([before, lines.subarray(before.length - offset)]))
        changed()
      }),
    output: (_, node) => call(() => `output of ${node}`),
    package: (sha256) => call(() => packages(sha256)),
    connection: (_, name) => call(() => connections[name] ?? null),
    secret: (_, name) => call(() => secrets[name] ?? null),
    trigger: () => call(() => '7'),
    runState: () => call(() => 'running'),
    findRun: () => call(() => null),
    taskState: () => call(() => null),
    goodbye: (workerId) =>
      call(() => {
        goodbyes.push(workerId)
        queue.push(...leased.values())
        leased.clear()
        changed()
      }),
  }
  return {
    api,
    state,
    exchanges,
    refused,
    goodbyes,
    queue,
    leased,
    until,
    add(...specs: readonly AttemptSpec[]) {
      queue.push(...specs)
      changed()
    },
    stop(ref: AttemptRef, reason: 'cancelled' | 'timeout') {
      stops.set(keyOf(ref), { taskRunId: ref.taskRunId, attempt: ref.attempt, reason })
      changed()
    },
    /** Somebody else has it now. */
    lose(ref: AttemptRef) {
      leased.delete(keyOf(ref))
      changed()
    },
    goAway() {
      state.isAway = true
      changed()
    },
    come() {
      state.isAway = false
    },
    keep(values: { connections?: typeof connections; secrets?: typeof secrets; packages?: typeof packages }) {
      connections = values.connections ?? connections
      secrets = values.secrets ?? secrets
      packages = values.packages ?? packages
    },
    async outcome(ref: AttemptRef): Promise<Outcome> {
      await until(() => outcomes.has(keyOf(ref)))
      return outcomes.get(keyOf(ref)) as Outcome
    },
    log(ref: AttemptRef): LogEntry[] {
      const text = (logs.get(keyOf(ref)) ?? Buffer.alloc(0)).toString()
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line))
    },
    logged: (ref: AttemptRef, text: string) => until(() => (logs.get(keyOf(ref)) ?? '').toString().includes(text)),
  }
}
