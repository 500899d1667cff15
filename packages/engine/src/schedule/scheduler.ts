import { stat } from 'node:fs/promises'
import { type Clock, isMillraceError, type Logger } from '@millrace/core'
import type { Engine } from '../engine.ts'
import { applyRetention, type RetentionOptions } from '../retention.ts'
import { channels } from '../runs/events.ts'
import { reapLostAttempts } from '../runs/leases.ts'
import { startForgottenRuns } from '../runs/start-and-end-runs.ts'
import { enforceTimeouts } from '../runs/timeouts.ts'
import { forgetWorkers } from '../runs/workers.ts'
import { advanceBackfills } from './advance-backfills.ts'
import { beatEveryMs, schedulerBeats } from './beats.ts'
import { lookAhead } from './look-ahead.ts'
import { tickSchedules } from './tick.ts'

export interface SchedulerOptions {
  /** For schedules. Default: the database's clock. */
  readonly clock?: Clock
  /** Between two looks at most, in milliseconds, while something is going on. Default 1,000. */
  readonly intervalMs?: number
  /** The same while nothing is. Default 5,000. */
  readonly idleIntervalMs?: number
  /** While there is a file with this path, schedules and backfills make no runs; looked for every 10 s. Default null: none. */
  readonly pauseFile?: string | null
  /** What is removed once an hour; null: nothing. */
  readonly retention?: Omit<RetentionOptions, 'signal'> | null
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
  /** Told of every error, besides the log; the scheduler goes on. */
  readonly onError?: (error: unknown) => void
}

export interface Scheduler extends AsyncDisposable {
  /** Looks again at once. */
  wake(): void
  /** Ends what it is doing, and resolves when it is over. */
  close(): Promise<void>
}

/** Something that is done at its own pace, whatever else is going on. */
interface Chore {
  readonly name: string
  readonly everyMs: number
  dueAt: number
  readonly run: (signal: AbortSignal) => Promise<unknown>
}

const minuteMs = 60_000
const pauseFileMs = 10_000
const shortestPauseMs = 20

/**
 * Does everything that has its time: makes the runs of schedules and backfills, gives lost attempts back to the queue, ends
 * what is out of time, removes what is old. Any number of them may run, in any number of processes: each thing is done by one.
 * An error, a database that is away included, is logged, and the next look comes as if nothing had happened.
 */
export async function startScheduler(engine: Engine, options: SchedulerOptions): Promise<Scheduler> {
  const { clock, intervalMs = 1000, idleIntervalMs = 5000, pauseFile = null, retention = {}, log, onError } = options
  const stop = new AbortController()
  const { signal } = stop
  let isAwaited = false
  let wakeUp = () => {}
  const wake = () => {
    isAwaited = true
    wakeUp()
  }
  const subscription = await engine.db.listen(channels.scheduler, wake, { onReconnect: wake })

  const beats = schedulerBeats(engine.db)
  const now = performance.now()
  const chores: readonly Chore[] = [
    { name: 'beat', everyMs: beatEveryMs, dueAt: now, run: async () => await beats.beat() },
    { name: 'queued runs', everyMs: 10_000, dueAt: now, run: async () => await startForgottenRuns(engine) },
    { name: 'workers', everyMs: 60 * minuteMs, dueAt: now, run: async () => await forgetWorkers(engine.db) },
    {
      name: 'retention',
      everyMs: 60 * minuteMs,
      dueAt: retention === null ? Number.POSITIVE_INFINITY : now + minuteMs,
      async run(aborted) {
        const removed = await applyRetention(engine, { ...retention, signal: aborted })
        if (removed.runs + removed.versions > 0) log.info({ ...removed }, 'Removed what is older than is kept')
      },
    },
  ]

  /** Whether it went well. Nothing that fails keeps the others from being done. */
  const attempt = async (name: string, work: () => Promise<unknown>): Promise<boolean> => {
    if (signal.aborted) return true
    try {
      await work()
      return true
    } catch (err) {
      const isPassing = isMillraceError(err) && err.recovery === 'transient'
      log[isPassing ? 'warn' : 'error']({ err, part: name }, 'The scheduler goes on after an error')
      onError?.(err)
      return false
    }
  }

  const ticks = async () => {
    const { made, dropped, problems } = await tickSchedules(engine, { ...(clock && { clock }), signal })
    for (const { workflow, tick, runId } of made) {
      log.info({ workflow, tick: tick.toISOString(), run: runId }, 'Made the run of a tick')
    }
    for (const { workflow, ticks } of dropped) {
      log.warn({ workflow, ticks }, 'Ticks passed without a run, as the catchup policy of the workflow says')
    }
    for (const { workflow, error: err } of problems) {
      log.error({ err, workflow }, 'A workflow could not be run at its tick; it is tried again')
      onError?.(err)
    }
  }

  /** Returns whether there is more to do at once. */
  const backfills = async (): Promise<boolean> => {
    const { isMore, problems } = await advanceBackfills(engine)
    for (const { backfill, error: err } of problems) {
      log.error({ err, backfill }, 'The runs of a backfill could not be made')
      onError?.(err)
    }
    return isMore
  }

  /** A worker with thousands of attempts is lost at once. */
  const lostLeases = async () => {
    while (!signal.aborted && (await reapLostAttempts(engine)) > 0);
  }

  let isPaused = false
  let pauseSeenAt = Number.NEGATIVE_INFINITY
  const lookForPauseFile = async () => {
    if (pauseFile === null || performance.now() - pauseSeenAt < pauseFileMs) return
    pauseSeenAt = performance.now()
    const wasPaused = isPaused
    isPaused = await exists(pauseFile)
    if (isPaused && !wasPaused)
      log.warn({ file: pauseFile }, 'Schedules and backfills make no runs until the file is removed')
    if (!isPaused && wasPaused) log.info({ file: pauseFile }, 'The file is gone: schedules and backfills go on')
  }

  /** Does what there is to do; returns how long there will be nothing, in milliseconds. */
  const turn = async (): Promise<number> => {
    await lookForPauseFile()
    const seen = await lookAhead(engine, clock)
    const look = isPaused ? { ...seen, schedules: false, backfills: false } : seen
    let isMore = false
    const went = [
      !look.schedules || (await attempt('schedules', ticks)),
      !look.backfills || (await attempt('backfills', async () => (isMore = await backfills()))),
      !look.lostLeases || (await attempt('lost leases', lostLeases)),
      !look.timeouts || (await attempt('timeouts', async () => await enforceTimeouts(engine))),
    ]
    for (const chore of chores) {
      if (performance.now() < chore.dueAt) continue
      chore.dueAt = performance.now() + chore.everyMs
      went.push(await attempt(chore.name, async () => await chore.run(signal)))
    }
    if (isMore) return 0
    const isBusy = look.schedules || look.backfills || look.lostLeases || look.timeouts || went.includes(false)
    // What was due and could not be done is not asked for without a rest.
    const nextMs = look.nextMs !== null && look.nextMs > 0 ? look.nextMs : idleIntervalMs
    return Math.min(isBusy ? intervalMs : idleIntervalMs, Math.max(nextMs, shortestPauseMs))
  }

  const pause = async (ms: number) =>
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      wakeUp = () => {
        clearTimeout(timer)
        resolve()
      }
      if (isAwaited || signal.aborted) wakeUp()
    })

  const running = (async () => {
    while (!signal.aborted) {
      isAwaited = false
      let pauseMs = intervalMs
      await attempt('look', async () => {
        pauseMs = await turn()
      })
      if (pauseMs > 0) await pause(pauseMs)
    }
  })()

  const close = async () => {
    stop.abort()
    wakeUp()
    await running
    // A database that is away sees by itself that nothing comes any more.
    await beats.end().catch(() => {})
    await subscription.close()
  }
  return { wake, close, [Symbol.asyncDispose]: close }
}

/** A path that cannot be looked at, such as one below a file, has no file. */
async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}
