import { z } from '@hono/zod-openapi'
import { sql } from '@millrace/db'
import { channels, notify } from '@millrace/engine'
import { notFound, pageHeaders, pageQuery, pageRange, queryBoolean, withoutNulls } from '@millrace/http'
import { noteDeed } from '../audit/index.ts'
import { change } from '../change.ts'
import { isoTime, time } from '../common-schemas.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'

const tag = 'workers'
const access = 'admin'

const workerSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    host: z.string(),
    pid: z.int(),
    version: z.string(),
    queues: z.array(z.string()),
    slots: z.int(),
    running: z.int().openapi({ description: 'Attempts that it holds.' }),
    holds: z
      .array(
        z.object({
          task_run: z.int(),
          run: z.string(),
          workflow: z.string(),
          attempt: z.int(),
          queue: z.string(),
          started_at: time,
        }),
      )
      .openapi({ description: 'The attempts, the oldest first, at most 20.' }),
    state: z
      .enum(['active', 'draining', 'silent', 'ended'])
      .openapi({ description: 'Silent: not heard of for longer than its leases hold.' }),
    started_at: time,
    seen_at: time,
    ended_at: time.optional(),
  })
  .openapi('Worker')

interface WorkerRow {
  readonly id: string
  readonly name: string
  readonly host: string
  readonly pid: number
  readonly version: string
  readonly queues: string[]
  readonly slots: number
  readonly running: number
  readonly holds: readonly {
    readonly task_run: number
    readonly run: number
    readonly workflow: string
    readonly attempt: number
    readonly queue: string
    /** ISO 8601. */
    readonly started_at: string
  }[]
  readonly state: 'active' | 'draining' | 'silent' | 'ended'
  readonly started_at: Date
  readonly seen_at: Date
  readonly ended_at: Date | null
}

export function workerRoutes(api: ServerApi, { engine: { db, leaseSeconds } }: ServerContext): void {
  const workers = sql`
    select w.*,
      (select count(*) from engine.task_run t where t.worker_id = w.id and t.state = 'running') as running,
      (
        select coalesce(json_agg(h order by h.started_at, h.task_run), '[]')
        from (
          select t.id as task_run, t.run_id as run, f.name as workflow, t.attempt, t.queue, t.started_at
          from engine.task_run t join engine.run r on r.id = t.run_id join engine.workflow f on f.id = r.workflow_id
          where t.worker_id = w.id and t.state = 'running' order by t.started_at, t.id limit 20
        ) as h
      ) as holds,
      case
        when w.ended_at is not null then 'ended'
        when w.seen_at < now() - make_interval(secs => ${leaseSeconds}) then 'silent'
        when w.draining then 'draining'
        else 'active'
      end as state
    from engine.worker w`
  const present = (row: WorkerRow): z.input<typeof workerSchema> =>
    withoutNulls({
      ...row,
      holds: row.holds.map((held) => ({
        ...held,
        run: `${held.run}`,
        started_at: new Date(held.started_at).toISOString(),
      })),
      started_at: row.started_at.toISOString(),
      seen_at: row.seen_at.toISOString(),
      ended_at: isoTime(row.ended_at),
    })

  api.endpoint(
    {
      method: 'get',
      path: '/api/workers',
      operationId: 'listWorkers',
      tag,
      access,
      summary: 'Workers, the latest first',
      query: z.strictObject({
        ...pageQuery,
        ended: queryBoolean({ default: false }).openapi({ description: 'Also those that ended.' }),
      }),
      answers: { 200: z.array(workerSchema) },
    },
    async ({ query }) => {
      const { limit, offset } = pageRange(query)
      const where = sql`(${query.ended}::boolean or w.ended_at is null)`
      const rows = await db.query<WorkerRow>(
        sql`${workers} where ${where} order by w.started_at desc, w.id limit ${limit} offset ${offset}`,
      )
      const { total } = await db.one<{ total: number }>(
        sql`select count(*) as total from engine.worker w where ${where}`,
      )
      return { status: 200, body: rows.map(present), headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path: '/api/workers/{worker}/drain',
      operationId: 'drainWorker',
      tag,
      access,
      summary: 'Have a worker take nothing more; what it runs may end',
      params: z.strictObject({ worker: z.uuid() }),
      answers: { 200: workerSchema },
    },
    async ({ principal, requestId, params: { worker } }) => {
      const row = await change(db, { id: principal.id, requestId }, async (trx) => {
        const drained = await trx.maybe<{ name: string; host: string }>(sql`
          update engine.worker set draining = true where id = ${worker} and not draining returning name, host`)
        if (drained !== undefined) {
          const { name, host } = drained
          await noteDeed(trx, {
            ...{ entity: 'worker', entityId: worker, action: 'update' as const },
            ...{ before: { name, host, draining: false }, after: { name, host, draining: true } },
          })
        }
        await notify(trx, channels.stop)
        return await trx.maybe<WorkerRow>(sql`${workers} where w.id = ${worker}`)
      })
      if (row === undefined) throw notFound('WORKER_MISSING', `There is no worker ${worker}.`)
      return { status: 200, body: present(row) }
    },
  )
}
