import { readFile } from 'node:fs/promises'
import type { Client } from '@millrace/client'
import { ConfigError } from '@millrace/core'
import { confirm } from '../confirm.ts'
import { type Context, exitCodes } from '../context.ts'
import { findProject, nameOf, type Project, projectPath } from '../find-project.ts'
import { factsText } from '../output/facts.ts'
import { printJson } from '../output/print-json.ts'
import { textTable } from '../output/table.ts'
import { localTime, zoneNote } from '../output/when.ts'
import { type ServerRequest, withUser } from '../server-connection.ts'
import { allPages } from '../server-lists.ts'

interface OneProject extends ServerRequest {
  /** `NAMESPACE/SLUG`, or an id where it is there already. */
  readonly project: string
}

interface ProjectValues {
  readonly name?: string
  readonly description?: string
  readonly visibility?: 'private' | 'public'
  readonly keyword?: readonly string[]
  readonly repository?: readonly string[]
  /** File with Markdown. */
  readonly documentation?: string
  readonly template?: boolean
}

export async function listProjects(
  request: ServerRequest & { readonly namespace?: string; readonly mine?: true },
  context: Context,
): Promise<number> {
  const { namespace, mine } = request
  const filter = {
    ...(namespace === undefined ? {} : { namespace: namespace.replace(/^@/, '') }),
    ...(mine === undefined ? {} : { direct_member: true }),
  }
  return await withUser(request, context, async (client) => {
    const projects = await allPages((query) =>
      client.page('/api/data/projects', { params: { query: { ...query, ...filter } } }),
    )
    if (request.json) return printJson(projects, context)
    if (projects.length === 0) {
      context.err(
        'There are no such projects that you may see. Make one with: millrace projects create NAMESPACE/SLUG\n',
      )
      return exitCodes.done
    }
    const body = projects.map((one) => [
      ...[nameOf(one), one.name, one.visibility, one.keywords.join(', '), localTime(one.updated_at)],
    ])
    context.out(textTable(['project', 'name', 'visibility', 'keywords', 'changed'], body))
    context.err(zoneNote())
    return exitCodes.done
  })
}

export async function showProject(request: OneProject, context: Context): Promise<number> {
  return await withUser(request, context, async (client) => {
    const found = await findProject(client, request.project)
    const params = { path: { project_id: found.id } }
    const [project, permissions, members] = await Promise.all([
      client.get('/api/data/projects/{project_id}', { params: { ...params, query: { with_documentation: true } } }),
      client.get('/api/data/projects/{project_id}/permissions', { params }),
      client.get('/api/data/projects/{project_id}/members', { params }),
    ])
    if (request.json) return printJson({ ...project, permissions }, context)
    const may = Object.entries(permissions).flatMap(([name, may]) => (may ? [name.replaceAll('_', ' ')] : []))
    context.out(
      factsText(`${nameOf(project)}: ${project.name}`, [
        ...([
          ['id', project.id],
          ['description', project.description],
          ['visibility', `${project.visibility}${project.is_template ? ', a template' : ''}`],
          ['keywords', project.keywords.join(', ')],
          ['repositories', project.repositories.join(', ')],
          ['members', members.map(({ namespace, role }) => `@${namespace} (${role})`).join(', ')],
          ['you may', ['read', ...may].join(', ')],
          ['made', localTime(project.creation_date)],
          ['changed', localTime(project.updated_at)],
        ] as const),
      ]),
    )
    if (project.documentation) context.out(`\n${project.documentation}\n`)
    context.err(zoneNote())
    return exitCodes.done
  })
}

export async function createProject(request: OneProject & ProjectValues, context: Context): Promise<number> {
  return await withUser(request, context, async (client) => {
    const { namespace, slug } = await projectPath(client, request.project)
    const body = { namespace, slug, ...(await bodyOf(request)), name: request.name ?? slug }
    const made = await client.post('/api/data/projects', { body })
    return printMade(made, request, context)
  })
}

/** Changes what is given, and leaves the rest as it is. */
export async function setProject(
  request: OneProject & ProjectValues & { readonly moveTo?: string },
  context: Context,
): Promise<number> {
  return await withUser(request, context, async (client) => {
    const before = await findProject(client, request.project)
    const path = request.moveTo === undefined ? null : await projectPath(client, request.moveTo)
    const body = {
      ...(await bodyOf(request)),
      ...(path === null ? {} : { namespace: path.namespace, slug: path.slug }),
    }
    refuseNothing(body, 'projects')
    const after = await client.patch('/api/data/projects/{project_id}', {
      params: { path: { project_id: before.id } },
      headers: { 'if-match': before.etag },
      body,
    })
    if (request.json) return printJson(after, context)
    const was = nameOf(before) === nameOf(after) ? '' : `; it was ${nameOf(before)}, which leads to it still`
    context.out(`Project ${nameOf(after)} is changed${was}.\n`)
    return exitCodes.done
  })
}

export async function copyProject(
  request: OneProject & { readonly to: string; readonly name?: string; readonly visibility?: 'private' | 'public' },
  context: Context,
): Promise<number> {
  return await withUser(request, context, async (client) => {
    const from = await findProject(client, request.project)
    const { namespace, slug } = await projectPath(client, request.to)
    const made = await client.post('/api/data/projects/{project_id}/copies', {
      params: { path: { project_id: from.id } },
      body: {
        ...{ namespace, slug, name: request.name ?? from.name },
        ...(request.visibility === undefined ? {} : { visibility: request.visibility }),
      },
    })
    return printMade(made, request, context)
  })
}

export async function deleteProject(
  request: OneProject & { readonly yes?: boolean },
  context: Context,
): Promise<number> {
  return await withUser(request, context, async (client) => {
    const project = await findProject(client, request.project)
    const name = nameOf(project)
    await confirm(
      `Remove the project ${name} with its workflows, pipelines, data connectors and secrets? It cannot be undone.`,
      request,
      context,
    )
    await removeProject(client, project)
    if (request.json) return printJson({ removed: name, id: project.id }, context)
    context.out(`Project ${name} was removed.\n`)
    return exitCodes.done
  })
}

async function removeProject(client: Client, { id }: Project): Promise<void> {
  await client.delete('/api/data/projects/{project_id}', { params: { path: { project_id: id } } })
}

async function bodyOf(values: ProjectValues) {
  const { name, description, visibility, keyword, repository, documentation, template } = values
  return {
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(visibility === undefined ? {} : { visibility }),
    // An empty one takes all away.
    ...(keyword === undefined ? {} : { keywords: keyword.filter((one) => one !== '') }),
    ...(repository === undefined ? {} : { repositories: repository.filter((one) => one !== '') }),
    ...(documentation === undefined ? {} : { documentation: await readText(documentation) }),
    ...(template === undefined ? {} : { is_template: template }),
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new ConfigError('FILE_UNREADABLE', { message: `${path} cannot be read: ${(cause as Error).message}`, cause })
  }
}

/** @throws ConfigError `NOTHING_TO_CHANGE` */
export function refuseNothing(body: object, group: string): void {
  if (Object.keys(body).length > 0) return
  throw new ConfigError('NOTHING_TO_CHANGE', {
    message: `Say what to change by an option; "millrace ${group} set --help" shows them.`,
  })
}

function printMade(made: Project, { json }: ServerRequest, context: Context): number {
  if (json) return printJson(made, context)
  context.out(`Project ${nameOf(made)} was made. It is ${made.visibility}, and you own it.\n`)
  context.err(`Let others in with: millrace members set ${nameOf(made)} E-MAIL ROLE\n`)
  return exitCodes.done
}
