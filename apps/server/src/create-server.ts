import type { Logger, PlatformSettings } from '@millrace/core'
import { sql } from '@millrace/db'
import { type Engine, engineWorkerApi, type WorkerApi, type WorkSignals } from '@millrace/engine'
import { createApi, healthEndpoints, requestMetrics } from '@millrace/http'
import { createAdmit } from './admit.ts'
import { auditRoutes } from './audit/index.ts'
import { authenticationRoutes, createAuthentication, isHttps, listOf } from './authentication/index.ts'
import { createAuthz } from './authz/index.ts'
import { backfillRoutes } from './backfills/index.ts'
import { callLimits } from './call-limits.ts'
import { computeRoutes, seedPools } from './compute/index.ts'
import { connectedServiceRoutes } from './connected-services/index.ts'
import { connectionRoutes, connectionTrials, connectionVault } from './connections/index.ts'
import { consoleSite } from './console/index.ts'
import { copyRoutes } from './copies/index.ts'
import { dataConnectorRoutes } from './data-connectors/index.ts'
import { environmentRoutes, seedEnvironments } from './environments/index.ts'
import { gridRoutes } from './grid/index.ts'
import { groupRoutes } from './groups/index.ts'
import { healthRoutes, recentRequests } from './health/index.ts'
import { allJobs } from './jobs/all-jobs.ts'
import { jobRoutes } from './jobs/index.ts'
import { knownHosts } from './known-hosts.ts'
import { launcherRoutes } from './launchers/index.ts'
import { liveRoutes } from './live/index.ts'
import { metricRoutes } from './metrics/index.ts'
import { namespaceRoutes } from './namespaces/index.ts'
import { openStreams } from './open-streams.ts'
import { operatorRoutes } from './operators/index.ts'
import { overviewRoutes } from './overview/index.ts'
import { pipelineRoutes } from './pipelines/index.ts'
import { platformRoutes } from './platform/index.ts'
import { poolRoutes } from './pools/index.ts'
import type { ServerAccess, ServerApi } from './principals.ts'
import { projectCopyRoutes } from './project-copies/index.ts'
import { projectRoutes } from './projects/index.ts'
import { queueRoutes } from './queues/index.ts'
import { removalRoutes } from './removal/index.ts'
import { repositoryRoutes } from './repositories/index.ts'
import { listenForRuns, runRoutes } from './runs/index.ts'
import { scheduleRoutes } from './schedules/index.ts'
import { searchRoutes } from './search/index.ts'
import { secretRoutes } from './secrets/index.ts'
import type { ServerContext } from './server-context.ts'
import { sessionSecretRoutes } from './session-secrets/index.ts'
import { sharingReads } from './sharing-reads.ts'
import { specRoutes } from './spec.ts'
import { statusByCode } from './status-by-code.ts'
import { storageRoutes } from './storage/index.ts'
import { createLogChanges, taskRunRoutes, tellingWorkerApi } from './task-runs/index.ts'
import { userRoutes } from './users/index.ts'
import { variableRoutes } from './variables/index.ts'
import { workerProtocolRoutes } from './worker/index.ts'
import { workerTokenRoutes } from './worker-tokens/index.ts'
import { workerRoutes } from './workers/index.ts'
import { workflowAccess } from './workflow-access/index.ts'
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
  readonly settings: PlatformSettings
  /** Address that it is going to listen on; one of this machine is called by names of this machine only. Default `127.0.0.1`. */
  readonly host?: string
  /** Takes a JSON object as a bearer token for the user that it describes. For tests only. */
  readonly dummyUsers: boolean
  /** How often callers of streams are looked at: whether they may still have them. In milliseconds; default 5000. */
  readonly streamRecheckMs?: number
}

export interface Server extends AsyncDisposable {
  /** Answers requests, also without listening. */
  readonly fetch: (request: Request) => Promise<Response>
  readonly request: (path: string, init?: RequestInit) => Promise<Response>
  /** The engine as workers in this process see it; what they write to logs is told to those who follow them. */
  readonly workerApi: WorkerApi
  /** What its features work on, for work beside requests. */
  readonly context: ServerContext
  /** Ends answers that wait for something: long polls with what they have, streams at once. */
  stopWaiting(): void
}

/** The API over an engine whose database is migrated. Dispose ends what it listens to; engine and database stay open. */
export async function createServer(options: ServerOptions): Promise<Server> {
  const { engine, signals, log, adminToken, version, settings, host = '127.0.0.1' } = options
  const closing = new AbortController()
  const runChanges = await listenForRuns(engine.db)
  const logChanges = createLogChanges()
  const { db } = engine
  const vault = connectionVault(engine, settings)
  const workerApi = tellingWorkerApi(engineWorkerApi(engine, { signals, vault }), logChanges)
  const authz = createAuthz()
  const { dummyUsers, streamRecheckMs } = options
  const authentication = createAuthentication({ db, authz, settings, log, adminToken, dummyUsers })
  const admit = createAdmit(settings)
  const requests = requestMetrics()
  const recent = recentRequests()
  const api: ServerApi = createApi<ServerAccess>({
    log,
    closing: closing.signal,
    statusByCode,
    authenticate: authentication.chain,
    admit,
    signInOptional: ['open'],
    requestTimeoutMs: settings.requestTimeoutSeconds * 1000,
    limit: callLimits(settings),
    isKnownHost: knownHosts(host, settings),
    corsOrigins: listOf(settings.corsOrigins),
    isHttps: isHttps(settings),
    onAnswer(call) {
      requests.note(call)
      recent.note(call)
    },
  })
  const { internalTokens } = authentication
  const context: ServerContext = {
    ...{ db, reads: sharingReads(db), engine, workerApi, runChanges, logChanges, log, authz, settings, internalTokens },
    workflowAccess: workflowAccess(db, authz),
    streams: openStreams({
      ...{ log, authenticate: authentication.listeners, admit: admit.user },
      ...(streamRecheckMs === undefined ? {} : { everyMs: streamRecheckMs }),
    }),
  }
  await seedPools(context)
  await seedEnvironments(context)
  const checks = {
    database: async () => {
      await engine.db.execute(sql`select 1`)
    },
  }
  healthEndpoints(api, { version, checks, closing: closing.signal })
  healthRoutes(api, context, { version, readRequests: recent.read })
  metricRoutes(api, context, requests.read)
  packageRoutes(api, context)
  workflowRoutes(api, context)
  gridRoutes(api, context)
  overviewRoutes(api, context)
  runRoutes(api, context)
  taskRunRoutes(api, context)
  liveRoutes(api, context)
  scheduleRoutes(api, context)
  backfillRoutes(api, context)
  poolRoutes(api, context)
  queueRoutes(api, context)
  variableRoutes(api, context)
  workerRoutes(api, context)
  workerTokenRoutes(api, context)
  workerProtocolRoutes(api, context)
  userRoutes(api, context)
  namespaceRoutes(api, context)
  groupRoutes(api, context)
  projectRoutes(api, context)
  projectCopyRoutes(api, context)
  removalRoutes(api, context)
  authenticationRoutes(api, context, authentication)
  dataConnectorRoutes(api, context)
  storageRoutes(api, context)
  repositoryRoutes(api, context)
  connectedServiceRoutes(api, context)
  computeRoutes(api, context)
  environmentRoutes(api, context)
  launcherRoutes(api, context)
  platformRoutes(api, context)
  secretRoutes(api, context)
  sessionSecretRoutes(api, context)
  const trials = connectionTrials(settings)
  connectionRoutes(api, context, trials)
  copyRoutes(api, context, trials)
  operatorRoutes(api)
  pipelineRoutes(api, context, trials)
  searchRoutes(api, context)
  jobRoutes(api, context, allJobs)
  auditRoutes(api, context)
  specRoutes(api, version)
  const site = consoleSite({ folder: settings.consoleDir, isHttps: isHttps(settings) })
  return {
    fetch: async (request) => (await site?.(request)) ?? (await api.fetch(request)),
    request: api.request,
    workerApi,
    context,
    stopWaiting: () => closing.abort(),
    async [Symbol.asyncDispose]() {
      closing.abort()
      await runChanges[Symbol.asyncDispose]()
    },
  }
}
