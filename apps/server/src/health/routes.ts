import { hostname } from 'node:os'
import { z } from '@hono/zod-openapi'
import { time } from '../common-schemas.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { runChecks, withinLimit } from './checks.ts'
import { listSchedulers, readWork } from './read-work.ts'
import type { RecentRequests } from './recent-requests.ts'

const count = z.int()

const detailsSchema = z
  .object({
    server: z.object({
      version: z.string(),
      host: z.string(),
      pid: z.int(),
      started_at: time,
      memory_bytes: z.int().openapi({ description: 'Of the process, resident.' }),
    }),
    checks: z
      .array(
        z.object({
          name: z.enum(['database', 'migrations', 'secrets_service', 'artifacts']),
          state: z
            .enum(['ok', 'failed', 'not_set'])
            .openapi({ description: '`not_set`: none was given, and what needs it does not work.' }),
          message: z.string().openapi({ description: 'What was found, or what is wrong with the next step.' }),
          duration_ms: z.int(),
        }),
      )
      .openapi({ description: 'What this server leans on, tried just now.' }),
    requests: z
      .object({ seconds: count, count, server_errors: count.openapi({ description: 'Answered with 5xx.' }) })
      .openapi({ description: 'That this process answered lately; others count their own.' }),
    schedulers: z
      .array(
        z.object({
          host: z.string(),
          pid: z.int(),
          state: z.enum(['active', 'silent']).openapi({
            description:
              'Silent: not heard of for more than 40 seconds, and not stopped in order. Another one forgets it after five minutes.',
          }),
          started_at: time,
          seen_at: time,
        }),
      )
      .optional()
      .openapi({ description: 'All do the same work, each thing once; one suffices.' }),
    workers: z.object({ active: count, draining: count, silent: count }).optional(),
    task_runs: z
      .object({
        ready: count,
        delayed: count.openapi({ description: 'That wait for their time: a retry or a deferral.' }),
        running: count,
      })
      .optional(),
  })
  .openapi('HealthDetails')

/** What administrators look at first when something does not work. */
export function healthRoutes(
  api: ServerApi,
  { db, engine, settings, log }: ServerContext,
  { version, readRequests }: { readonly version: string; readonly readRequests: () => RecentRequests },
): void {
  api.endpoint(
    {
      method: 'get',
      path: '/api/health/details',
      operationId: 'getHealthDetails',
      tag: 'platform',
      access: 'admin',
      summary: 'How this server and what it leans on are',
      description: 'Answers while the database is away, too, without what is read there.',
      query: z.strictObject({}),
      answers: { 200: detailsSchema },
      logLevel: 'debug',
    },
    async () => {
      const [checks, work] = await Promise.all([
        runChecks({ db, artifacts: engine.artifacts, settings }),
        withinLimit(readAll()).catch((err) => {
          log.warn({ err }, 'what runs could not be read')
          return {}
        }),
      ])
      const { serverErrors, ...requests } = readRequests()
      const server = {
        ...{ version, host: hostname(), pid: process.pid, memory_bytes: process.memoryUsage.rss() },
        started_at: new Date(Date.now() - process.uptime() * 1000).toISOString(),
      }
      const body = {
        ...{ server, requests: { ...requests, server_errors: serverErrors }, ...work },
        checks: checks.map(({ durationMs, ...rest }) => ({ ...rest, duration_ms: durationMs })),
      }
      return { status: 200, body }
    },
  )

  async function readAll() {
    const [schedulers, work] = await Promise.all([listSchedulers(db), readWork(db, engine.leaseSeconds)])
    const { active, draining, silent, ready, delayed, running } = work
    return {
      workers: { active, draining, silent },
      task_runs: { ready, delayed, running },
      schedulers: schedulers.map(({ host, pid, started_at, seen_at, is_silent }) => ({
        ...{ host, pid, state: is_silent ? ('silent' as const) : ('active' as const) },
        ...{ started_at: started_at.toISOString(), seen_at: seen_at.toISOString() },
      })),
    }
  }
}
