import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ConfigError, FatalError } from '@millrace/core'
import {
  type Account,
  give,
  onFreePort,
  type RunningServer,
  serverAccount,
  startServer,
  temporaryRoot,
} from '@millrace/db'
import { findMariadb, type MariadbBinaries } from './binaries.ts'
import { writeCertificate } from './certificate.ts'
import { fillDataDirectory } from './data-directory.ts'

export interface MariadbOptions {
  /** Offer TLS with a self-signed certificate; connections without it are accepted too. */
  readonly ssl?: boolean
  /** Server options without the dashes, such as `{ 'sql-mode': '' }`. */
  readonly settings?: Readonly<Record<string, string>>
}

export interface TestMariadb extends AsyncDisposable {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  /** As the server says it, such as `10.11.14-MariaDB`. */
  readonly version: string
  readonly dataDirectory: string
  /** PEM file of the certificate, its own authority; only with `ssl`. */
  readonly certificateFile: string | undefined
  readonly binaries: MariadbBinaries
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
/** Has every right. There is no other way in: root may only come through the socket. */
const user = 'millrace'
const database = 'test'

/** A MariaDB in a temporary directory, which goes away with the stop. Writes are not synced to disk. */
export async function startMariadb(options: MariadbOptions = {}): Promise<TestMariadb> {
  const binaries = findMariadb()
  if (binaries === null) {
    throw new ConfigError('TESTING_NO_MARIADB', { message: 'This machine has no MariaDB server. Run script/services.' })
  }
  const directory = mkdtempSync(join(temporaryRoot(), 'millrace-mariadb-'))
  try {
    return await start(binaries, directory, options)
  } catch (error) {
    rmSync(directory, { recursive: true, force: true })
    throw error
  }
}

async function start(binaries: MariadbBinaries, directory: string, options: MariadbOptions): Promise<TestMariadb> {
  const account = serverAccount('mysql')
  chmodSync(directory, 0o711)
  const data = join(directory, 'data')
  const run = join(directory, 'run')
  for (const path of [data, run]) {
    mkdirSync(path, { mode: 0o711 })
    give(path, account)
  }
  await fillDataDirectory({ path: data, account, installer: binaries.install }, () =>
    install(binaries, { data, temporary: run }, account),
  )

  const password = randomBytes(12).toString('hex')
  const tls = options.ssl ? writeCertificate(directory) : undefined
  if (tls) give(tls.keyFile, account)
  const settings = {
    datadir: data,
    'bind-address': host,
    // The system's temporary directory can be private to root.
    tmpdir: run,
    socket: join(run, 'mariadb.sock'),
    'pid-file': join(run, 'mariadb.pid'),
    'init-file': writeFirstStatements(directory, account, password),
    'skip-name-resolve': 'ON',
    'character-set-server': 'utf8mb4',
    'innodb-flush-log-at-trx-commit': '0',
    'innodb-flush-method': 'nosync',
    'innodb-doublewrite': 'OFF',
    ...(tls ? { 'ssl-cert': tls.certificateFile, 'ssl-ca': tls.certificateFile, 'ssl-key': tls.keyFile } : {}),
    ...options.settings,
  }
  const [server, port] = await startOnFreePort(binaries, directory, account, settings)
  try {
    const connection = { host, port, user, password, database }
    const version = await checkIdentity(connection, data)
    return {
      ...connection,
      ...{ version, binaries, certificateFile: tls?.certificateFile, pid: server.pid, dataDirectory: data },
      url: (name = database) => `mysql://${user}:${password}@${host}:${port}/${encodeURIComponent(name)}`,
      createDatabase: (name = `db_${randomBytes(6).toString('hex')}`) => createDatabase(connection, name),
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

async function install(
  binaries: MariadbBinaries,
  { data, temporary }: { data: string; temporary: string },
  account: Account | undefined,
): Promise<void> {
  const options = [
    '--no-defaults',
    `--datadir=${data}`,
    `--tmpdir=${temporary}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
  ]
  try {
    await promisify(execFile)(binaries.install, options, {
      cwd: '/',
      env: { ...process.env, TMPDIR: temporary },
      ...(account ?? {}),
    })
  } catch (cause) {
    throw new FatalError('TESTING_MARIADB_INSTALL_FAILED', {
      message: `mariadb-install-db could not fill ${data}: ${cause instanceof Error ? cause.message : cause}`,
      cause,
    })
  }
}

function writeFirstStatements(directory: string, account: Account | undefined, password: string): string {
  const file = join(directory, 'first.sql')
  const statements = [
    `create database if not exists ${database}`,
    `create or replace user '${user}'@'%' identified by '${password}'`,
    `grant all privileges on *.* to '${user}'@'%' with grant option`,
    `alter user 'root'@'localhost' account lock`,
  ]
  writeFileSync(file, statements.map((statement) => `${statement};\n`).join(''), { mode: 0o600 })
  give(file, account)
  return file
}

async function startOnFreePort(
  binaries: MariadbBinaries,
  directory: string,
  account: Account | undefined,
  settings: Readonly<Record<string, string>>,
): Promise<[RunningServer, number]> {
  return await onFreePort(async (port) => {
    const flags = Object.entries({ ...settings, port: `${port}` }).map(([name, value]) => `--${name}=${value}`)
    const server = await startServer({
      name: 'MariaDB',
      program: binaries.server,
      args: ['--no-defaults', ...flags],
      account,
      ready: /ready for connections/,
      portTaken: /Address already in use/,
      stopSignal: 'TERM',
      temporaryDirectory: directory,
    })
    return [server, port]
  })
}

interface ConnectionOptions {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

/** A port can be answered by somebody else's server, without any error: ask it where its data lies. */
async function checkIdentity(options: ConnectionOptions, dataDirectory: string): Promise<string> {
  const { createConnection } = await import('mysql2/promise')
  const connection = await createConnection(options)
  try {
    const [rows] = await connection.query({ sql: 'select @@datadir, @@version', rowsAsArray: true })
    const [directory, version] = (rows as unknown as [string, string][])[0] ?? ['', '']
    if (directory.replace(/\/$/, '') !== dataDirectory) {
      throw new FatalError('TESTING_WRONG_SERVER', {
        message: `The port of our MariaDB is answered by another one, of ${directory}.`,
      })
    }
    return version
  } finally {
    await connection.end()
  }
}

async function createDatabase(options: ConnectionOptions, name: string): Promise<string> {
  const { createConnection } = await import('mysql2/promise')
  const connection = await createConnection(options)
  try {
    await connection.query(`create database \`${name.replaceAll('`', '``')}\``)
    return name
  } finally {
    await connection.end()
  }
}
