import { z } from '@hono/zod-openapi'
import type { Api, Callers } from './api.ts'

export interface HealthOptions {
  readonly version: string
  /** What has to work for requests to be served, by name; a check that throws or takes too long is not ready. */
  readonly checks: Readonly<Record<string, () => Promise<void>>>
  readonly closing: AbortSignal
  /** Of the paths. Default: `/version`, and `/api` before the others. */
  readonly prefix?: string
}

const checkTimeoutMs = 2000

const readiness = z
  .object({
    ready: z.boolean(),
    checks: z.record(z.string(), z.enum(['ok', 'failed'])),
  })
  .openapi('Readiness')

/** `/version`, `/api/health` (the process lives) and `/api/ready` (it can serve; 503 while it cannot or closes). */
export function healthEndpoints<C extends Callers>(api: Api<C>, options: HealthOptions): void {
  api.endpoint(
    {
      method: 'get',
      path: `${options.prefix ?? ''}/version`,
      operationId: 'getVersion',
      tag: 'platform',
      summary: 'Version of the server',
      access: 'anyone',
      answers: { 200: z.object({ version: z.string() }).openapi('Version') },
      logLevel: 'debug',
      rate: 'none',
    },
    () => ({ status: 200, body: { version: options.version } }),
  )
  api.endpoint(
    {
      method: 'get',
      path: `${options.prefix ?? '/api'}/health`,
      operationId: 'getHealth',
      tag: 'platform',
      summary: 'Whether the process lives',
      access: 'anyone',
      answers: { 200: z.object({ status: z.literal('ok') }).openapi('Health') },
      logLevel: 'debug',
      rate: 'none',
    },
    () => ({ status: 200, body: { status: 'ok' as const } }),
  )
  api.endpoint(
    {
      method: 'get',
      path: `${options.prefix ?? '/api'}/ready`,
      operationId: 'getReadiness',
      tag: 'platform',
      summary: 'Whether requests can be served',
      access: 'anyone',
      answers: { 200: readiness, 503: readiness },
      logLevel: 'debug',
      rate: 'none',
    },
    async () => {
      const entries = await Promise.all(
        Object.entries(options.checks).map(async ([name, check]) => [name, await outcome(check)] as const),
      )
      const checks = Object.fromEntries(entries)
      const ready = !options.closing.aborted && entries.every(([, state]) => state === 'ok')
      return ready ? { status: 200, body: { ready, checks } } : { status: 503, body: { ready: false, checks } }
    },
  )
}

async function outcome(check: () => Promise<void>): Promise<'ok' | 'failed'> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('The check took too long.')), checkTimeoutMs)
  })
  try {
    await Promise.race([check(), late])
    return 'ok'
  } catch {
    return 'failed'
  } finally {
    clearTimeout(timer)
  }
}
