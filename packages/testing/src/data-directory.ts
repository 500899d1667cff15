import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import type { Account } from '@millrace/db'

export interface DataDirectory {
  /** Empty, and of the account. */
  readonly path: string
  readonly account: Account | undefined
  /** Writes the files; another version of it is another file. */
  readonly installer: string
}

const run = promisify(execFile)

/**
 * Fills the data directory of a server that is not running. What an installer writes is the same each time and costs it a
 * second of work, so its first result on a machine is kept among the caches, and copied from then on.
 */
export async function fillDataDirectory(directory: DataDirectory, install: () => Promise<void>): Promise<void> {
  const kept = keptResult(directory)
  if (existsSync(kept)) return await copy(kept, directory.path)
  await install()
  mkdirSync(join(kept, '..'), { recursive: true })
  const fresh = mkdtempSync(`${kept}-`)
  try {
    await copy(directory.path, fresh)
    renameSync(fresh, kept)
  } catch (error) {
    // Another process was faster.
    if (!existsSync(kept)) throw error
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

function keptResult({ installer, account }: DataDirectory): string {
  const program = realpathSync(installer)
  const { size, mtimeMs } = statSync(program)
  const key = createHash('sha256')
    .update(JSON.stringify([program, size, mtimeMs, account?.uid]))
    .digest('hex')
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  return join(cache, 'millrace', `data-of-${basename(program)}-${key.slice(0, 16)}`)
}

/** With owners and modes, which servers insist on; the mode of the directory itself among them. */
async function copy(from: string, to: string): Promise<void> {
  await run('cp', ['-a', `${from}/.`, to])
}
