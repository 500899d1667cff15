import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { ConfigError, FatalError } from '@millrace/core'
import {
  type Account,
  embeddedPostgres,
  give,
  isReachableByOthers,
  isRoot,
  onFreePort,
  ownerOf,
  type PostgresBinaries,
  type RunningServer,
  serverAccount,
  startServer,
  temporaryRoot,
} from '@millrace/db'
import pg from 'pg'
import { findPostgres15 } from './binaries.ts'
import { selfSignedCertificate } from './certificate.ts'
import { fillDataDirectory } from './data-directory.ts'

export interface PostgresOptions {
  /** `embedded` comes with the npm packages; `15` is the system's. Default `embedded`. */
  readonly version?: 'embedded' | '15'
  /** Whether the password is asked for. Default `trust`. */
  readonly auth?: 'trust' | 'scram'
  /** Offer TLS with a self-signed certificate; connections without it are accepted too. */
  readonly ssl?: boolean
  /** Server settings, as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>
  /**
   * Where the data stays after the stop, to be started from again. Default: a temporary directory
   * that is removed. A kept server syncs its writes to disk, a temporary one does not.
   */
  readonly dataDirectory?: string
}

export interface TestPostgres extends AsyncDisposable {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  /** As the server says it, such as `15.18`. */
  readonly version: string
  readonly dataDirectory: string
  /** PEM file of the certificate, its own authority; only with `ssl`. */
  readonly certificateFile: string | undefined
  readonly binaries: PostgresBinaries
  readonly pid: number
  url(database?: string): string
  /** Makes an empty database and returns its name; without a name, a new one. */
  createDatabase(name?: string): Promise<string>
  /** The last part of the server's log. */
  log(): string
  /** Kills the server the way a crash does. `stop` is still due. */
  kill(): Promise<void>
  stop(): Promise<void>
}

const host = '127.0.0.1'
const user = 'postgres'
const run = promisify(execFile)

export async function startPostgres(options: PostgresOptions = {}): Promise<TestPostgres> {
  const binaries = options.version === '15' ? findPostgres15() : embeddedPostgres()
  if (binaries === null) {
    throw new ConfigError('TESTING_NO_POSTGRES_15', {
      message: 'This machine has no PostgreSQL 15. Run script/services, or use the embedded one.',
    })
  }
  const home = placeFor(options.dataDirectory)
  try {
    const password = await initialise(binaries, home)
    const certificateFile = options.ssl ? writeCertificate(home) : undefined
    const hba = join(home.data, 'pg_hba.conf')
    writeFileSync(hba, `host all all all ${options.auth === 'scram' ? 'scram-sha-256' : 'trust'}\n`)
    const settings = {
      listen_addresses: host,
      unix_socket_directories: '',
      // A kept database is somebody's data; a temporary one is gone after the test anyway.
      ...(home.temporary === undefined ? {} : { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }),
      ...(certificateFile
        ? { ssl: 'on', ssl_cert_file: certificateFile, ssl_key_file: join(home.data, 'key.pem') }
        : {}),
      ...options.settings,
    }
    return await start({ binaries, home, password, settings, certificateFile })
  } catch (error) {
    if (home.temporary !== undefined) rmSync(home.temporary, { recursive: true, force: true })
    throw error
  }
}

interface Home {
  readonly data: string
  readonly temporary: string | undefined
  readonly account: Account | undefined
}

function placeFor(dataDirectory: string | undefined): Home {
  if (dataDirectory === undefined) {
    const temporary = mkdtempSync(join(temporaryRoot(), 'millrace-postgres-'))
    chmodSync(temporary, 0o711)
    const account = serverAccount('postgres')
    const data = join(temporary, 'data')
    mkdirSync(data, { mode: 0o700 })
    give(data, account)
    return { data, temporary, account }
  }
  const data = resolve(dataDirectory)
  const isNew = !existsSync(data)
  mkdirSync(data, { recursive: true, mode: 0o700 })
  if (isRoot() && !isReachableByOthers(join(data, '..'))) {
    throw new ConfigError('TESTING_UNREACHABLE', {
      message: `As root the server runs under another account, which cannot reach ${data}. Choose a directory whose parents everybody may enter.`,
    })
  }
  const account = (isNew ? undefined : ownerOf(data)) ?? serverAccount('postgres')
  give(data, account)
  return { data, temporary: undefined, account }
}

/**
 * Makes the cluster where there is none yet; returns the password it was made with. All clusters that a program made on
 * this machine are copies of one: they share its password and its system identifier.
 */
async function initialise(binaries: PostgresBinaries, home: Home): Promise<string> {
  const file = join(home.data, 'millrace-password')
  if (!existsSync(join(home.data, 'PG_VERSION'))) {
    const directory = { path: home.data, account: home.account, installer: binaries.initdb }
    await fillDataDirectory(directory, async () => {
      const password = randomBytes(12).toString('hex')
      await initdb(binaries, home, password)
      writeFileSync(file, password, { mode: 0o600 })
    })
  }
  return readFileSync(file, 'utf8')
}

async function initdb(binaries: PostgresBinaries, home: Home, password: string): Promise<void> {
  const passwordFile = join(mkdtempSync(join(temporaryRoot(), 'millrace-initdb-')), 'password')
  const passwordDirectory = join(passwordFile, '..')
  chmodSync(passwordDirectory, 0o711)
  writeFileSync(passwordFile, password, { mode: 0o600 })
  give(passwordFile, home.account)
  try {
    await run(
      binaries.initdb,
      [
        ...['-D', home.data, '-U', user, '--pwfile', passwordFile, '--auth=scram-sha-256'],
        ...['--encoding=UTF8', '--locale=C', '--no-sync'],
      ],
      { cwd: '/', ...(home.account ?? {}) },
    )
  } catch (cause) {
    throw new FatalError('TESTING_INITDB_FAILED', {
      message: `initdb could not make a cluster in ${home.data}: ${cause instanceof Error ? cause.message : cause}`,
      cause,
    })
  } finally {
    rmSync(passwordDirectory, { recursive: true, force: true })
  }
}

/** The key belongs to the server's account alone; the certificate is for everybody. */
function writeCertificate(home: Home): string {
  const { certificate, key } = selfSignedCertificate()
  const keyFile = join(home.data, 'key.pem')
  rmSync(keyFile, { force: true })
  writeFileSync(keyFile, key, { mode: 0o600 })
  give(keyFile, home.account)
  const certificateFile = join(home.temporary ?? home.data, 'certificate.pem')
  writeFileSync(certificateFile, certificate, { mode: 0o644 })
  return certificateFile
}

interface StartSpec {
  readonly binaries: PostgresBinaries
  readonly home: Home
  readonly password: string
  readonly settings: Readonly<Record<string, string>>
  readonly certificateFile: string | undefined
}

async function start(spec: StartSpec): Promise<TestPostgres> {
  const { binaries, home, password } = spec
  const [server, port] = await startOnFreePort(spec)
  const url = (database = 'postgres') =>
    `postgresql://${user}:${password}@${host}:${port}/${encodeURIComponent(database)}`
  try {
    const version = await checkIdentity(url(), home.data)
    return {
      ...{ host, port, user, password, database: 'postgres', version, binaries, pid: server.pid },
      dataDirectory: home.data,
      certificateFile: spec.certificateFile,
      url,
      createDatabase: (name = `db_${randomBytes(6).toString('hex')}`) => createDatabase(url(), name),
      log: server.log,
      kill: server.kill,
      stop: server.stop,
      [Symbol.asyncDispose]: server.stop,
    }
  } catch (error) {
    await server.stop()
    throw error
  }
}

async function startOnFreePort({ binaries, home, settings }: StartSpec): Promise<[RunningServer, number]> {
  return await onFreePort(async (port) => {
    const flags = Object.entries({ ...settings, port: `${port}` }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ])
    const server = await startServer({
      name: 'PostgreSQL',
      program: binaries.postgres,
      args: ['-D', home.data, ...flags],
      account: home.account,
      ready: /database system is ready to accept connections/,
      portTaken: /Address already in use/,
      stopSignal: 'INT',
      temporaryDirectory: home.temporary,
    })
    return [server, port]
  })
}

/** A port can be answered by somebody else's server, without any error: ask it where its data lies. */
async function checkIdentity(url: string, dataDirectory: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query(
      `select current_setting('data_directory') as directory, current_setting('server_version') as version`,
    )
    if (rows[0].directory !== dataDirectory) {
      throw new FatalError('TESTING_WRONG_SERVER', {
        message: `The port of our PostgreSQL is answered by another one, of ${rows[0].directory}.`,
      })
    }
    return rows[0].version.split(' ')[0]
  } finally {
    await client.end()
  }
}

async function createDatabase(url: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    // Copies files instead of writing all of them to the log as well: half the work.
    await client.query(`create database ${client.escapeIdentifier(name)} strategy file_copy`)
    return name
  } finally {
    await client.end()
  }
}
