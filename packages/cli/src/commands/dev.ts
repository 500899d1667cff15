import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { isMillraceError, type Logger } from '@millrace/core'
import { type Db, type EmbeddedPostgres, freePort, openDatabase, startEmbeddedPostgres } from '@millrace/db'
import { failureBus, localArtifacts } from '@millrace/engine'
import { type RunningServer, startServer } from '@millrace/server'
import { type Context, exitCodes } from '../context.ts'
import { servingAllQueues } from '../dev/all-queues.ts'
import { keepPort, lastPort, lockHome, removeDevFile, startOf, writeDevFile } from '../dev/dev-file.ts'
import { personsLogger } from '../dev/dev-log.ts'
import { startDevSecrets } from '../dev/dev-secrets.ts'
import { redeployOnChange } from '../dev/redeploy.ts'
import { projectFolder } from '../project/project-folder.ts'
import { projectValues } from '../project/project-values.ts'
import { withoutPassword } from '../secrets.ts'
import { version } from '../version.ts'
import { runWorker } from '../worker/run-worker.ts'

export interface DevRequest {
  readonly port?: number
  /** Where the database and artifacts are. */
  readonly data?: string
  /** False: none. */
  readonly worker?: boolean
  readonly slots: number
  readonly watch?: true
}

/** How long tasks may go on after Ctrl-C; then they are stopped, and run again at the next start. */
const drainMs = 5000
/** For everything: tasks that ignore being stopped included. */
const closingMs = 45_000

/** Server, scheduler and worker in one process, on a database that nobody has to install, until it is asked to stop. */
export async function dev(request: DevRequest, context: Context): Promise<number> {
  const { secrets, settings, signal, err } = context
  const folder = projectFolder()
  const home = process.env.MILLRACE_HOME === undefined ? join(folder, '.millrace') : resolve(settings.home)
  const data = resolve(request.data ?? home)
  using _lock = lockHome(home)
  context.holdOpen(closingMs)
  const log = await personsLogger('dev', context)
  await using started = new AsyncDisposableStack()
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})

  const { db, place } = await database(started, { data, context, log, onFailure: failed.reject })
  signal.throwIfAborted()
  const token = settings.adminToken ?? randomBytes(24).toString('base64url')
  secrets.add([token])
  const artifacts = localArtifacts(join(data, 'artifacts'))
  const { leaseSeconds, retentionDays: days, retentionRuns: keepRuns } = settings
  const withSecrets = await startDevSecrets(started, { db, data, settings, log })
  const server = await onPort(request, home, (port) =>
    startServer({
      ...{ db, artifacts, log, adminToken: token, port, version, leaseSeconds },
      failureBus: failureBus(),
      settings: {
        ...withSecrets,
        // Who uses it owns the machine.
        localConnections: true,
        publicUrl: settings.publicUrl ?? `http://127.0.0.1:${port}`,
      },
      scheduler: { retention: { days, keepRuns } },
    }),
  )
  started.use(server)
  writeDevFile(home, { url: server.url, token, pid: process.pid, started: startOf(process.pid) })
  started.defer(() => removeDevFile(home))

  const values = projectValues(folder, secrets)
  const { slots } = request
  const worker =
    request.worker === false
      ? null
      : started.use(
          runWorker({
            ...{
              api: servingAllQueues(db, server.workerApi),
              name: 'dev',
              queues: ['default'],
              slots,
              values,
              home: data,
            },
            ...{ settings, log, drainMs },
          }),
        )
  const link = await server.signInLink()
  err(welcome({ server, link, place, artifacts: join(data, 'artifacts'), folder, slots: worker === null ? 0 : slots }))
  if (request.watch) started.use(watchProject(folder, server, context))

  await Promise.race([untilAborted(signal), failed.promise, ...(worker === null ? [] : [worker.ended])])
  if (worker !== null) {
    const { holds } = worker
    if (holds > 0)
      err(
        `${holds} ${holds === 1 ? 'task runs' : 'tasks run'}; after ${drainMs / 1000} s they are stopped, and run again at the next start.\n`,
      )
    await worker.drain()
  }
  await started.disposeAsync()
  err('Stopped. Everything is kept for the next start.\n')
  return exitCodes.done
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((done) => signal.addEventListener('abort', () => done(), { once: true }))
}

async function database(
  started: AsyncDisposableStack,
  {
    data,
    context,
    log,
    onFailure,
  }: {
    readonly data: string
    readonly context: Context
    readonly log: Logger
    readonly onFailure: (error: Error) => void
  },
): Promise<{ readonly db: Db; readonly place: string }> {
  const { settings, secrets, err, signal } = context
  const given = settings.databaseUrl ?? process.env.DATABASE_URL
  let url = given
  let place = given === undefined ? '' : withoutPassword(given)
  if (url === undefined) {
    const folder = join(data, 'postgres')
    const isNew = !existsSync(join(folder, 'cluster'))
    err(isNew ? `Making a database in ${folder}, this once…\n` : 'Starting the database…\n')
    const postgres: EmbeddedPostgres = await startEmbeddedPostgres({
      dataDirectory: folder,
      onRestart: () => log.warn('The database had ended and was started again.'),
      onFailure,
    })
    started.use(postgres)
    url = postgres.url
    place = `PostgreSQL ${postgres.version} in ${folder}, ready after ${Math.round(postgres.startedInMs)} ms`
  }
  const password = /^[a-z]+:\/\/[^/?#@]*?:([^/?#]*)@/i.exec(url)?.[1]
  secrets.add([url, ...(password ? [password, decodeURIComponent(password)] : [])])
  const db = await openDatabase({
    url,
    applicationName: 'millrace dev',
    signal,
    onConnectionLost: (error) => log.warn({ err: error }, 'A connection to the database was lost.'),
  })
  started.use(db)
  return { db, place }
}

/** A given port has to be free; else the one of the last time, or any. Known before the server starts, which tells services its address. */
async function onPort(
  { port }: DevRequest,
  home: string,
  start: (port: number) => Promise<RunningServer>,
): Promise<RunningServer> {
  const before = lastPort(home)
  let server: RunningServer
  try {
    server = await start((port ?? before) || (await freePort()))
  } catch (error) {
    const isTaken = isMillraceError(error) && error.code === 'PORT_IN_USE'
    if (!isTaken || (port !== undefined && port !== 0) || before === 0) throw error
    server = await start(await freePort())
  }
  keepPort(home, Number(new URL(server.url).port))
  return server
}

function watchProject(folder: string, server: RunningServer, { err, secrets }: Context): AsyncDisposable {
  return redeployOnChange({
    engine: server.engine,
    folder,
    onDeployed: (names) => err(`Deployed ${names.join(', ')} from ${folder}; a change deploys it again.\n`),
    onProblem: (text) => err(`${secrets.mask(text)}\nNothing was deployed; the next change is tried again.\n`),
  })
}

function welcome({
  server,
  link,
  place,
  artifacts,
  folder,
  slots,
}: {
  readonly server: RunningServer
  readonly link: string
  readonly place: string
  readonly artifacts: string
  readonly folder: string
  readonly slots: number
}): string {
  return [
    '',
    `Millrace ${version} listens at ${server.url}, for this machine only.`,
    `  worker    ${slots === 0 ? 'none; start one with "millrace worker"' : `${slots} tasks at a time, in processes of their own`}`,
    `  state     ${place}`,
    `  artifacts ${artifacts}`,
    '',
    `Console: ${link}`,
    'The link signs in once, within ten minutes; "millrace console" opens it with a new one.',
    '',
    'From a second shell in this folder, which finds the address and the token by itself:',
    ...nextSteps(folder).map((command) => `  ${command}`),
    '',
    'Ctrl-C stops it.',
    '',
    '',
  ].join('\n')
}

/** What there is to do where there is a package with workflows, and where there is none yet. */
function nextSteps(folder: string): readonly string[] {
  if (!existsSync(join(folder, 'package.json'))) {
    return ['millrace projects create NAME', 'millrace pipelines apply FILE --project NAME', 'millrace --help']
  }
  const here = relative(process.cwd(), folder)
  return [`millrace deploy${here === '' ? '' : ` ${here}`}`, 'millrace trigger WORKFLOW --follow']
}
