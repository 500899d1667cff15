import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { ApiError, type Client, type components } from '@millrace/client'
import { ConfigError } from '@millrace/core'
import { versionedName, type WorkflowManifest } from '@millrace/workflow'
import { type BuiltPackage, buildPackage } from '@millrace/workflow/build'
import { type Context, exitCodes } from '../context.ts'
import { deployWarnings } from '../deploy-warnings.ts'
import { findProject, nameOf, type Project } from '../find-project.ts'
import { printable } from '../output/printable.ts'
import { textTable } from '../output/table.ts'
import { localTime, zoneNote } from '../output/when.ts'
import { type ServerRequest, withUser } from '../server-connection.ts'
import { codeOf } from '../server-error.ts'
import { allPages } from '../server-lists.ts'
import { refuseProblems, scratchFolder } from './build.ts'

export interface DeployRequest extends ServerRequest {
  readonly folder: string
  readonly version?: string
  readonly dryRun?: true
  /** Whose the workflows are. Default: as they are; new ones belong to the platform. */
  readonly project?: string
}

type Workflow = components['schemas']['Workflow']

interface Step {
  readonly manifest: WorkflowManifest
  /** What is there now; null for a workflow that is new. */
  readonly before: Workflow | null
  /** `current`: nothing to do. `known`: an earlier version that becomes the current one again. */
  readonly status: 'new' | 'changed' | 'known' | 'current'
}

/** Builds the workflows of a package, and makes their versions the current ones of the server. */
export async function deploy(request: DeployRequest, context: Context): Promise<number> {
  const folder = resolve(request.folder)
  const { version, dryRun = false, json = false } = request
  // Before the modules are imported: a workflow takes its version when it is made.
  if (version !== undefined) process.env.BUILD_VERSION = version
  return await withUser(request, context, async (client) => {
    await using scratch = await scratchFolder()
    await refuseProblems({ folder, target: 'manifest' }, folder, scratch.path)
    const built = await buildPackage({ folder, out: scratch.path })
    const project = request.project === undefined ? null : await findProject(client, request.project)
    const steps = await planSteps(client, built, project)
    const warnings = await deployWarnings(client, {
      folder,
      manifests: steps.map(({ manifest }) => manifest),
      project: project?.id ?? null,
      secrets: context.secrets,
    })
    const uploaded = dryRun ? null : await send(client, built, steps, project)
    const deployed = dryRun ? new Map<string, Workflow>() : await currentOf(client, steps)
    const ticks = await nextTicks(client)
    const workflows = steps.map(({ manifest: { name, version: built, schedule }, before, status }) => ({
      workflow: name,
      version: deployed.get(name)?.version ?? (status === 'current' ? (before?.version ?? built) : built),
      status,
      ...(before === null || status === 'current' ? {} : { before: before.version }),
      scheduled: schedule !== null,
      paused: deployed.get(name)?.paused ?? before?.paused ?? false,
      next_ticks: ticks.get(name) ?? [],
    }))
    if (json) {
      const done = { dry_run: dryRun, package: { ...built.package, uploaded }, workflows, warnings }
      context.out(`${context.secrets.mask(JSON.stringify(done))}\n`)
      return exitCodes.done
    }
    const body = workflows.map((one) => [one.workflow, one.version, statusText(one, dryRun), ticksText(one, dryRun)])
    context.out(textTable(['workflow', 'version', 'status', 'next runs'], body))
    if (ticks.size > 0) context.err(zoneNote())
    for (const warning of warnings) context.err(`warning: ${printable(warning)}\n`)
    if (dryRun) context.err('Nothing was deployed, because of --dry-run.\n')
    return exitCodes.done
  })
}

/** @throws ConfigError `DEPLOY_REFUSED` with all versions that are there with other content. */
async function planSteps(
  client: Client,
  { workflows }: BuiltPackage,
  project: Project | null,
): Promise<readonly Step[]> {
  const steps = await Promise.all(workflows.map(({ manifest }) => planStep(client, manifest, project)))
  const problems = steps.flatMap((step) => (typeof step === 'string' ? [step] : []))
  if (problems.length > 0) throw refused(problems)
  return steps.filter((step) => typeof step !== 'string')
}

/** A sentence when the server would refuse it. */
async function planStep(client: Client, manifest: WorkflowManifest, project: Project | null): Promise<Step | string> {
  const { name, version } = manifest
  const before = await orMissing(client.get('/api/workflows/{workflow}', { params: { path: { workflow: name } } }))
  if (before === null) return { manifest, before, status: 'new' }
  if (project !== null && before.project_id !== project.id) {
    return `${name} belongs to ${before.project_id === undefined ? 'the platform' : 'another project'}, and not to ${nameOf(project)}. Give the workflow another name, or move it first with: millrace workflows move ${name} ${nameOf(project)}`
  }
  // Each content of `dev` is a version of its own, which the server names.
  const sought = version === 'dev' ? before.version : version
  const known = await orMissing(
    client.get('/api/workflows/{workflow}/versions/{version}', {
      params: { path: { workflow: name, version: sought } },
    }),
  )
  const isSame = known !== null && isDeepStrictEqual({ ...known, version }, JSON.parse(JSON.stringify(manifest)))
  if (isSame) return { manifest, before, status: before.version === sought ? 'current' : 'known' }
  if (known === null || version === 'dev') return { manifest, before, status: 'changed' }
  return `${versionedName(manifest)} was deployed before with other content, and a version does not change. Give it another one, in its definition or with --version.`
}

/** @throws ConfigError `DEPLOY_REFUSED` with everything that the server says. */
async function send(
  client: Client,
  built: BuiltPackage,
  steps: readonly Step[],
  project: Project | null,
): Promise<boolean> {
  const { sha256 } = built.package
  const isThere = await orMissing(client.get('/api/packages/{sha256}', { params: { path: { sha256 } } }))
  const uploaded = isThere === null && (await client.uploadPackage(sha256, await zipOf(built)))
  const problems: string[] = []
  for (const { manifest, status } of steps) {
    if (status === 'current') continue
    try {
      const query = project === null ? {} : { project: project.id }
      await client.post('/api/workflows', { params: { query }, body: manifest as never })
    } catch (error) {
      if (!(error instanceof ApiError) || error.status >= 500 || error.status === 401) throw error
      problems.push(`${versionedName(manifest)}: ${error.message}`)
    }
  }
  if (problems.length > 0) throw refused(problems)
  return uploaded
}

async function zipOf({ zip }: BuiltPackage): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(zip))
}

async function currentOf(client: Client, steps: readonly Step[]): Promise<ReadonlyMap<string, Workflow>> {
  const found = await Promise.all(
    steps.map(({ manifest: { name } }) =>
      client.get('/api/workflows/{workflow}', { params: { path: { workflow: name } } }),
    ),
  )
  return new Map(found.map((workflow) => [workflow.name, workflow]))
}

async function nextTicks(client: Client): Promise<ReadonlyMap<string, readonly string[]>> {
  const schedules = await allPages((query) => client.page('/api/schedules', { params: { query } }))
  return new Map(schedules.map(({ workflow, next_ticks }) => [workflow, next_ticks]))
}

function statusText(
  { status, before }: { readonly status: Step['status']; readonly before?: string },
  dryRun: boolean,
) {
  switch (status) {
    case 'new':
      return dryRun ? 'would be new' : 'new'
    case 'current':
      return 'unchanged'
    default:
      return `${dryRun ? 'would replace' : 'replaces'} ${before}${status === 'known' ? ', as it did before' : ''}`
  }
}

function ticksText(
  one: { readonly scheduled: boolean; readonly paused: boolean; readonly next_ticks: readonly string[] },
  dryRun: boolean,
): string {
  if (!one.scheduled) return 'none: it has no schedule'
  if (one.paused) return 'none: it is paused'
  const ticks = one.next_ticks.map(localTime).join(', ')
  return ticks === '' && dryRun ? 'by its schedule, once it is deployed' : ticks
}

function refused(problems: readonly string[]): ConfigError {
  return new ConfigError('DEPLOY_REFUSED', {
    message: `The server does not take ${problems.length === 1 ? 'this' : 'these'}:\n${problems.map((problem) => `- ${problem}`).join('\n')}`,
    details: { problems },
  })
}

async function orMissing<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof ApiError && error.status === 404 && codeOf(error) !== undefined) return null
    throw error
  }
}
