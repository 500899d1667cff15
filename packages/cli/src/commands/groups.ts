import type { Client, components } from '@millrace/client'
import { confirm } from '../confirm.ts'
import { type Context, exitCodes } from '../context.ts'
import { projectsOf } from '../find-project.ts'
import { factsText } from '../output/facts.ts'
import { printJson } from '../output/print-json.ts'
import { textTable } from '../output/table.ts'
import { localTime, zoneNote } from '../output/when.ts'
import { type ServerRequest, withUser } from '../server-connection.ts'
import { allPages, withClosest } from '../server-lists.ts'
import { refuseNothing } from './projects.ts'

interface OneGroup extends ServerRequest {
  /** Its slug. */
  readonly group: string
}

interface GroupValues {
  readonly name?: string
  readonly description?: string
}

type Group = components['schemas']['Group']

export async function listGroups(request: ServerRequest & { readonly mine?: true }, context: Context): Promise<number> {
  const filter = request.mine === undefined ? {} : { direct_member: true }
  return await withUser(request, context, async (client) => {
    const groups = await allPages((query) =>
      client.page('/api/data/groups', { params: { query: { ...query, ...filter } } }),
    )
    if (request.json) return printJson(groups, context)
    if (groups.length === 0) {
      context.err('There are no such groups. Make one with: millrace groups create SLUG\n')
      return exitCodes.done
    }
    const body = groups.map(({ slug, name, description, creation_date }) => [
      ...[slug, name, description ?? '', localTime(creation_date)],
    ])
    context.out(textTable(['group', 'name', 'what', 'made'], body))
    context.err(zoneNote())
    return exitCodes.done
  })
}

export async function showGroup(request: OneGroup, context: Context): Promise<number> {
  return await withUser(request, context, async (client) => {
    const group = await findGroup(client, request.group)
    const params = { path: { slug: group.slug } }
    const [permissions, members, projects] = await Promise.all([
      client.get('/api/data/groups/{slug}/permissions', { params }),
      client.get('/api/data/groups/{slug}/members', { params }),
      projectsOf(client, group.slug),
    ])
    if (request.json) return printJson({ ...group, permissions, members }, context)
    const may = Object.entries(permissions).flatMap(([name, may]) => (may ? [name.replaceAll('_', ' ')] : []))
    context.out(
      factsText(`${group.slug}: ${group.name}`, [
        ['id', group.id],
        ['description', group.description],
        ['members', members.map(({ namespace, role }) => `@${namespace} (${role})`).join(', ')],
        ['projects', projects.map(({ slug }) => slug).join(', ')],
        ['you may', ['read', ...may].join(', ')],
        ['made', localTime(group.creation_date)],
      ]),
    )
    context.err(zoneNote())
    return exitCodes.done
  })
}

export async function createGroup(request: OneGroup & GroupValues, context: Context): Promise<number> {
  const { group: slug, name = slug, json = false } = request
  return await withUser(request, context, async (client) => {
    const made = await client.post('/api/data/groups', { body: { slug, ...bodyOf(request), name } })
    if (json) return printJson(made, context)
    context.out(`Group ${made.slug} was made, and you own it.\n`)
    context.err(`Let others in with: millrace members set ${made.slug} E-MAIL ROLE\n`)
    return exitCodes.done
  })
}

/** Changes what is given, and leaves the rest as it is. */
export async function setGroup(
  request: OneGroup & GroupValues & { readonly slug?: string },
  context: Context,
): Promise<number> {
  const body = { ...bodyOf(request), ...(request.slug === undefined ? {} : { slug: request.slug }) }
  refuseNothing(body, 'groups')
  return await withUser(request, context, async (client) => {
    const before = await findGroup(client, request.group)
    const after = await client.patch('/api/data/groups/{slug}', { params: { path: { slug: before.slug } }, body })
    if (request.json) return printJson(after, context)
    const was = before.slug === after.slug ? '' : `; it was ${before.slug}, which leads to it still`
    context.out(`Group ${after.slug} is changed${was}.\n`)
    return exitCodes.done
  })
}

export async function deleteGroup(request: OneGroup & { readonly yes?: boolean }, context: Context): Promise<number> {
  return await withUser(request, context, async (client) => {
    const { slug, id } = await findGroup(client, request.group)
    const count = (await projectsOf(client, slug)).length
    const what = count === 0 ? '' : ` with its ${count === 1 ? 'project' : `${count} projects`}`
    await confirm(`Remove the group ${slug}${what}? It cannot be undone.`, request, context)
    await client.delete('/api/data/groups/{slug}', { params: { path: { slug } } })
    if (request.json) return printJson({ removed: slug, id }, context)
    context.out(`Group ${slug} was removed${what}.\n`)
    return exitCodes.done
  })
}

/** @throws ConfigError `GROUP_MISSING` with the nearest one. */
export async function findGroup(client: Client, slug: string): Promise<Group> {
  const names = async () =>
    (await client.page('/api/data/groups', { params: { query: { per_page: 100 } } })).items.map((one) => one.slug)
  return await withClosest(client.get('/api/data/groups/{slug}', { params: { path: { slug } } }), { name: slug, names })
}

function bodyOf({ name, description }: GroupValues) {
  return { ...(name === undefined ? {} : { name }), ...(description === undefined ? {} : { description }) }
}
