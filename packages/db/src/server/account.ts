import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chownSync, lstatSync, mkdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ConfigError } from '@millrace/core'

/** The unprivileged account that a database server runs as when we run as root. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

export function isRoot(): boolean {
  return process.getuid?.() === 0
}

/**
 * Database servers refuse to run as root. Root starts them as their own account where the system has
 * one and as `nobody`, which every system has, where it has not. Everybody else runs them as himself.
 */
export function serverAccount(preferred: 'postgres' | 'mysql' | 'ceph'): Account | undefined {
  if (!isRoot()) return undefined
  const account = lookUp(preferred) ?? lookUp('nobody')
  if (account) return account
  throw new ConfigError('SERVER_ACCOUNT_MISSING', {
    message: `A database server cannot run as root, and this system has neither the account "${preferred}" nor "nobody". Run as an ordinary user.`,
  })
}

function lookUp(name: string): Account | undefined {
  try {
    const id = (flag: string) =>
      Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }).toString())
    return { uid: id('-u'), gid: id('-g') }
  } catch {
    return undefined
  }
}

/** The account that owns a data directory made by an earlier run, whatever accounts exist today. */
export function ownerOf(path: string): Account | undefined {
  if (!isRoot()) return undefined
  const { uid, gid } = statSync(path)
  return uid === 0 ? undefined : { uid, gid }
}

export function give(path: string, account: Account | undefined): void {
  if (account) chownSync(path, account.uid, account.gid)
}

/** Whether any account can walk to this path: every directory above it lets others pass. */
export function isReachableByOthers(path: string): boolean {
  for (let at = path; ; at = dirname(at)) {
    if (lstatSync(at).isDirectory() && (lstatSync(at).mode & 0o001) === 0) return false
    if (dirname(at) === at) return true
  }
}

/** Root's own temporary directory can be private to root; the server's account must get through. */
export function temporaryRoot(): string {
  const preferred = tmpdir()
  return !isRoot() || isReachableByOthers(preferred) ? preferred : '/tmp'
}

/**
 * The folder itself when a server can be run in it; for root, with a folder that is private, a stable
 * place of the same meaning among the temporary files.
 */
export function folderForServer(folder: string): string {
  mkdirSync(folder, { recursive: true })
  if (!isRoot() || isReachableByOthers(folder)) return folder
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 12)
  const place = join(temporaryRoot(), `millrace-${name}`)
  mkdirSync(place, { recursive: true, mode: 0o711 })
  return place
}
