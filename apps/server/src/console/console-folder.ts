import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where the built console is: the folder that is set, or what the package of the console brings. Null where it was not built. */
export function consoleFolder(given: string | null): string | null {
  const folder =
    given ?? join(dirname(fileURLToPath(import.meta.resolve('@millrace/console/package.json'))), 'dist/site')
  return existsSync(join(folder, 'index.html')) ? folder : null
}
