import { existsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ConfigError, closestName } from '@millrace/core'
import { type AnyWorkflow, isWorkflow } from '@millrace/workflow'
import { type BuildProblem, collectWorkflows } from '@millrace/workflow/build'
import { ancestorWith } from './project-folder.ts'

export interface FoundWorkflow {
  /** Of the project: where its package.json or millrace.yaml is. */
  readonly folder: string
  readonly workflow: AnyWorkflow
  /** All that were found with it; its tasks may start them. */
  readonly workflows: readonly AnyWorkflow[]
  /** Modules of the project that could not be imported. */
  readonly problems: readonly BuildProblem[]
}

interface Candidate {
  readonly workflow: AnyWorkflow
  readonly module: string
  readonly export: string
}

interface Candidates {
  readonly folder: string
  readonly all: readonly Candidate[]
  readonly problems: readonly BuildProblem[]
  /** For messages: `examples/flights`. */
  readonly place: string
}

/**
 * What a person means by a module, the folder of a package, or the name of a workflow of the package around the working
 * directory. `name` chooses among several: the name of a workflow, its versioned name, or that of its export.
 *
 * @throws ConfigError `WORKFLOW_UNKNOWN`, `WORKFLOW_AMBIGUOUS`, `WORKFLOW_NONE`, `WORKFLOW_LOAD_FAILED`,
 *   `WORKFLOW_FILE_MISSING`, `PACKAGE_JSON_MISSING`
 */
export async function findWorkflow(target: string, name?: string): Promise<FoundWorkflow> {
  const path = resolve(target)
  if (existsSync(path)) {
    return choose(statSync(path).isDirectory() ? await ofFolder(path, target) : await ofModule(path, target), name)
  }
  if (/[/\\]|\.[cm]?[jt]s$/.test(target)) {
    throw new ConfigError('WORKFLOW_FILE_MISSING', {
      message: `${target} does not exist. Name a module with a workflow, the folder of a package, or a workflow of the package in the working directory.`,
      details: { path },
    })
  }
  const folder = ancestorWith(process.cwd(), ['package.json'])
  if (folder === null) {
    throw new ConfigError('WORKFLOW_UNKNOWN', {
      message: `"${target}" is neither a file nor a folder, and there is no package.json here or above whose workflows could have that name. Go to the project's folder, or begin one with "millrace init".`,
    })
  }
  return choose(await ofFolder(folder, folder), name ?? target)
}

async function ofFolder(folder: string, place: string): Promise<Candidates> {
  const { workflows: all, problems } = await collectWorkflows(folder)
  return { folder, all, problems, place }
}

async function ofModule(path: string, place: string): Promise<Candidates> {
  if (!/\.[cm]?[jt]s$/.test(path)) {
    throw new ConfigError('WORKFLOW_FILE_INVALID', {
      message: `${place} is no module. Name a .ts or .js file that exports a workflow.`,
    })
  }
  const exported = await importModule(path, place)
  const all = Object.entries(exported).flatMap(([name, value]) =>
    isWorkflow(value) ? [{ workflow: value, module: place, export: name }] : [],
  )
  const folder = ancestorWith(dirname(path), ['millrace.yaml', 'package.json']) ?? dirname(path)
  return { folder, all: [...new Map(all.map((entry) => [entry.workflow, entry])).values()], problems: [], place }
}

async function importModule(path: string, place: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(pathToFileURL(path).href)
  } catch (cause) {
    throw new ConfigError('WORKFLOW_LOAD_FAILED', {
      message: `${place} cannot be imported: ${importProblem(cause)}`,
      details: { path },
      cause,
    })
  }
}

function importProblem(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  // A syntax error of Node names its place in the stack only.
  const at = cause instanceof SyntaxError ? cause.stack?.split('\n')[0] : undefined
  const missing = (cause as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND'
  const hint = missing && cause.message.includes('package') ? ' Install the packages of the project: npm install.' : ''
  return `${cause.message.replace(/\.?$/, '.')}${at?.startsWith('file:') ? ` (${at})` : ''}${hint}`
}

function choose({ folder, all, problems, place }: Candidates, name: string | undefined): FoundWorkflow {
  const found = (workflow: AnyWorkflow) => ({
    ...{ folder, workflow, problems },
    workflows: all.map((candidate) => candidate.workflow),
  })
  const broken = problems.map(({ file, message }) => `\n- ${file}: ${message}`).join('')
  const listed = all.map(({ workflow, export: own }) => `${workflow.name} (${own})`).join(', ')
  if (name === undefined) {
    const [only] = all
    if (only !== undefined && all.length === 1) return found(only.workflow)
    if (only === undefined) throw noWorkflow(place, broken)
    throw new ConfigError('WORKFLOW_AMBIGUOUS', {
      message: `${place} has ${all.length} workflows: ${listed}. Choose one with --workflow NAME.`,
      details: { workflows: all.map(({ workflow }) => workflow.name) },
    })
  }
  const matches = all.filter(({ workflow, export: own }) => [workflow.name, workflow.versionedName, own].includes(name))
  const [match] = matches
  if (match !== undefined && matches.length === 1) return found(match.workflow)
  if (match !== undefined) {
    const versions = matches.map(({ workflow, module }) => `${workflow.versionedName} in ${module}`).join(', ')
    throw new ConfigError('WORKFLOW_AMBIGUOUS', {
      message: `"${name}" stands for more than one workflow: ${versions}. Name the version, too.`,
    })
  }
  if (all.length === 0) throw noWorkflow(place, broken)
  const nearest = closestName(
    name,
    all.flatMap(({ workflow, export: own }) => [workflow.name, own]),
  )
  throw new ConfigError('WORKFLOW_UNKNOWN', {
    message: `${place} has no workflow "${name}".${nearest ? ` Did you mean "${nearest}"?` : ''} It has: ${listed}.${broken && `\nThese modules could not be read:${broken}`}`,
    details: { name },
  })
}

function noWorkflow(place: string, broken: string): ConfigError {
  if (broken !== '') {
    return new ConfigError('WORKFLOW_LOAD_FAILED', {
      message: `${place} has no workflow that can be used, because modules of it cannot be imported:${broken}`,
    })
  }
  return new ConfigError('WORKFLOW_NONE', {
    message: `${place} exports no workflow. Export one: export const daily = new Workflow({ category: …, name: … }).`,
  })
}
