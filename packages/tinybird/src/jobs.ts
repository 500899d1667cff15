import { JobError } from './errors.ts'
import { errorText, numberOf, record, textOf } from './parse-answer.ts'
import type { CallResult, Clean, Request } from './request.ts'
import type { Clock, Job, JobFilter, TinybirdOptions } from './types.ts'

export interface JobWatch {
  readonly request: Request
  readonly clock: Clock
  readonly deadlineMs: number
  readonly onMessage: NonNullable<TinybirdOptions['onMessage']>
  readonly clean: Clean
}

const firstPollMs = 1000
const longestPollMs = 5000
const pollGrowth = 1.5
const running = new Set(['waiting', 'working', 'cancelling'])

export async function listJobs(request: Request, filter: JobFilter = {}, signal?: AbortSignal): Promise<Job[]> {
  const { kind, status, createdAfter, createdBefore } = filter
  const query = {
    kind,
    status,
    created_after: createdAfter?.toISOString(),
    created_before: createdBefore?.toISOString(),
  }
  const { body } = await request({ method: 'GET', path: '/v0/jobs', query, signal, wantsJson: true })
  const { jobs } = record(body)
  return Array.isArray(jobs) ? jobs.map((value) => jobOf(value)) : []
}

export async function readJob(request: Request, id: string, signal?: AbortSignal): Promise<Job> {
  const { job } = await readJobAnswer(request, id, signal)
  return job
}

/**
 * Looks after 1 s, then more seldom, at most every 5 s, until the job is done. A status that nobody knows is a failure,
 * so that a new word cannot keep anyone waiting for ever.
 */
export async function waitForJob(
  { request, clock, deadlineMs, onMessage, clean }: JobWatch,
  id: string,
  { signal, secrets }: { readonly signal?: AbortSignal | undefined; readonly secrets?: readonly string[] } = {},
): Promise<{ readonly job: Job; readonly answer: CallResult }> {
  const startedAt = clock.now()
  let waitMs = firstPollMs
  for (let polls = 1; ; polls++) {
    const { job, answer } = await readJobAnswer(request, id, signal)
    if (job.status === 'done') return { job, answer }
    if (!running.has(job.status)) throw failed(id, job, (text) => clean(text, secrets))

    const elapsedMs = clock.now() - startedAt
    if (elapsedMs + waitMs > deadlineMs) {
      throw new JobError(id, {
        message: `The job ${id} is still ${job.status} after ${Math.round(elapsedMs / 1000)} s. Look at it in Tinybird: it may still end, so do not repeat it blindly.`,
        details: { kind: job.kind, status: job.status, elapsedMs },
      })
    }
    if (polls % 5 === 0) onMessage('info', `The job ${id} is ${job.status} since ${Math.round(elapsedMs / 1000)} s.`)
    await clock.sleep(waitMs, signal)
    waitMs = Math.min(waitMs * pollGrowth, longestPollMs)
  }
}

/** The id in an answer that began a job; null when it began none. */
export function jobIdOf(body: unknown): string | null {
  const { job_id: jobId, job } = record(body)
  return textOf(jobId) ?? textOf(record(job).job_id) ?? textOf(record(job).id)
}

export function rejectedRows(body: unknown): { readonly quarantinedRows: number; readonly invalidLines: number } {
  const { quarantined_rows, quarantine_rows, invalid_lines } = record(body)
  return {
    quarantinedRows: numberOf(quarantined_rows) ?? numberOf(quarantine_rows) ?? 0,
    invalidLines: numberOf(invalid_lines) ?? 0,
  }
}

async function readJobAnswer(request: Request, id: string, signal?: AbortSignal) {
  const answer = await request({ method: 'GET', path: `/v0/jobs/${encodeURIComponent(id)}`, signal, wantsJson: true })
  return { job: jobOf(answer.body, id), answer }
}

function jobOf(value: unknown, id = ''): Job {
  const body = record(value)
  const { row_count: rows } = record(body.statistics)
  const status = textOf(body.status) ?? 'unknown'
  return {
    id: textOf(body.id) ?? textOf(body.job_id) ?? id,
    kind: textOf(body.kind) ?? 'unknown',
    status,
    rows: numberOf(rows),
    ...rejectedRows(body),
    error: errorText(body),
    body,
  }
}

function failed(id: string, job: Job, clean: (text: string) => string): JobError {
  const known = job.status === 'error' || job.status === 'cancelled'
  const ended = known ? `ended with ${job.status}` : `has the unknown status ${JSON.stringify(job.status)}`
  const reason = job.error === null ? '' : `: ${job.error.replace(/[.\s]+$/, '')}`
  return new JobError(id, {
    message: clean(`The job ${id} ${ended}${reason}. Look at it in Tinybird before you try again.`),
    details: {
      kind: job.kind,
      status: job.status,
      quarantinedRows: job.quarantinedRows,
      invalidLines: job.invalidLines,
    },
  })
}
