import {
  ConfigError,
  type Logger,
  type PlatformSettings,
  readGuideSettings,
  readPlatformSettings,
  startTelemetry,
} from '@millrace/core'
import type { Db } from '@millrace/db'
import {
  type ArtifactStore,
  createEngine,
  type Engine,
  type FailureBus,
  listenForWork,
  type RunFailure,
  reportFailure,
  type SchedulerOptions,
  startFailureReports,
  startScheduler,
  type WorkerApi,
} from '@millrace/engine'
import { serve } from '@millrace/http'
import { createSignInLink } from './authentication/index.ts'
import { createServer } from './create-server.ts'
import { migrateServer } from './database.ts'
import { startEventDelivery } from './events/index.ts'
import { allJobs } from './jobs/all-jobs.ts'
import { startJobs } from './jobs/index.ts'
import { isLoopback } from './known-hosts.ts'
import { checkKeys } from './secrets/index.ts'
import type { ServerContext } from './server-context.ts'
import { version as ownVersion } from './version.ts'

export interface StartServerOptions {
  /** Is migrated. Stays open. */
  readonly db: Db
  readonly artifacts: ArtifactStore
  readonly log: Logger
  readonly adminToken: string
  /** Default `127.0.0.1`: nobody outside of this machine. */
  readonly host?: string
  /** 0 takes a free one. */
  readonly port: number
  /** How long a worker may be silent, in seconds. Default 30. */
  readonly leaseSeconds?: number
  /** False where another process has the scheduler, sends events and runs jobs; several may. Default: on, with its defaults. */
  readonly scheduler?: false | Partial<Omit<SchedulerOptions, 'log'>>
  /** Where failed tasks are published. Default null: nowhere. */
  readonly failureBus?: FailureBus | null
  /** Default: of this package. */
  readonly version?: string
  /** What the features of the server are told by the operator. Default: nothing. */
  readonly settings?: PlatformSettings
  /** Takes a JSON object as a bearer token for the user that it describes. For tests only. Default: what the settings say. */
  readonly dummyUsers?: boolean
  /** How often callers of streams are looked at: whether they may still have them. In milliseconds; default 5000. */
  readonly streamRecheckMs?: number
}

export interface RunningServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string
  readonly engine: Engine
  /** For a worker in this process. */
  readonly workerApi: WorkerApi
  /** An address that signs the administrator's browser in: once, within ten minutes. */
  signInLink(): Promise<string>
  /** What the features of the server work on. */
  readonly context: ServerContext
  /**
   * Takes no more requests, answers those that wait at once, and ends what runs within `timeoutMs` (default 10,000). Runs go
   * on when a server is started again; workers keep what they have until then.
   */
  close(options?: { readonly timeoutMs?: number }): Promise<void>
}

/**
 * Migrates the database, starts the scheduler and listens.
 *
 * @throws ConfigError DUMMY_USERS_REFUSED, PORT_IN_USE, PORT_NOT_PERMITTED, HOST_UNKNOWN, KEY_INVALID and others about keys,
 * and what migrations say.
 */
export async function startServer(options: StartServerOptions): Promise<RunningServer> {
  const { db, artifacts, log, adminToken, host, port, leaseSeconds, failureBus = null, version = ownVersion } = options
  const { settings = readPlatformSettings({ env: {} }), dummyUsers = settings.dummyUsers } = options
  if (dummyUsers) checkDummyUsers(host, log)
  await checkKeys(settings)
  await migrateServer(db)
  const engine = createEngine({
    ...{ db, artifacts, failureReports: failureBus && {} },
    ...(leaseSeconds === undefined ? {} : { leaseSeconds }),
  })
  await using started = new AsyncDisposableStack()
  const telemetry = await startTelemetry(readGuideSettings())
  started.defer(async () => await telemetry.shutdown())
  const signals = started.use(await listenForWork(db))
  const on = host === undefined ? {} : { host }
  const streams = options.streamRecheckMs === undefined ? {} : { streamRecheckMs: options.streamRecheckMs }
  const api = started.use(
    await createServer({ engine, signals, log, adminToken, version, settings, dummyUsers, ...on, ...streams }),
  )
  if (options.scheduler !== false) {
    started.use(await startScheduler(engine, { pauseFile: settings.pauseFile, ...options.scheduler, log }))
    started.use(await startEventDelivery(db, { settings, log }))
    started.use(await startJobs(api.context, { jobs: allJobs }))
  }
  if (failureBus !== null) {
    const stop = new AbortController()
    const publish = async (failure: RunFailure, signal: AbortSignal) =>
      await reportFailure(failureBus, failure, {
        warn: (message) => log.warn(message),
        signal: AbortSignal.any([signal, stop.signal]),
      })
    started.use(await startFailureReports(engine, { publish, log }))
    // What is not published stays in the outbox: nobody waits for a broker that is away.
    started.defer(() => stop.abort())
  }
  const server = await serve({ fetch: api.fetch, port, ...on })
  const resources = started.move()
  let closing: Promise<void> | undefined
  const close = ({ timeoutMs }: { readonly timeoutMs?: number } = {}) => {
    closing ??= (async () => {
      api.stopWaiting()
      await server.close(timeoutMs === undefined ? {} : { timeoutMs })
      await resources.disposeAsync()
    })()
    return closing
  }
  return {
    url: server.url,
    engine,
    workerApi: api.workerApi,
    context: api.context,
    signInLink: async () => `${server.url}${await createSignInLink(db)}`,
    close,
    [Symbol.asyncDispose]: () => close(),
  }
}

function checkDummyUsers(host: string | undefined, log: Logger): void {
  if (host !== undefined && !isLoopback(host)) {
    throw new ConfigError('DUMMY_USERS_REFUSED', {
      message: `MILLRACE_DUMMY_USERS lets everybody be anybody, so the server may listen on 127.0.0.1 only, not on ${host}. Unset one of the two.`,
    })
  }
  log.warn('everybody may be anybody here: this is for tests')
}
