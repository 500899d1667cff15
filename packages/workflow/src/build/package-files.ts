import { readdir, readFile, stat } from 'node:fs/promises'
import { join, posix, relative, sep } from 'node:path'
import { ConfigError } from '@millrace/core'
import ignore, { type Ignore } from 'ignore'

/** Never part of a package: what is made from it, what belongs to one machine, and what holds secrets. */
const excluded = ['node_modules', '.git', '.millrace', 'dist', '.env*', '.npmrc', '.DS_Store', '*.log']

interface Rules {
  /** Folder that the patterns are relative to. */
  readonly folder: string
  readonly patterns: Ignore
}

/**
 * Files of a package, sorted, as paths with slashes: all but those that its `.gitignore` files name, and what is never
 * part of one. `dist` is part of it when modules with workflows are there.
 *
 * @param options.exclude Further paths below the folder that are no part of it.
 * @throws ConfigError `PACKAGE_LINK` for a link to a folder
 */
export async function packageFiles(
  folder: string,
  { withDist = false, exclude = [] }: { readonly withDist?: boolean; readonly exclude?: readonly string[] } = {},
): Promise<readonly string[]> {
  const outside = new Set(exclude.map((path) => relative(folder, path).split(sep).join('/')))
  const always = ignore().add(excluded.filter((pattern) => !(withDist && pattern === 'dist')))
  const files: string[] = []
  const walk = async (path: string, above: readonly Rules[]): Promise<void> => {
    const entries = await readdir(join(folder, path), { withFileTypes: true })
    const own = entries.some(({ name }) => name === '.gitignore')
      ? [{ folder: path, patterns: ignore().add(await readFile(join(folder, path, '.gitignore'), 'utf8')) }]
      : []
    const rules = [...above, ...own]
    for (const entry of entries) {
      const file = posix.join(path, entry.name)
      const asFolder = entry.isDirectory() ? `${file}/` : file
      const isIgnored = rules.some(({ folder: base, patterns }) =>
        patterns.ignores(posix.relative(base, file) + asFolder.slice(file.length)),
      )
      // A build that workflows are in is wanted although version control has no use for it.
      const wanted = withDist && (file === 'dist' || file.startsWith('dist/'))
      if (outside.has(file) || always.ignores(asFolder) || (isIgnored && !wanted)) continue
      if (entry.isDirectory()) await walk(file, rules)
      else if (entry.isFile()) files.push(file)
      else if (entry.isSymbolicLink()) {
        await refuseFolderLink(folder, file)
        files.push(file)
      }
    }
  }
  await walk('', [])
  return files.sort((a, b) => (a < b ? -1 : 1))
}

async function refuseFolderLink(folder: string, file: string): Promise<void> {
  const target = await stat(join(folder, file)).catch(() => undefined)
  if (target?.isFile()) return
  throw new ConfigError('PACKAGE_LINK', {
    message: `${file} is a link to ${target === undefined ? 'something that is not there' : 'a folder'}, which a package cannot hold. Copy what it points to, or name it in .gitignore.`,
    details: { file },
  })
}
