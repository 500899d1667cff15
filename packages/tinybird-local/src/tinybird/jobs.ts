import { randomUUID } from 'node:crypto'
import { toApiError } from './api-error.ts'

export type JobStatus = 'waiting' | 'working' | 'done' | 'error'

export interface Job {
  readonly id: string
  readonly kind: string
  readonly createdAt: Date
  updatedAt: Date
  status: JobStatus
  /** What else the API tells about it. */
  fields: Readonly<Record<string, unknown>>
}

export interface Jobs {
  start(kind: string, fields: Record<string, unknown>, work: () => Promise<Record<string, unknown>>): Job
  get(id: string): Job | undefined
  /** The newest first. */
  list(): readonly Job[]
  /** Resolves when none runs any more. */
  idle(): Promise<void>
}

const remembered = 100

export function createJobs(): Jobs {
  const jobs = new Map<string, Job>()
  const running = new Set<Promise<void>>()
  const change = (job: Job, status: JobStatus, fields: Record<string, unknown> = {}) => {
    job.status = status
    job.updatedAt = new Date()
    job.fields = { ...job.fields, ...fields }
  }
  return {
    start(kind, fields, work) {
      const now = new Date()
      const job: Job = { id: randomUUID(), kind, createdAt: now, updatedAt: now, status: 'waiting', fields }
      jobs.set(job.id, job)
      const ended = [...jobs.values()].filter(({ status }) => status === 'done' || status === 'error')
      for (const { id } of ended.slice(0, Math.max(0, jobs.size - remembered))) jobs.delete(id)
      const run = async () => {
        await new Promise((resolve) => setImmediate(resolve))
        change(job, 'working')
        try {
          change(job, 'done', await work())
        } catch (error) {
          const { message, body } = toApiError(error)
          change(job, 'error', { error: message, errors: [message], ...body })
        }
      }
      const mine = run().finally(() => running.delete(mine))
      running.add(mine)
      return job
    },
    get: (id) => jobs.get(id),
    list: () => [...jobs.values()].reverse(),
    async idle() {
      while (running.size > 0) await Promise.allSettled(running)
    },
  }
}

export function jobView(job: Job, url: string): Record<string, unknown> {
  return {
    id: job.id,
    job_id: job.id,
    kind: job.kind,
    status: job.status,
    created_at: job.createdAt.toISOString(),
    updated_at: job.updatedAt.toISOString(),
    job_url: `${url}/v0/jobs/${job.id}`,
    ...job.fields,
  }
}
