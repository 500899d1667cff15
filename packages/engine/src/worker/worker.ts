import { type Logger, retry } from '@millrace/core'
import type { AttemptSpec } from '@millrace/workflow'
import type { Executor } from '../executors/executor.ts'
import { isTransient } from './attempt-host.ts'
import { exchangeLoop } from './exchange-loop.ts'
import { HeldAttempt, keyOf } from './held-attempt.ts'
import type { OwnValues } from './own-values.ts'
import type { WorkerApi, WorkerInfo } from './worker-api.ts'

export interface WorkerOptions {
  readonly api: WorkerApi
  /** Not disposed of by the worker. */
  readonly executor: Executor
  readonly info: WorkerInfo
  /** Connections and secrets for names that the platform does not know. Default: none. */
  readonly own?: OwnValues
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
  /** Log of an attempt, in bytes; its beginning and its end are kept. Default 10 MiB. */
  readonly logLimitBytes?: number
  /** How long attempts may go on after the worker is asked to end, in milliseconds. Default 600,000. */
  readonly drainMs?: number
  /** Drains when it fires. */
  readonly signal?: AbortSignal
}

export interface Worker extends AsyncDisposable {
  /** Attempts it holds: waiting for a slot, running, or with a result that is not settled. */
  readonly holds: number
  /**
   * Takes no more, lets attempts end, and says goodbye. Asked again, it stops them and hands them back: they run elsewhere,
   * and no retry is taken. Resolves when it has ended.
   */
  drain(): Promise<void>
  /** When the worker has ended. Rejects with the error by which the server refused it. */
  readonly ended: Promise<void>
}

/** Attempts that take less are fetched ahead, in milliseconds; others would wait while another worker has room. */
const shortMs = 50
/** Work for about so long is fetched ahead. */
const aheadMs = 100
const longestBacklog = 200
/** What waited so long for a slot goes back. */
const handBackMs = 500
const watchMs = 250
const progressMs = 1000
/** A log that cannot be written while the server answers otherwise does not hold a result back longer. */
const logPatienceMs = 60_000
/** How long a worker that has to end waits for the server, for its last results and for its goodbye. */
const lastWordMs = 10_000

/**
 * Leases attempts and runs them until it is drained. It survives the server: results and logs are kept and sent until they
 * are settled. Attempts whose lease has run out, by this worker's own clock, are stopped, since another worker may have
 * them. A worker that is stopped without a word loses its leases after their time.
 */
export function startWorker(options: WorkerOptions): Worker {
  const { api, executor, info, log, logLimitBytes = 10 * 1024 * 1024, drainMs = 600_000, signal } = options
  const own = options.own ?? { connection: async () => null, secret: async () => null }
  const held = new Map<string, HeldAttempt>()
  let backlog: HeldAttempt[] = []
  let usualMs = Number.POSITIVE_INFINITY
  let isDraining = false
  let isForced = false
  let isAway = false
  let isOver = false
  let giveUpTimer: NodeJS.Timeout | undefined
  let progressTimer: NodeJS.Timeout | undefined
  const empty = { wait: Promise.withResolvers<void>() }
  const ended = Promise.withResolvers<void>()
  // Whoever does not ask is not told by an unhandled rejection.
  ended.promise.catch(() => {})

  const running = () => [...held.values()].filter((attempt) => attempt.isRunning)
  const isShort = () =>
    usualMs < shortMs && running().every(({ startedAt = 0 }) => performance.now() - startedAt < 4 * shortMs)
  const ahead = () =>
    isShort() ? Math.min(longestBacklog, Math.ceil((info.slots * aheadMs) / Math.max(usualMs, 0.5))) : 0

  const loop = exchangeLoop({
    api,
    info,
    held,
    room: () => (isDraining ? 0 : Math.max(0, executor.free + ahead() - backlog.length)),
    isBusy: () => backlog.length > ahead() / 2 && isShort(),
    onTasks(specs, leaseUntil) {
      for (const spec of specs) hold(spec, leaseUntil)
      startWaiting()
    },
    onSettled(attempt, accepted) {
      if (!accepted) log.warn(describe(attempt.spec), 'The server did not accept a result: the attempt was lost.')
      forget(attempt)
    },
    onFailure(error, retryMs) {
      if (isAway) return
      isAway = true
      const text = `The server cannot be reached. Attempts go on until their leases end; trying again, the first time in ${Math.ceil(retryMs)} ms.`
      log.warn({ err: error, attempts: held.size }, text)
    },
    onAnswer() {
      if (isAway) log.info({ attempts: held.size }, 'The server can be reached again.')
      isAway = false
    },
    onRefused(error) {
      log.error({ err: error }, 'The server refuses this worker.')
      void end(error)
    },
  })

  const hold = (spec: AttemptSpec, leaseUntil: number) => {
    // An answer that came twice.
    if (held.has(keyOf(spec))) return
    const attempt = new HeldAttempt(spec, {
      api,
      executor,
      workerId: info.id,
      own,
      logLimitBytes,
      leaseUntil,
      tryLogAgain: (error, failingMs) => {
        const serverAnswers = performance.now() - loop.answeredAt < logPatienceMs / 2
        return isTransient(error) && !(failingMs > logPatienceMs && serverAnswers)
      },
      onProgress() {
        progressTimer ??= setTimeout(() => {
          progressTimer = undefined
          loop.tell()
        }, progressMs)
      },
      onEnded({ startedAt = 0, endedAt = 0 }) {
        const tookMs = endedAt - startedAt
        usualMs = Number.isFinite(usualMs) ? usualMs * 0.9 + tookMs * 0.1 : tookMs
        startWaiting()
        loop.kick()
      },
      onResult(ended) {
        const { outcome } = ended.result ?? {}
        const isStopped = outcome?.kind === 'failure' && outcome.failure.reason === 'lost'
        // Handed back by the goodbye, or somebody else's.
        if (ended.isLost || isStopped) forget(ended)
        else loop.kick()
      },
      onLogLost(ended, bytes) {
        log.warn({ ...describe(ended.spec), bytes }, 'The end of a log could not be sent and is not kept.')
      },
    })
    held.set(attempt.key, attempt)
    backlog.push(attempt)
  }
  const startWaiting = () => {
    backlog = backlog.filter(({ isWaiting }) => isWaiting)
    if (isForced) return
    for (const attempt of backlog.splice(0, executor.free)) attempt.start()
  }
  const forget = (attempt: HeldAttempt) => {
    // A lost one that still runs takes its slot until it has ended.
    if (attempt.isRunning) return
    held.delete(attempt.key)
    if (held.size === 0) empty.wait.resolve()
    loop.kick()
  }

  const watch = setInterval(() => {
    const now = performance.now()
    for (const attempt of held.values()) {
      if (attempt.result !== undefined || attempt.isLost) continue
      if (now > attempt.leaseUntil) {
        log.warn(
          describe(attempt.spec),
          'The lease of an attempt ran out, because the server was not reached; it is stopped.',
        )
        attempt.lose()
      } else if (attempt.isWaiting && (isDraining || now - attempt.heldSince > handBackMs)) {
        attempt.handBack()
      }
    }
    startWaiting()
    loop.kick()
  }, watchMs)

  const untilEmpty = async (): Promise<void> => {
    while (held.size > 0) {
      empty.wait = Promise.withResolvers()
      await empty.wait.promise
    }
  }
  const force = () => {
    if (isOver) return
    isForced = true
    for (const attempt of held.values()) {
      if (attempt.isWaiting) attempt.lose()
      else if (attempt.isRunning) attempt.stop('lost')
    }
    giveUpTimer ??= setTimeout(() => {
      const unsent = [...held.values()].filter(({ result }) => result !== undefined)
      if (unsent.length > 0)
        log.warn(
          { attempts: unsent.length },
          'The server did not take the last results; these attempts will run again.',
        )
      for (const attempt of unsent) attempt.lose()
    }, lastWordMs)
  }
  let ending: Promise<void> | undefined
  const end = (error?: unknown): Promise<void> => {
    ending ??= (async () => {
      if (error !== undefined) {
        for (const attempt of held.values()) attempt.lose()
      }
      await untilEmpty()
      await loop.close()
      clearInterval(watch)
      clearTimeout(progressTimer)
      clearTimeout(giveUpTimer)
      isOver = true
      signal?.removeEventListener('abort', onAbort)
      if (error !== undefined) {
        ended.reject(error)
        return
      }
      await sayGoodbye()
      ended.resolve()
    })()
    return ending
  }
  const sayGoodbye = async () => {
    try {
      await retry(() => api.goodbye(info.id), { retries: 10, minDelayMs: 200, deadlineMs: lastWordMs })
    } catch (error) {
      log.warn({ err: error }, 'The server did not hear the goodbye; what the worker held is free when its lease ends.')
    }
  }
  const drain = async (): Promise<void> => {
    if (isDraining) force()
    else {
      isDraining = true
      log.info({ attempts: held.size }, 'The worker takes no more tasks and ends when those it has are done.')
      const timer = setTimeout(force, drainMs)
      void end().finally(() => clearTimeout(timer))
    }
    loop.kick()
    await ended.promise
  }

  const onAbort = () => void drain().catch(() => {})
  if (signal?.aborted) onAbort()
  else signal?.addEventListener('abort', onAbort, { once: true })
  loop.kick()
  return {
    get holds() {
      return held.size
    },
    drain,
    ended: ended.promise,
    async [Symbol.asyncDispose]() {
      const drained = drain()
      force()
      await drained.catch(() => {})
    },
  }
}

function describe({ taskRunId, attempt, run, node }: AttemptSpec) {
  return { run: run.id, workflow: run.workflow, task: node.id, taskRun: taskRunId, attempt }
}
