import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '@millrace/core'
import { isPostmasterOf, isRunning } from './process-list.ts'

const ownerFile = 'millrace-owner'

/** The pid of the server that runs in the cluster, or undefined. */
function serverIn(directory: string): number | undefined {
  const pid = Number.parseInt(read(join(directory, 'postmaster.pid')) ?? '', 10)
  return pid > 0 && isPostmasterOf(pid, directory) ? pid : undefined
}

/** Leaves word whose server it is, for those who find it running. */
export function noteOwner(directory: string): void {
  writeFileSync(join(directory, ownerFile), `${process.pid}`, { mode: 0o600 })
}

export function forgetOwner(directory: string): void {
  rmSync(join(directory, ownerFile), { force: true })
}

/**
 * Refuses a cluster whose server belongs to a process that lives. A server whose owner died is about to end.
 * @throws ConfigError EMBEDDED_POSTGRES_IN_USE.
 */
export function refuseIfOwned(directory: string): void {
  const server = serverIn(directory)
  if (server === undefined) return
  const owner = Number.parseInt(read(join(directory, ownerFile)) ?? '', 10)
  if (!(owner > 0) || !isRunning(owner)) return
  throw inUse(directory, server, owner)
}

export function inUse(directory: string, server = serverIn(directory), owner?: number): ConfigError {
  const who = owner === undefined ? `the server with pid ${server ?? 'unknown'}` : `the process with pid ${owner}`
  return new ConfigError('EMBEDDED_POSTGRES_IN_USE', {
    message: `The database in ${directory} is in use by ${who}. Stop that one first, or give another data directory.`,
    details: { server, owner },
  })
}

/**
 * After a crash the system may have given the old server's pid to another process, in a container it often
 * does, and PostgreSQL would refuse to start for ever. It takes a file that names its own parent for one left
 * over; all else in the file it still needs, to find out about remains of the old server.
 */
export function disownStaleFile(directory: string): void {
  const file = join(directory, 'postmaster.pid')
  const text = read(file)
  if (text === undefined || serverIn(directory) !== undefined) return
  writeFileSync(file, text.replace(/^-?\d+/, `${process.pid}`))
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
