import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError } from '@millrace/core'
import type { WorkflowManifest } from '../manifest.ts'
import { versionedName } from '../workflow-names.ts'
import { workflowProblems } from '../workflow-problems.ts'
import { type BuildProblem, type CollectedWorkflow, collectWorkflows } from './collect-workflows.ts'
import { readPackageJson } from './package-json.ts'
import { type PackageZip, packageZip } from './package-zip.ts'

export interface BuiltPackage {
  readonly package: { readonly name: string; readonly version: string; readonly sha256: string }
  /** Path of the zip. */
  readonly zip: string
  /** With their paths, in the order of their names. */
  readonly workflows: readonly { readonly manifest: WorkflowManifest; readonly path: string }[]
}

/**
 * Builds all workflows of a package: a zip of its files, named by their content, and a manifest for each workflow,
 * `{name}_{version}.json`. Nothing is written when there is any problem. What was built stays: a manifest is not replaced
 * by one with other content, unless its version is `dev`, so that versions live side by side.
 *
 * @param options.version In place of the environment's `BUILD_VERSION`: the version of workflows that do not name theirs.
 * @param options.exclude Paths below the folder that are no part of the package. `out` never is.
 * @throws ConfigError `BUILD_FAILED` with all problems in `details.problems`
 */
export async function buildPackage({
  folder,
  out,
  version,
  exclude = [],
}: {
  readonly folder: string
  readonly out: string
  readonly version?: string
  readonly exclude?: readonly string[]
}): Promise<BuiltPackage> {
  const json = await readPackageJson(folder)
  const { workflows, problems, files } = await withBuildVersion(version, () =>
    collectWorkflows(folder, { exclude: [...exclude, out] }),
  )
  const zip = await packageZip(folder, files)
  const origin = { name: json.name, version: json.version, sha256: zip.sha256 }
  const found = [...problems, ...(await allProblems(workflows))]
  if (workflows.length === 0 && found.length === 0) {
    const message = `No module of ${folder} exports a workflow. Export one from src or workflows, or name the modules in millrace.workflows of package.json.`
    found.push({ file: null, workflow: null, message })
  }
  if (found.length > 0) throw buildFailed(folder, found)

  const built = workflows
    .map(({ workflow, module, export: name }) => {
      const manifest = workflow.toManifest({ source: { module, export: name }, package: origin })
      const path = join(out, `${versionedName(manifest)}.json`)
      return { manifest, path, module, text: `${JSON.stringify(manifest, null, 2)}\n` }
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1))
  const replaced = await Promise.all(built.map(refuseReplacing))
  const refused = replaced.filter((problem) => problem !== undefined)
  if (refused.length > 0) throw buildFailed(folder, refused)

  await mkdir(out, { recursive: true })
  const zipPath = join(out, zipName(json.name, zip))
  await writeWhole(zipPath, zip.bytes)
  for (const { path, text } of built) await writeWhole(path, text)
  return { package: origin, zip: zipPath, workflows: built.map(({ manifest, path }) => ({ manifest, path })) }
}

async function allProblems(workflows: readonly CollectedWorkflow[]): Promise<readonly BuildProblem[]> {
  const problems: BuildProblem[] = []
  const first = new Map<string, string>()
  for (const { workflow, module } of workflows) {
    const name = workflow.versionedName
    const problem = (message: string) => problems.push({ file: module, workflow: name, message })
    for (const message of workflowProblems(workflow)) problem(message)
    const other = first.get(name)
    if (other === undefined) first.set(name, module)
    else problem(`${other} has a workflow of this name and version too. Give one of them another name or version.`)
  }
  return problems
}

async function refuseReplacing({
  manifest,
  path,
  module,
  text,
}: {
  readonly manifest: WorkflowManifest
  readonly path: string
  readonly module: string
  readonly text: string
}): Promise<BuildProblem | undefined> {
  if (manifest.version === 'dev') return undefined
  const before = await readFile(path, 'utf8').catch(() => undefined)
  if (before === undefined || before === text) return undefined
  return {
    file: module,
    workflow: versionedName(manifest),
    message: `${path} was built from other files before, and a version does not change. Give the workflow a new version.`,
  }
}

function buildFailed(folder: string, problems: readonly BuildProblem[]): ConfigError {
  const lines = problems.map(
    ({ file, workflow, message }) => `- ${[file, workflow].filter((part) => part !== null).join(', ')}: ${message}`,
  )
  return new ConfigError('BUILD_FAILED', {
    message: `The workflows of ${folder} cannot be built:\n${lines.join('\n').replaceAll('- : ', '- ')}`,
    details: { folder, problems },
  })
}

function zipName(name: string, { sha256 }: PackageZip): string {
  return `${name.replace(/^@/, '').replaceAll('/', '-')}-${sha256.slice(0, 16)}.zip`
}

/** Readers see the file before or after, never half of it. */
async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  await writeFile(temporary, content)
  await rename(temporary, path)
}

async function withBuildVersion<T>(version: string | undefined, work: () => Promise<T>): Promise<T> {
  if (version === undefined) return await work()
  const { BUILD_VERSION: before } = process.env
  process.env.BUILD_VERSION = version
  try {
    return await work()
  } finally {
    if (before === undefined) delete process.env.BUILD_VERSION
    else process.env.BUILD_VERSION = before
  }
}
