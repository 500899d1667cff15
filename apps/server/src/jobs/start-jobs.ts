import { parseSchedule } from '@millrace/core'
import type { ServerContext } from '../server-context.ts'
import type { Job } from './job.ts'
import {
  claimRun,
  endRun,
  failAbandoned,
  failRun,
  isAnythingDue,
  type JobRun,
  jobChannel,
  planDueJobs,
  renewLease,
  saveJob,
} from './store.ts'

export interface JobOptions {
  readonly jobs: readonly Job[]
  /** Between two looks when nothing is announced. Default 5,000. */
  readonly pollIntervalMs?: number
  /** A server that is silent for longer loses its runs to others. Default 30,000. */
  readonly leaseMs?: number
}

/** Runs the jobs until it is disposed; of several servers one runs each. What runs then is stopped, and begins again elsewhere. */
export async function startJobs(context: ServerContext, options: JobOptions): Promise<AsyncDisposable> {
  const { db, log, settings } = context
  const { jobs, pollIntervalMs = 5000, leaseMs = 30_000 } = options
  const scheduleOf = ({ schedule }: Job) => (typeof schedule === 'function' ? schedule(settings) : schedule)
  const byName = new Map(jobs.map((job) => [job.name, job]))
  const names = [...byName.keys()]
  const nextAfter = (name: string, now: Date) => {
    const job = byName.get(name)
    const schedule = job === undefined ? null : scheduleOf(job)
    return schedule === null ? null : parseSchedule({ cron: schedule }).next(now)
  }
  for (const job of jobs) {
    await saveJob(db, { name: job.name, schedule: scheduleOf(job), nextAt: nextAfter(job.name, new Date()) })
  }

  const closing = new AbortController()
  const running = new Set<Promise<void>>()
  let isAnnounced = false
  let wake = () => {}
  const announce = () => {
    isAnnounced = true
    wake()
  }
  const subscription = await db.listen(jobChannel, announce, { onReconnect: announce })

  const begin = (run: JobRun, job: Job) => {
    const work = perform(context, run, job, { leaseMs, closing: closing.signal }).finally(() => {
      running.delete(work)
      announce()
    })
    running.add(work)
  }
  const look = async () => {
    if (!(await isAnythingDue(db))) return
    await planDueJobs(db, nextAfter)
    await failAbandoned(db)
    for (
      let run = await claimRun(db, { jobs: names, leaseMs });
      run;
      run = await claimRun(db, { jobs: names, leaseMs })
    ) {
      const job = byName.get(run.job)
      if (job !== undefined) begin(run, job)
    }
  }
  const pause = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pollIntervalMs)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
      if (isAnnounced || closing.signal.aborted) wake()
    })
  const looking = (async () => {
    while (!closing.signal.aborted) {
      isAnnounced = false
      await look().catch((err) => log.warn({ err }, 'the jobs could not be looked at; it is tried again'))
      await pause()
    }
  })()
  return {
    async [Symbol.asyncDispose]() {
      closing.abort(new Error('The server closed.'))
      wake()
      await looking
      await Promise.all(running)
      await subscription.close()
    },
  }
}

async function perform(
  context: ServerContext,
  run: JobRun,
  job: Job,
  { leaseMs, closing }: { readonly leaseMs: number; readonly closing: AbortSignal },
): Promise<void> {
  const { db, log } = context
  const lost = new AbortController()
  const beat = setInterval(() => {
    renewLease(db, run, leaseMs).then(
      (isOurs) => (isOurs ? undefined : lost.abort(new Error('Another server took the run over.'))),
      (err) => log.warn({ err, job: job.name }, 'the lease of a job could not be renewed; it is tried again'),
    )
  }, leaseMs / 3)
  const about = { job: job.name, run: run.id, attempt: run.attempt }
  const startedAt = performance.now()
  try {
    const summary = await job.run(context, AbortSignal.any([closing, lost.signal]))
    await endRun(db, run, summary)
    // What runs every two minutes is no news.
    const level = run.requestedBy === null ? 'debug' : 'info'
    log[level]({ ...about, ms: Math.round(performance.now() - startedAt), summary }, 'a job ended')
  } catch (error) {
    if (!closing.aborted) log.warn({ ...about, err: error }, 'a job failed')
    await failRun(db, run, error, closing.aborted).catch((err) =>
      log.warn({ ...about, err }, 'that a job failed could not be noted; its lease ends by itself'),
    )
  } finally {
    clearInterval(beat)
  }
}
