import { readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryPrefix } from './install-package.ts'

/** An installation does not take this long: what is older was cut off. */
const abandonedMs = 6 * 3600 * 1000
const removing = '.removing-'

/**
 * Removes the installations whose hashes are not in `keep`, and what was left of installations that were cut off.
 * Gives the hashes that were removed.
 */
export async function removeUnusedInstalls(
  cacheFolder: string,
  { keep }: { readonly keep: Iterable<string> },
): Promise<readonly string[]> {
  const kept = new Set(keep)
  const names = await readdir(cacheFolder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const removed: string[] = []
  for (const name of names) {
    const path = join(cacheFolder, name)
    if (name.startsWith(removing) || (name.startsWith(temporaryPrefix) && (await isAbandoned(path)))) {
      await rm(path, { recursive: true, force: true })
    } else if (/^[0-9a-f]{64}$/.test(name) && !kept.has(name)) {
      // Under another name first: half of an installation must not be taken for a whole one.
      const gone = join(cacheFolder, `${removing}${name}-${crypto.randomUUID()}`)
      if (!(await isRenamed(path, gone))) continue
      await rm(gone, { recursive: true, force: true })
      removed.push(name)
    }
  }
  return removed
}

/** Not when another process has removed it in the meantime. */
async function isRenamed(path: string, to: string): Promise<boolean> {
  try {
    await rename(path, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found !== undefined && Date.now() - found.mtimeMs > abandonedMs
}
