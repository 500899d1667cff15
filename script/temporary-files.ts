import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'

const memory = '/dev/shm'
/** Files of all tests that run at once, some gigabytes at worst, and the memory that the tests themselves need. */
const neededBytes = 8 * 2 ** 30

let folder: string | undefined

/**
 * Has vitest run its tests with their temporary files in memory, where the machine has plenty: servers make, sync and
 * remove small files all the time, a third of their cost on a disk. `TMPDIR` names another place.
 */
export function setup(): void {
  if (process.env.TMPDIR !== undefined || !hasRoom()) return
  folder = mkdtempSync(join(memory, 'millrace-tests-'))
  // Servers run as accounts of their own.
  chmodSync(folder, 0o1777)
  process.env.TMPDIR = folder
  // Also when vitest ends before its time.
  process.once('exit', teardown)
}

export function teardown(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
}

function hasRoom(): boolean {
  if (process.platform !== 'linux' || !existsSync(memory)) return false
  const { bavail, bsize } = statfsSync(memory)
  return bavail * bsize >= neededBytes && process.availableMemory() >= 1.5 * neededBytes && runsPrograms()
}

/** Tests write scripts and start them. */
function runsPrograms(): boolean {
  const mounted = readFileSync('/proc/mounts', 'utf8').split('\n')
  const [, , , options = 'noexec'] = mounted.find((line) => line.split(' ')[1] === memory)?.split(' ') ?? []
  return !options.split(',').includes('noexec')
}
