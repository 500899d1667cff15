import { z } from '@hono/zod-openapi'
import { closestName } from '@millrace/core'
import { sql } from '@millrace/db'
import { notFound, pageHeaders, pageQuery, pageRange, pathInteger, withoutNulls } from '@millrace/http'
import { noteDeed } from '../audit/index.ts'
import { change } from '../change.ts'
import { isoTime, jsonMap, plainName, time } from '../common-schemas.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import type { Job } from './job.ts'
import { findRun, type JobRun, listJobs, listRuns, requestJob } from './store.ts'

const tag = 'jobs'
const access = 'admin'
const params = z.strictObject({ job: plainName })

const runSchema = z
  .object({
    id: z.number(),
    job: z.string(),
    state: z.enum(['waiting', 'running', 'succeeded', 'failed']),
    requested_by: z.string().optional().openapi({ description: 'A user; without one it was the schedule.' }),
    attempt: z.number(),
    created_at: time,
    started_at: time.optional(),
    ended_at: time.optional(),
    duration_seconds: z.number().optional(),
    summary: jsonMap.optional(),
    error: z.string().optional(),
  })
  .openapi('JobRun')

const jobSchema = z
  .object({
    name: z.string(),
    description: z.string(),
    schedule: z
      .string()
      .optional()
      .openapi({ description: 'Cron in UTC; without one it runs only when somebody asks.' }),
    next_at: time.optional(),
    last_run: runSchema.optional(),
  })
  .openapi('Job')

/** Work of the server beside requests: what there is, how it went, and a run at once. */
export function jobRoutes(api: ServerApi, { db }: ServerContext, jobs: readonly Job[]): void {
  api.endpoint(
    {
      ...{ method: 'get', path: '/api/jobs', operationId: 'listJobs', tag, access },
      summary: 'Background jobs of the server by name, each with its last run',
      query: z.strictObject(pageQuery),
      answers: { 200: z.array(jobSchema) },
    },
    async ({ query }) => {
      const states = await listJobs(db, pageRange(query))
      const { total } = await db.one<{ total: number }>(sql`select count(*) as total from jobs.job`)
      const body = states.map(({ name, schedule, nextAt, lastRun }) =>
        withoutNulls({
          ...{ name, schedule, next_at: isoTime(nextAt), last_run: lastRun && runBody(lastRun) },
          description: jobs.find((job) => job.name === name)?.description ?? '',
        }),
      )
      return { status: 200, body, headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      ...{ method: 'post', path: '/api/jobs/{job}/run', operationId: 'runJob', tag, access },
      summary: 'Have a job run now',
      description: 'Where a run of it waits already, it is that one. Ask for the run to see how it went.',
      params,
      answers: { 201: runSchema },
    },
    async ({ principal, requestId, params: { job } }) => {
      checkJob(job, jobs)
      const run = await change(db, { id: principal.id, requestId }, async (trx) => {
        const requested = await requestJob(trx, job, principal.id)
        const after = { job, run: requested.id }
        await noteDeed(trx, { entity: 'job', entityId: job, action: 'update', before: null, after })
        return requested
      })
      return { status: 201, body: runBody(run) }
    },
  )

  api.endpoint(
    {
      ...{ method: 'get', path: '/api/jobs/{job}/runs', operationId: 'listJobRuns', tag, access },
      summary: 'Runs of a job, the newest first',
      params,
      query: z.strictObject(pageQuery),
      answers: { 200: z.array(runSchema) },
    },
    async ({ params: { job }, query }) => {
      checkJob(job, jobs)
      const { rows, total } = await listRuns(db, job, pageRange(query))
      return { status: 200, body: rows.map(runBody), headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      ...{ method: 'get', path: '/api/jobs/{job}/runs/{run}', operationId: 'getJobRun', tag, access },
      summary: 'A run of a job',
      params: params.extend({ run: pathInteger() }),
      answers: { 200: runSchema },
    },
    async ({ params: { job, run } }) => {
      checkJob(job, jobs)
      const found = await findRun(db, job, run)
      if (found === undefined) throw notFound('JOB_RUN_MISSING', `The job "${job}" has no run ${run}.`)
      return { status: 200, body: runBody(found) }
    },
  )
}

function checkJob(name: string, jobs: readonly Job[]): void {
  const names = jobs.map((job) => job.name)
  if (names.includes(name)) return
  const near = closestName(name, names)
  throw notFound(
    'JOB_MISSING',
    `There is no job "${name}". ${near === undefined ? `There are: ${names.join(', ')}.` : `Did you mean "${near}"?`}`,
  )
}

function runBody(run: JobRun): z.input<typeof runSchema> {
  const { id, job, state, attempt, summary, error, startedAt, endedAt } = run
  const isTimed = startedAt !== null && endedAt !== null
  return withoutNulls({
    ...{
      id,
      job,
      state,
      attempt,
      error,
      requested_by: run.requestedBy,
      summary: summary === null ? null : { ...summary },
    },
    ...{ created_at: isoTime(run.createdAt), started_at: isoTime(startedAt), ended_at: isoTime(endedAt) },
    duration_seconds: isTimed ? (endedAt.getTime() - startedAt.getTime()) / 1000 : null,
  })
}
