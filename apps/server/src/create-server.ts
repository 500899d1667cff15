import type { Logger } from '@millrace/core'
import { sql } from '@millrace/db'
import { type Engine, engineWorkerApi, type WorkerApi, type WorkSignals } from '@millrace/engine'
import { createApi, healthEndpoints, type OpenApiDocument } from '@millrace/http'
import { administrator, workerTokens } from './authenticate.ts'
import { backfillRoutes } from './backfills/index.ts'
import { metricRoutes } from './metrics/index.ts'
import { poolRoutes } from './pools/index.ts'
import { listenForRuns, runRoutes } from './runs/index.ts'
import { scheduleRoutes } from './schedules/index.ts'
import type { ServerApi, ServerContext, ServerPrincipal } from './server-context.ts'
import { specRoutes } from './spec.ts'
import { statusByCode } from './status-by-code.ts'
import { createLogChanges, taskRunRoutes, tellingWorkerApi } from './task-runs/index.ts'
import { variableRoutes } from './variables/index.ts'
import { workerProtocolRoutes } from './worker/index.ts'
import { workerTokenRoutes } from './worker-tokens/index.ts'
import { workerRoutes } from './workers/index.ts'
import { packageRoutes, workflowRoutes } from './workflows/index.ts'

export interface ServerOptions {
  readonly engine: Engine
  /** Shared with a worker in the same process, if there is one. */
  readonly signals: WorkSignals
  readonly log: Logger
  /** Whoever has it may do everything; workers have tokens of their own. */
  readonly adminToken: string
  /** Shown by `/version`. */
  readonly version: string
}

export interface Server extends AsyncDisposable {
  /** Answers requests, also without listening. */
  readonly fetch: (request: Request) => Promise<Response>
  readonly request: (path: string, init?: RequestInit) => Promise<Response>
  readonly document: OpenApiDocument
  /** The engine as workers in this process see it; what they write to logs is told to those who follow them. */
  readonly workerApi: WorkerApi
  /** Ends answers that wait for something: long polls with what they have, streams at once. */
  stopWaiting(): void
}

/** The API over an engine whose database is migrated. Dispose ends what it listens to; engine and database stay open. */
export async function createServer(options: ServerOptions): Promise<Server> {
  const { engine, signals, log, adminToken, version } = options
  const closing = new AbortController()
  const runChanges = await listenForRuns(engine.db)
  const logChanges = createLogChanges()
  const workerApi = tellingWorkerApi(engineWorkerApi(engine, { signals }), logChanges)
  const api: ServerApi = createApi<ServerPrincipal>({
    log,
    closing: closing.signal,
    statusByCode,
    authenticate: [administrator(adminToken), workerTokens(engine.db)],
  })
  const context: ServerContext = { engine, workerApi, runChanges, logChanges, log }
  const checks = {
    database: async () => {
      await engine.db.execute(sql`select 1`)
    },
  }
  healthEndpoints(api, { version, checks, closing: closing.signal })
  metricRoutes(api, context)
  packageRoutes(api, context)
  workflowRoutes(api, context)
  runRoutes(api, context)
  taskRunRoutes(api, context)
  scheduleRoutes(api, context)
  backfillRoutes(api, context)
  poolRoutes(api, context)
  variableRoutes(api, context)
  workerRoutes(api, context)
  workerTokenRoutes(api, context)
  workerProtocolRoutes(api, context)
  const document = specRoutes(api, version)
  return {
    fetch: api.fetch,
    request: api.request,
    document,
    workerApi,
    stopWaiting: () => closing.abort(),
    async [Symbol.asyncDispose]() {
      closing.abort()
      await runChanges[Symbol.asyncDispose]()
    },
  }
}
