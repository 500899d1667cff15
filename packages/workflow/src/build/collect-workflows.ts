import { glob } from 'node:fs/promises'
import { basename, join, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type AnyWorkflow, isWorkflow } from '../workflow.ts'
import { packageFiles } from './package-files.ts'
import { readPackageJson } from './package-json.ts'

const defaultModules = ['{src,workflows}/**/*.{ts,mts,js,mjs}']

export interface BuildProblem {
  /** From the package's folder. */
  readonly file: string | null
  /** Versioned name. */
  readonly workflow: string | null
  readonly message: string
}

export interface CollectedWorkflow {
  readonly workflow: AnyWorkflow
  readonly module: string
  readonly export: string
}

export interface Collection {
  readonly workflows: readonly CollectedWorkflow[]
  /** Modules that could not be imported. */
  readonly problems: readonly BuildProblem[]
  /** All files of the package. */
  readonly files: readonly string[]
}

/**
 * Imports the modules of a package that may hold workflows, and finds the ones they export: `src` and `workflows`, or the
 * globs in `millrace.workflows` of its package.json; names that begin with `_` or `.`, tests and declarations are left out.
 *
 * @param options.exclude Paths below the folder that are no part of the package, such as what is built from it.
 * @throws ConfigError `PACKAGE_JSON_MISSING`, `PACKAGE_JSON_INVALID`
 */
export async function collectWorkflows(
  folder: string,
  { exclude = [] }: { readonly exclude?: readonly string[] } = {},
): Promise<Collection> {
  const { workflows: globs } = await readPackageJson(folder)
  const patterns = globs ?? defaultModules
  const withDist = patterns.some((pattern) => /^(\.\/)?dist\//.test(pattern))
  const files = await packageFiles(folder, { withDist, exclude })
  const modules = new Set<string>()
  for await (const path of glob([...patterns], { cwd: folder })) modules.add(path.split(sep).join('/'))
  const found = new Map<AnyWorkflow, CollectedWorkflow>()
  const problems: BuildProblem[] = []
  for (const module of files) {
    if (!modules.has(module) || !isPublicModule(module)) continue
    try {
      const exported: Readonly<Record<string, unknown>> = await import(pathToFileURL(join(folder, module)).href)
      for (const [name, value] of Object.entries(exported)) {
        if (isWorkflow(value) && !found.has(value)) found.set(value, { workflow: value, module, export: name })
      }
    } catch (error) {
      problems.push({ file: module, workflow: null, message: `It cannot be imported: ${messageOf(error)}` })
    }
  }
  return { workflows: [...found.values()], problems, files }
}

function isPublicModule(path: string): boolean {
  const names = path.split('/')
  if (names.some((name) => /^[_.]/.test(name))) return false
  if (names.slice(0, -1).some((name) => name === 'test' || name === 'tests')) return false
  return !/\.(test|spec|fixture|d)\.[a-z]+$/.test(basename(path))
}

/** A syntax error of Node names its place in the stack only. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const place = error instanceof SyntaxError ? error.stack?.split('\n')[0] : undefined
  return place?.startsWith('file:') ? `${error.message} (${place})` : error.message
}
