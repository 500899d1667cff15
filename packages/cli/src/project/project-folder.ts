import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The nearest folder with one of these files, from this one up. */
export function ancestorWith(folder: string, names: readonly string[]): string | null {
  for (let at = folder; ; at = dirname(at)) {
    if (names.some((name) => existsSync(join(at, name)))) return at
    if (dirname(at) === at) return null
  }
}

/** The project around the working directory: the nearest folder with a millrace.yaml or a package.json, else this one. */
export function projectFolder(): string {
  return ancestorWith(process.cwd(), ['millrace.yaml', 'package.json']) ?? process.cwd()
}
