import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, relative, resolve, sep } from 'node:path'
import { ConfigError, isMillraceError } from '@millrace/core'
import { validateOperator } from '@millrace/operators'
import { versionedName, type WorkflowManifest } from '@millrace/workflow'
import {
  airflowTarget,
  type BuiltPackage,
  buildPackage,
  type CollectedWorkflow,
  collectWorkflows,
  notebookDockerfile,
  notebookTarget,
  type TargetFile,
  type Translation,
} from '@millrace/workflow/build'
import { type Context, exitCodes } from '../context.ts'

export interface BuildRequest {
  readonly folder: string
  readonly target: 'manifest' | 'airflow' | 'notebook'
  readonly out?: string
  readonly version?: string
  readonly packageLocation?: string
  readonly pool?: Readonly<Record<string, number>>
  readonly dockerfile?: true
  readonly json?: true
}

const folders = { manifest: 'workflows', airflow: 'airflow', notebook: 'notebooks' } as const

export async function build(request: BuildRequest, context: Context): Promise<number> {
  const { target, version } = request
  const folder = resolve(request.folder)
  const out = resolve(request.out ?? join(folder, 'dist', folders[target]))
  // Before the modules are imported: a workflow takes its version when it is made.
  if (version !== undefined) process.env.BUILD_VERSION = version
  await refuseProblems(request, folder, out)
  // Notebooks are of the package as it lies there, and need no copy of it.
  await using scratch = await scratchFolder()
  const places = { manifest: out, airflow: join(out, 'packages'), notebook: scratch.path }
  const built = await buildPackage({ folder, out: places[target], exclude: [out] })
  const { files, notes } = await translate(request, built, folder, out)
  for (const { path, content } of files) await writeWhole(join(out, path), content)
  if (request.dockerfile) await writeDockerfile(built, folder, out)
  print(request, context, built, { files, notes }, out)
  return exitCodes.done
}

/** What the build does not know of: operators, and what the target refuses. Then all problems together, and nothing is written. */
export async function refuseProblems(request: BuildRequest, folder: string, out: string): Promise<void> {
  const { workflows } = await collectWorkflows(folder)
  const sound = workflows.flatMap((collected) => {
    const manifest = soundManifest(collected)
    return manifest === null ? [] : [{ ...collected, manifest }]
  })
  const problems = sound.flatMap(({ module, manifest }) => operatorProblems(module, manifest))
  try {
    const manifests = sound.map(({ manifest }) => manifest)
    await translated(request, manifests, { archive: 'package.zip', workflows, folder, out })
    if (request.dockerfile) refuseDockerfile(request, folder, manifests)
  } catch (error) {
    if (!isMillraceError(error)) throw error
    problems.push(...error.message.split('\n'))
  }
  if (problems.length === 0) return
  const others = await problemsOfBuild(folder)
  const lines = [...(others?.lines ?? []), ...problems.map((text) => `- ${text}`)]
  throw new ConfigError('BUILD_FAILED', {
    message: `The workflows of ${folder} cannot be built:\n${lines.join('\n')}`,
    details: { folder, problems: [...(others?.problems ?? []), ...problems.map((message) => ({ message }))] },
  })
}

/** Null for a workflow that is wrong in itself, which the build has words for. */
function soundManifest({ workflow, module, export: name }: CollectedWorkflow): WorkflowManifest | null {
  try {
    return workflow.toManifest({
      source: { module, export: name },
      package: { name: 'package', version: '0', sha256: '0'.repeat(64) },
    })
  } catch (error) {
    if (!isMillraceError(error)) throw error
    return null
  }
}

function operatorProblems(module: string, manifest: WorkflowManifest): string[] {
  return manifest.nodes.flatMap(({ id, operator }) => {
    if (operator === null) return []
    try {
      validateOperator(operator.name, operator.config)
      return []
    } catch (error) {
      if (!isMillraceError(error)) throw error
      return [`${module}, ${versionedName(manifest)}, ${id}: ${error.message}`]
    }
  })
}

async function problemsOfBuild(folder: string) {
  await using scratch = await scratchFolder()
  try {
    await buildPackage({ folder, out: scratch.path })
    return undefined
  } catch (error) {
    if (!isMillraceError(error) || error.code !== 'BUILD_FAILED') throw error
    return { lines: error.message.split('\n').slice(1), problems: error.details.problems as readonly object[] }
  }
}

export async function scratchFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'millrace-build-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

async function translate(
  request: BuildRequest,
  built: BuiltPackage,
  folder: string,
  out: string,
): Promise<Translation> {
  const manifests = built.workflows.map(({ manifest }) => manifest)
  const { workflows } = request.target === 'notebook' ? await collectWorkflows(folder) : { workflows: [] }
  return await translated(request, manifests, { archive: basename(built.zip), workflows, folder, out })
}

async function translated(
  { target, packageLocation, pool }: BuildRequest,
  manifests: readonly WorkflowManifest[],
  place: {
    readonly archive: string
    readonly workflows: readonly CollectedWorkflow[]
    readonly folder: string
    readonly out: string
  },
): Promise<Translation> {
  switch (target) {
    case 'manifest':
      return { files: [], notes: [] }
    case 'airflow': {
      const { files, notes } = airflowTarget(manifests, {
        archive: place.archive,
        knownPools: await knownPools(join(place.out, 'pools.json')),
        ...(packageLocation !== undefined && { packageLocation }),
        ...(pool && { pools: pool }),
      })
      // Airflow looks into every zip below its folder of DAGs.
      return { files: [...files, { path: 'packages/.airflowignore', content: '*\n' }], notes }
    }
    case 'notebook': {
      const sources = place.workflows.map(
        ({ workflow, module, export: name }) => [workflow.versionedName, { module, export: name }] as const,
      )
      const packagePath = relative(place.out, place.folder).split(sep).join('/')
      return notebookTarget(manifests, { sources: Object.fromEntries(sources), packagePath })
    }
  }
}

type Pools = NonNullable<Parameters<typeof airflowTarget>[1]['knownPools']>

async function knownPools(path: string): Promise<Pools> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch {
    return {}
  }
  try {
    return JSON.parse(text) as Pools
  } catch (cause) {
    throw new ConfigError('POOLS_UNREADABLE', {
      message: `${path} is no JSON. Mend or remove it: the pools of other workflows may be in it.`,
      cause,
    })
  }
}

/** Airflow may read the folder at any time: it sees a file before or after, never half of it. */
async function writeWhole(path: string, content: TargetFile['content']): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(temporary, content)
  await rename(temporary, path)
}

function refuseDockerfile({ target }: BuildRequest, folder: string, manifests: readonly WorkflowManifest[]): void {
  if (target !== 'notebook') {
    throw new ConfigError('DOCKERFILE_WITHOUT_NOTEBOOKS', { message: '--dockerfile goes with --target notebook.' })
  }
  notebookDockerfile(manifests, '')
  const path = join(folder, 'Dockerfile')
  if (existsSync(path)) {
    throw new ConfigError('DOCKERFILE_EXISTS', {
      message: `${path} exists, and is not replaced. Remove it, or leave out --dockerfile.`,
    })
  }
}

async function writeDockerfile(built: BuiltPackage, folder: string, out: string): Promise<void> {
  const notebooks = relative(folder, out).split(sep).join('/')
  const manifests = built.workflows.map(({ manifest }) => manifest)
  await writeFile(join(folder, 'Dockerfile'), notebookDockerfile(manifests, notebooks), { flag: 'wx' })
}

function print(
  { json, target }: BuildRequest,
  { out: write, err }: Context,
  built: BuiltPackage,
  { files, notes }: Translation,
  out: string,
): void {
  const paths = files.map(({ path }) => join(out, path)).filter((path) => !basename(path).startsWith('.'))
  const workflows = built.workflows.map(({ manifest, path }) => ({
    name: manifest.name,
    version: manifest.version,
    nodes: manifest.nodes.length,
    ...(target !== 'notebook' && { manifest: path }),
  }))
  const archive = target === 'notebook' ? {} : { zip: built.zip }
  if (json) {
    write(`${JSON.stringify({ package: { ...built.package, ...archive }, workflows, files: paths, notes })}\n`)
    return
  }
  for (const { name, version, nodes } of workflows) {
    err(`Built ${versionedName({ name, version })} with ${nodes} ${nodes === 1 ? 'node' : 'nodes'}.\n`)
  }
  for (const note of notes) err(`note: ${note}\n`)
  const packaged = target === 'notebook' ? [] : [...built.workflows.map(({ path }) => path), built.zip]
  for (const path of [...packaged, ...paths]) {
    write(`${relative(process.cwd(), path)}\n`)
  }
}
