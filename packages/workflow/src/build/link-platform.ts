import { mkdir, realpath, rm, symlink } from 'node:fs/promises'
import { findPackageJSON } from 'node:module'
import { dirname, join } from 'node:path'
import { ConfigError } from '@millrace/core'
import type { PackageJson } from './package-json.ts'

const scope = '@millrace/'

export function isPlatformPackage(name: string): boolean {
  return name.startsWith(scope)
}

/**
 * Links the packages of the platform that a package names to those of the running process, so that tasks and the engine
 * are of one version, and nothing is fetched for them.
 *
 * @throws ConfigError `PACKAGE_DEPENDENCY` for one that this installation does not have
 */
export async function linkPlatform(folder: string, { dependencies, allDependencies }: PackageJson): Promise<void> {
  const wanted = new Set([`${scope}workflow`, ...allDependencies.filter(isPlatformPackage)])
  for (const name of [...wanted].sort()) {
    const target = await platformFolder(name)
    if (target === undefined) {
      if (!Object.hasOwn(dependencies, name)) continue
      throw new ConfigError('PACKAGE_DEPENDENCY', {
        message: `The package needs ${name}, which this installation of Millrace does not have. Install it beside Millrace, or leave it out of the dependencies.`,
        details: { dependency: name },
      })
    }
    const link = join(folder, 'node_modules', name)
    await mkdir(dirname(link), { recursive: true })
    await rm(link, { recursive: true, force: true })
    await symlink(target, link, 'junction')
  }
}

async function platformFolder(name: string): Promise<string | undefined> {
  try {
    const json = findPackageJSON(name, import.meta.url)
    return json === undefined ? undefined : await realpath(dirname(json))
  } catch {
    return undefined
  }
}
