import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError } from '@millrace/core'

export interface PackageJson {
  readonly name: string
  readonly version: string
  /** By name: what the package needs to run. */
  readonly dependencies: Readonly<Record<string, string>>
  /** Also what it is developed with. */
  readonly allDependencies: readonly string[]
  /** Globs of the modules with workflows; null: the default. */
  readonly workflows: readonly string[] | null
}

/** @throws ConfigError `PACKAGE_JSON_MISSING`, `PACKAGE_JSON_INVALID` */
export async function readPackageJson(folder: string): Promise<PackageJson> {
  const path = join(folder, 'package.json')
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ConfigError('PACKAGE_JSON_MISSING', {
      message: `${path} cannot be read. Workflows are built from the folder of a package: name that folder, or begin one with "npm init".`,
      details: { path },
      cause,
    })
  })
  const invalid = (why: string, cause?: unknown) =>
    new ConfigError('PACKAGE_JSON_INVALID', { message: `${path} ${why}.`, details: { path }, cause })
  let json: Record<string, unknown>
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw invalid('is no JSON', cause)
  }
  const { name, version = '0.0.0', millrace } = json
  if (typeof name !== 'string' || name === '') throw invalid('has no name; give the package one')
  if (typeof version !== 'string') throw invalid('has a version that is no text')
  const workflows = (millrace as { workflows?: unknown } | undefined)?.workflows
  const globs = typeof workflows === 'string' ? [workflows] : workflows
  if (globs !== undefined && !(Array.isArray(globs) && globs.every((glob) => typeof glob === 'string'))) {
    throw invalid('has millrace.workflows that is neither a glob nor a list of globs')
  }
  const section = (key: string) => (json[key] ?? {}) as Readonly<Record<string, string>>
  const dependencies = { ...section('optionalDependencies'), ...section('dependencies') }
  return {
    name,
    version,
    dependencies,
    allDependencies: [dependencies, section('peerDependencies'), section('devDependencies')].flatMap(Object.keys),
    workflows: globs ?? null,
  }
}
