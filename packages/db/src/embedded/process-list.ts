import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'

/** Whether a process has this id, also one of another account or one that has ended and is not waited for. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Whether the process is a PostgreSQL server on this directory, and not another one that got its old id. */
export function isPostmasterOf(pid: number, directory: string): boolean {
  if (!isRunning(pid)) return false
  if (process.platform === 'linux') {
    try {
      // The server works in its data directory.
      return readlinkSync(`/proc/${pid}/cwd`) === directory
    } catch (error) {
      // One that has ended and is not waited for has no such entry.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    }
  }
  return process.platform === 'win32' || nameOf(pid).includes('postgres')
}

function nameOf(pid: number): string {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/comm`, 'utf8')
    return execFileSync('ps', ['-o', 'comm=', '-p', `${pid}`], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  } catch {
    return ''
  }
}
