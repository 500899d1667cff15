import { confirm } from '../confirm.ts'
import { type Context, exitCodes } from '../context.ts'
import { findProject, nameOf } from '../find-project.ts'
import { printJson } from '../output/print-json.ts'
import { printable } from '../output/printable.ts'
import { textTable } from '../output/table.ts'
import { localTime, zoneNote } from '../output/when.ts'
import { type ServerRequest, withUser } from '../server-connection.ts'
import { allPages } from '../server-lists.ts'
import { runState } from './runs.ts'
import { manifestOf } from './trigger.ts'

interface OneWorkflow extends ServerRequest {
  readonly workflow: string
}

export async function listWorkflows(
  request: ServerRequest & { readonly search?: string; readonly tag?: string; readonly project?: string },
  context: Context,
): Promise<number> {
  const { search, tag, json = false } = request
  return await withUser(request, context, async (client) => {
    const filter = {
      ...(search === undefined ? {} : { search }),
      ...(tag === undefined ? {} : { tag }),
      ...(request.project === undefined ? {} : { project: (await findProject(client, request.project)).id }),
    }
    const found = await allPages((query) =>
      client.page('/api/workflows', { params: { query: { ...query, ...filter } } }),
    )
    if (json) return printJson(found, context)
    if (found.length === 0) {
      context.err('There are no such workflows. Deploy those of a package with: millrace deploy\n')
      return exitCodes.done
    }
    const body = found.map((one) => [
      ...[one.name, one.version, one.schedule === undefined ? '' : `${one.schedule.cron} ${one.schedule.timezone}`],
      one.paused ? 'paused' : localTime(one.next_tick_at),
      one.last_run === undefined ? '' : `${one.last_run.id} ${runState(one.last_run.state)}`,
      one.owner ?? '',
    ])
    context.out(textTable(['workflow', 'version', 'schedule', 'next run', 'last run', 'owner'], body))
    context.err(zoneNote())
    return exitCodes.done
  })
}

export async function showWorkflow(
  request: OneWorkflow & { readonly version?: string },
  context: Context,
): Promise<number> {
  const { workflow: name, version, json = false } = request
  return await withUser(request, context, async (client) => {
    const workflow = await client.get('/api/workflows/{workflow}', { params: { path: { workflow: name } } })
    const manifest = await manifestOf(client, name, version ?? workflow.version)
    if (json) return printJson({ ...workflow, manifest }, context)
    const { schedule, params, nodes } = manifest
    const facts = [
      ['title', manifest.title],
      ['what', manifest.description],
      ['owner', manifest.owner],
      ['tags', manifest.tags.join(', ')],
      ['schedule', schedule && `${schedule.cron} ${schedule.timezone}, catchup ${schedule.catchup.policy}`],
      ['next run', workflow.paused ? 'none: it is paused' : localTime(workflow.next_tick_at)],
      ['params', params && Object.keys((params.properties ?? {}) as object).join(', ')],
      ['last run', workflow.last_run && `${workflow.last_run.id}, ${runState(workflow.last_run.state)}`],
    ].flatMap(([label, text]) => (text ? [`  ${`${label}`.padEnd(10)}  ${printable(`${text}`)}`] : []))
    const state =
      manifest.version === workflow.version ? 'the current version' : `the current one is ${workflow.version}`
    context.out(`${[`${name} ${manifest.version}, ${state}`, ...facts].join('\n')}\n\n`)
    const body = nodes.map(({ id, kind, operator, mapOver, upstreams, options }) => [
      ...[id, kind === 'spacer' ? 'spacer' : (operator?.name ?? 'class'), upstreams.join(', '), mapOver ?? ''],
      ...[options.queue, options.pool ?? '', kind === 'spacer' ? '' : `${options.retries}`],
    ])
    context.out(textTable(['node', 'kind', 'after', 'for each of', 'queue', 'pool', 'retries'], body))
    context.err(zoneNote())
    return exitCodes.done
  })
}

export async function listVersions(request: OneWorkflow, context: Context): Promise<number> {
  const { workflow, json = false } = request
  return await withUser(request, context, async (client) => {
    const versions = await allPages((query) =>
      client.page('/api/workflows/{workflow}/versions', { params: { path: { workflow }, query } }),
    )
    if (json) return printJson(versions, context)
    const body = versions.map((one) => [
      ...[one.version, one.is_current ? 'current' : '', localTime(one.created_at)],
      one.package_sha256?.slice(0, 12) ?? '',
    ])
    context.out(textTable(['version', '', 'deployed', 'package'], body))
    context.err(zoneNote())
    return exitCodes.done
  })
}

/** Ends with code 5 when the versions differ. */
export async function diffVersions(
  request: OneWorkflow & { readonly from: string; readonly to?: string },
  context: Context,
): Promise<number> {
  const { workflow, from, to, json = false } = request
  return await withUser(request, context, async (client) => {
    const query = { from, ...(to === undefined ? {} : { to }) }
    const diff = await client.get('/api/workflows/{workflow}/diff', { params: { path: { workflow }, query } })
    const lines = [
      ...diff.added.map((id) => `+ ${id}`),
      ...diff.removed.map((id) => `- ${id}`),
      ...diff.changed.map(({ id, fields }) => `~ ${id}: ${fields.join(', ')}`),
      ...(diff.workflow.length === 0 ? [] : [`~ the workflow: ${diff.workflow.join(', ')}`]),
      ...(diff.package_changed ? ['~ the code'] : []),
    ]
    if (json) printJson(diff, context)
    else if (lines.length === 0) context.out('Nothing differs.\n')
    else context.out(`${lines.map((line) => printable(line)).join('\n')}\n`)
    return lines.length === 0 ? exitCodes.done : exitCodes.different
  })
}

export async function deleteWorkflow(
  request: OneWorkflow & { readonly yes?: boolean },
  context: Context,
): Promise<number> {
  const { workflow, json = false } = request
  return await withUser(request, context, async (client) => {
    const params = { path: { workflow } }
    await client.get('/api/workflows/{workflow}', { params })
    await confirm(`Remove ${workflow} with its versions, runs and logs?`, request, context)
    await client.delete('/api/workflows/{workflow}', { params })
    if (json) return printJson({ removed: workflow }, context)
    context.out(`${workflow} was removed, with its versions and runs.\n`)
    return exitCodes.done
  })
}

/** Gives a workflow to a project; its runs go with it. */
export async function moveWorkflow(
  request: OneWorkflow & { readonly project: string },
  context: Context,
): Promise<number> {
  const { workflow } = request
  return await withUser(request, context, async (client) => {
    const project = await findProject(client, request.project)
    const after = await client.patch('/api/workflows/{workflow}', {
      params: { path: { workflow } },
      body: { project_id: project.id },
    })
    if (request.json) return printJson(after, context)
    context.out(`Workflow ${workflow} belongs to ${nameOf(project)} now, with its runs.\n`)
    return exitCodes.done
  })
}
