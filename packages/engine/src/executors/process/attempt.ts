import type { AttemptSpec, Outcome, TaskFailure } from '@millrace/workflow'
import { failureOutcome } from '../../task-host/failure-of.ts'
import { droppedEntry, formatBytes } from '../../task-host/log-gate.ts'
import type { EndedMessage, StopReason, TaskMessage } from '../../task-host/messages.ts'
import { stopTexts } from '../../task-host/stop-texts.ts'
import { toWireError } from '../../task-host/wire-error.ts'
import type { AttemptMetrics } from '../../worker/worker-api.ts'
import type { AttemptHost, StartedAttempt } from '../executor.ts'
import { attemptLimits } from './attempt-limits.ts'
import { exitFailure } from './exit-reason.ts'
import type { MemoryWatch } from './memory-watch.ts'
import type { ProcessPool } from './process-pool.ts'
import { endMarkedProcesses } from './process-tree.ts'
import type { TaskProcess } from './task-process.ts'

export interface AttemptParts {
  readonly pool: ProcessPool
  readonly memory: MemoryWatch
  readonly installFor: (spec: AttemptSpec, signal: AbortSignal) => Promise<string | null>
  readonly graceMs: number
  readonly logLimitBytes: number
  /** Of a task that names none. */
  readonly memoryMb: number | null
}

/** Between SIGTERM and SIGKILL, for a task that did not stop when its signal asked it. */
const termMs = 2000
/** A process that holds more after an attempt is not used again. */
const largestReusedBytes = 1024 * 1024 * 1024
/** Processes that an attempt is given when they end before it has begun. */
const mostTries = 3
/** The worker's own bound is not reached by what a process lets through, its tail included. */
const logReserveBytes = 256 * 1024

/**
 * One attempt from its installation to the moment when nothing of it is left:
 *
 * installing → waiting for a process → running → ended, by the task's outcome or by the end of its process.
 * A stop is obeyed in each of them. Running, it is a signal to the task, after the grace time SIGTERM, and then SIGKILL for
 * the group and for whatever carries the mark of the process.
 */
export function startAttempt(spec: AttemptSpec, host: AttemptHost, parts: AttemptParts): StartedAttempt {
  const early = new AbortController()
  let asked: StopReason | undefined
  let askedText: string | undefined
  let graceMs = parts.graceMs
  let onStop: (() => void) | undefined
  let settled = false
  const metrics: { -readonly [K in keyof AttemptMetrics]: AttemptMetrics[K] } = {}

  const stop = (reason: StopReason, text: string | undefined, grace: number) => {
    if (settled || asked !== undefined) return
    asked = reason
    askedText = text
    graceMs = grace
    early.abort()
    onStop?.()
  }

  const outcome = async (): Promise<Outcome> => {
    let folder: string | null = null
    try {
      if (spec.node.operator === null) folder = await parts.installFor(spec, early.signal)
    } catch (error) {
      if (asked) return stopped(asked)
      return failureOutcome('load', error, {
        code: 'PACKAGE_NOT_INSTALLED',
        message: (text) => `The package of the workflow could not be installed: ${text}`,
      })
    }
    if (asked) return stopped(asked)
    const memoryMb = spec.node.options.resources.memoryMb ?? parts.memoryMb
    const fresh = spec.node.options.isolation === 'process'
    for (let tries = 1; ; tries += 1) {
      let process: TaskProcess
      try {
        process = await parts.pool.take({ version: spec.package?.sha256 ?? 'platform', memoryMb, fresh })
      } catch (error) {
        return asked ? stopped(asked) : failureOutcome('load', error, { code: 'TASK_PROCESS_NOT_STARTED' })
      }
      if (asked) {
        parts.pool.release(process)
        return stopped(asked)
      }
      const ended = await runIn(process, folder, memoryMb, fresh)
      // A process that waited was killed by somebody just now; the attempt has not begun.
      if (ended !== 'not begun' || tries === mostTries) {
        return ended === 'not begun' ? exited(process, memoryMb) : ended
      }
    }
  }

  const runIn = async (
    process: TaskProcess,
    folder: string | null,
    memoryMb: number | null,
    fresh: boolean,
  ): Promise<Outcome | 'not begun'> => {
    const ended = Promise.withResolvers<EndedMessage | null>()
    let verdict: TaskFailure | undefined
    let droppedBytes = 0
    let hasBegun = false
    let termTimer: NodeJS.Timeout | undefined

    const condemn = (failure: TaskFailure) => {
      verdict ??= failure
      void process.end()
    }
    const limits = attemptLimits(spec, (message) => stop('timeout', message, graceMs))
    const watch =
      memoryMb === null
        ? undefined
        : parts.memory.add(process.pid, memoryMb * 1024 * 1024, (bytes) => condemn(memoryFailure(bytes, memoryMb)))
    const onMessage = (message: TaskMessage) => {
      switch (message.kind) {
        case 'begun':
          hasBegun = true
          return
        case 'log':
          host.log(message.entry)
          return
        case 'dropped':
          droppedBytes = message.bytes
          return
        case 'heartbeat':
          limits.beat()
          host.heartbeat(message.progress)
          return
        case 'ask':
          void answer(process, host, message)
          return
        case 'ended':
          ended.resolve(message)
      }
    }
    const onGarbage = (error: Error) =>
      condemn({
        reason: 'exit',
        code: 'TASK_CHANNEL_BROKEN',
        message: `The task broke the channel between its process and the worker: ${error.message} Descriptors 3 and 4 of the process belong to the worker.`,
      })
    onStop = () => {
      process.send({ kind: 'stop', reason: asked ?? 'cancelled' })
      termTimer = setTimeout(() => {
        process.signal('SIGTERM')
        termTimer = setTimeout(() => void process.end(), termMs)
      }, graceMs)
    }

    process.listen({ onMessage, onGarbage, onGone: () => ended.resolve(null) })
    process.mayHaveStarted = true
    process.stdout.begin(parts.logLimitBytes, (entry) => host.log(entry))
    process.stderr.begin(parts.logLimitBytes, (entry) => host.log(entry))
    const rawBefore = process.stdout.bytes + process.stderr.bytes
    try {
      process.send({
        kind: 'start',
        spec,
        folder,
        logLimitBytes: Math.max(parts.logLimitBytes - logReserveBytes, parts.logLimitBytes / 2),
        graceMs: parts.graceMs,
      })
    } catch (error) {
      condemn({ reason: 'load', code: 'TASK_MESSAGE_TOO_LARGE', message: String((error as Error).message) })
    }
    const message = await ended.promise
    limits[Symbol.dispose]()
    clearTimeout(termTimer)

    if (message === null) {
      await process.end()
    } else {
      process.mayHaveStarted = message.spawned || message.leftBehind !== null
      metrics.cpuMs = message.cpuMs
      metrics.peakMemory = Math.max(message.memoryBytes, watch?.peakBytes ?? 0)
      if (message.spawned) {
        const left = await endMarkedProcesses(process.mark, process.pid)
        if (left > 0) host.log(engineEntry('warn', `${left} process(es) that the task had left behind were ended.`))
      }
      if (message.leftBehind !== null) {
        host.log(
          engineEntry(
            'debug',
            `The task left something behind (${message.leftBehind}); its process is not used again.`,
          ),
        )
      }
      await drain(process, rawBefore)
    }
    watch?.[Symbol.dispose]()
    if (watch) metrics.peakMemory = Math.max(metrics.peakMemory ?? 0, watch.peakBytes)
    process.listen(undefined)
    const reusable = message !== null && !fresh && asked === undefined && verdict === undefined && isReusable(message)
    // What ends in order may send its telemetry first; what was stopped or broken had its chance.
    if (!reusable) await process.end({ orderly: message?.leftBehind === null && asked === undefined })
    const raw = process.stdout.end().droppedBytes + process.stderr.end().droppedBytes
    if (droppedBytes + raw > 0) host.log(droppedEntry(droppedBytes + raw, parts.logLimitBytes))
    if (reusable) parts.pool.release(process)

    if (message !== null && !(asked && message.stopped)) return message.outcome
    if (verdict) return { kind: 'failure', failure: verdict }
    if (asked) return stopped(asked, message)
    return hasBegun ? exited(process, memoryMb) : 'not begun'
  }

  const exited = async (process: TaskProcess, memoryMb: number | null): Promise<Outcome> => {
    const lastWords = process.stderr.lastWords()
    return { kind: 'failure', failure: exitFailure({ exit: await process.exited, lastWords, memoryMb }) }
  }

  const stopped = (reason: StopReason, message: EndedMessage | null = null): Outcome => {
    // The task's process knows best which time was over.
    if (message?.outcome.kind === 'failure' && message.outcome.failure.reason === reason) return message.outcome
    const forced = onStop !== undefined && message === null
    const how = forced ? ` It did not stop within ${graceMs / 1000} s of being asked, so its process was ended.` : ''
    const code = `TASK_${reason.toUpperCase()}`
    return { kind: 'failure', failure: { reason, code, message: `${askedText ?? stopTexts[reason]}${how}` } }
  }

  const settle = outcome()
    .catch((error) => failureOutcome('exit', error, { code: 'TASK_EXECUTOR_FAILED' }))
    .finally(() => {
      settled = true
    })
  return {
    outcome: settle,
    metrics: () => metrics,
    stop: (reason, options) => stop(reason, undefined, options?.graceMs ?? graceMs),
  }
}

function isReusable({ leftBehind, memoryBytes, outcome }: EndedMessage): boolean {
  // A task that was told to stop may still be running somewhere.
  const given = outcome.kind === 'failure' && outcome.failure.reason !== 'error'
  return leftBehind === null && memoryBytes < largestReusedBytes && !given
}

async function answer(
  process: TaskProcess,
  host: AttemptHost,
  { id, method, args }: Extract<TaskMessage, { kind: 'ask' }>,
): Promise<void> {
  try {
    // biome-ignore lint/suspicious/noExplicitAny: the arguments are those that the same method was called with over there
    const value = await (host[method] as (...args: any) => Promise<unknown>)(...args)
    process.send({ kind: 'answer', id, value })
  } catch (error) {
    process.send({ kind: 'refusal', id, error: toWireError(error) })
  }
}

/** What was written past the channel before the task ended is in the pipes by now: reads until nothing more comes. */
async function drain(process: TaskProcess, before: number): Promise<void> {
  let seen = before
  for (let rounds = 0; rounds < 1000; rounds += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    const bytes = process.stdout.bytes + process.stderr.bytes
    if (bytes === seen) return
    seen = bytes
  }
}

function memoryFailure(bytes: number, memoryMb: number): TaskFailure {
  return {
    reason: 'memory',
    code: 'TASK_MEMORY_EXCEEDED',
    message: `The task and its processes held ${formatBytes(bytes)} of memory; its limit is ${memoryMb} MiB (resources.memoryMb). They were ended. Work on smaller parts, or raise the limit.`,
  }
}

function engineEntry(level: 'debug' | 'warn', text: string) {
  return { at: Date.now(), level, source: 'engine', text } as const
}
