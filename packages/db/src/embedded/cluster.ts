import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { ConfigError, FatalError } from '@millrace/core'
import { type Account, give, isReachableByOthers, isRoot, ownerOf, serverAccount } from '../server/account.ts'
import type { PostgresBinaries } from '../server/postgres-binaries.ts'
import { isRunning } from './process-list.ts'

export const embeddedUser = 'millrace'

/** Where the server's files are and as whom it runs. */
export interface Cluster {
  /** What PostgreSQL calls the data directory. */
  readonly directory: string
  readonly account: Account | undefined
  readonly password: string
}

/** For root, whose own folders no other account can enter. */
const placeOfRoot = '/var/lib/millrace'
const passwordFile = 'millrace-password'
const run = promisify(execFile)

/**
 * The cluster in `dataDirectory`, made when there is none. It appears there in one step, whatever happens
 * while it is made, and of two processes that make it at once, both get the same.
 */
export async function openCluster(dataDirectory: string, binaries: PostgresBinaries): Promise<Cluster> {
  const folder = resolve(dataDirectory)
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  const link = join(folder, 'cluster')
  if (!existsSync(link)) {
    refuseLostCluster(link)
    await makeCluster(folder, link, binaries)
  }
  const directory = realpathSync(link)
  checkOwner(directory)
  return {
    directory,
    account: ownerOf(directory),
    password: readFileSync(join(directory, passwordFile), 'utf8'),
  }
}

async function makeCluster(folder: string, link: string, binaries: PostgresBinaries): Promise<void> {
  removeUnfinished(folder)
  const account = serverAccount('postgres')
  const fresh = freshDirectory(folder, account)
  try {
    const password = randomBytes(24).toString('base64url')
    await initialise(binaries, fresh, account, password)
    writeFileSync(join(fresh, passwordFile), password, { mode: 0o600, flush: true })
    if (dirname(fresh) === folder) renameSync(fresh, link)
    else symlinkSync(fresh, link)
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true })
    const { code = '' } = error as NodeJS.ErrnoException
    const wasFaster = ['EEXIST', 'ENOTEMPTY', 'EPERM'].includes(code) && existsSync(link)
    if (!wasFaster) throw error
  }
}

/** Beside its final place, so that it is moved there by its name; where the account can walk to. */
function freshDirectory(folder: string, account: Account | undefined): string {
  let fresh = join(folder, `cluster.new-${process.pid}`)
  if (account !== undefined && !isReachableByOthers(folder)) {
    mkdirSync(placeOfRoot, { recursive: true, mode: 0o711 })
    fresh = mkdtempSync(join(placeOfRoot, 'postgres-'))
  } else {
    rmSync(fresh, { recursive: true, force: true })
    mkdirSync(fresh)
  }
  chmodSync(fresh, 0o700)
  give(fresh, account)
  return fresh
}

/** What processes left that were killed while they made a cluster. */
function removeUnfinished(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = Number(/^cluster\.new-(\d+)(?:\.password)?$/.exec(name)?.[1] ?? Number.NaN)
    if (!Number.isNaN(pid) && !isRunning(pid)) rmSync(join(folder, name), { recursive: true, force: true })
  }
}

async function initialise(
  binaries: PostgresBinaries,
  directory: string,
  account: Account | undefined,
  password: string,
): Promise<void> {
  // It reads the password from a file of the server's account, before it fills the directory.
  const passwordOfInitdb = `${directory}.password`
  writeFileSync(passwordOfInitdb, password, { mode: 0o600 })
  give(passwordOfInitdb, account)
  try {
    await run(
      binaries.initdb,
      [
        ...['-D', directory, '-U', embeddedUser, '--pwfile', passwordOfInitdb],
        ...['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C'],
      ],
      { cwd: '/', ...account },
    )
  } catch (cause) {
    throw new FatalError('EMBEDDED_POSTGRES_INIT_FAILED', {
      message: `No database could be made in ${directory}: ${cause instanceof Error ? cause.message : cause}`,
      cause,
    })
  } finally {
    rmSync(passwordOfInitdb, { force: true })
  }
  writeFileSync(join(directory, 'pg_hba.conf'), 'host all all 127.0.0.1/32 scram-sha-256\n', { flush: true })
}

function refuseLostCluster(link: string): void {
  const target = lstatSync(link, { throwIfNoEntry: false }) && readlinkSync(link)
  if (target === undefined) return
  throw new ConfigError('EMBEDDED_POSTGRES_GONE', {
    message: `The database of ${link} was in ${target}, which is gone. Bring it back, or remove the link to begin anew.`,
  })
}

function checkOwner(directory: string): void {
  const own = process.getuid?.()
  if (own === undefined || isRoot()) return
  if (statSync(directory).uid === own) return
  throw new ConfigError('EMBEDDED_POSTGRES_FOREIGN', {
    message: `The database in ${directory} belongs to another account. Run as that account or as root, or give another data directory.`,
  })
}
