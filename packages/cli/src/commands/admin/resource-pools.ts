import { readFile } from 'node:fs/promises'
import type { Client, components } from '@millrace/client'
import { ConfigError, closestName } from '@millrace/core'
import { parse } from 'yaml'
import { askJson } from '../../ask-json.ts'
import { confirm } from '../../confirm.ts'
import { type Context, exitCodes } from '../../context.ts'
import { findProject, nameOf } from '../../find-project.ts'
import { findUser } from '../../find-user.ts'
import { printJson } from '../../output/print-json.ts'
import { printable } from '../../output/printable.ts'
import { textTable } from '../../output/table.ts'
import { type ServerRequest, withUser } from '../../server-connection.ts'
import { allPages } from '../../server-lists.ts'
import { findGroup } from '../groups.ts'
import { refuseNothing } from '../projects.ts'

interface OnePool extends ServerRequest {
  /** Its name or number. */
  readonly pool: string
}

type Pool = components['schemas']['MatchedResourcePool']

const pools = '/api/data/resource_pools'

export async function listResourcePools(request: ServerRequest, context: Context): Promise<number> {
  return await withUser(request, context, async (client) => {
    const all = await allOf(client)
    if (request.json) return printJson(all, context)
    const body = all.map(({ id, name, public: isPublic, default: isDefault, quota, classes }) => [
      ...[`${id}`, name, isPublic ? 'everybody' : 'members', isDefault ? 'yes' : ''],
      ...[quota === undefined ? 'none' : amounts(quota), classes.map((one) => one.name).join(', ')],
    ])
    context.out(textTable(['pool', 'name', 'for', 'default', 'quota', 'classes'], body))
    return exitCodes.done
  })
}

export async function showResourcePool(request: OnePool, context: Context): Promise<number> {
  return await withUser(request, context, async (client) => {
    const found = await findPool(client, request.pool)
    const params = { path: { pool_id: found.id } }
    const pool = await client.get('/api/data/resource_pools/{pool_id}', { params })
    const members = await allPages((query) =>
      client.page('/api/data/resource_pools/{pool_id}/members', { params: { ...params, query } }),
    )
    if (request.json) return printJson({ ...pool, members }, context)
    const isFor = pool.public ? 'for everybody' : 'for members'
    const quota = pool.quota === undefined ? 'no quota' : `a quota of ${amounts(pool.quota)}`
    context.out(`${printable(pool.name)}: ${isFor}${pool.default ? ', the default' : ''}, with ${quota}\n\n`)
    const classes = pool.classes.map((one) => [
      ...[`${one.id}`, one.name, `${one.cpu}`, `${one.memory}`, `${one.gpu}`, `${one.max_storage}`],
      one.default ? 'yes' : '',
    ])
    context.out(textTable(['class', 'name', 'CPU', 'memory GB', 'GPU', 'storage GB', 'default'], classes))
    if (members.length > 0) {
      const body = members.map((one) => [one.member_type, memberName(one), one.role])
      context.out(`\n${textTable(['member', 'name', 'role'], body)}`)
    }
    return exitCodes.done
  })
}

/** From a file, since a pool has classes with many numbers each. */
export async function createResourcePool(
  request: ServerRequest & { readonly file: string },
  context: Context,
): Promise<number> {
  const body = await readPool(request.file)
  return await withUser(request, context, async (client) => {
    const made = await askJson<Pool>(client, pools, { method: 'POST', body })
    if (request.json) return printJson(made, context)
    context.out(`Resource pool ${printable(made.name)} was made, with the number ${made.id}.\n`)
    return exitCodes.done
  })
}

export async function setResourcePool(
  request: OnePool & {
    readonly name?: string
    readonly public?: boolean
    readonly default?: boolean
    readonly fromFile?: string
  },
  context: Context,
): Promise<number> {
  const { name, public: isPublic, default: isDefault, fromFile } = request
  const body = {
    ...(fromFile === undefined ? {} : await readPool(fromFile)),
    ...(name === undefined ? {} : { name }),
    ...(isPublic === undefined ? {} : { public: isPublic }),
    ...(isDefault === undefined ? {} : { default: isDefault }),
  }
  refuseNothing(body, 'admin resource-pools')
  return await withUser(request, context, async (client) => {
    const { id } = await findPool(client, request.pool)
    const after = await askJson<Pool>(client, `${pools}/${id}`, { method: 'PATCH', body })
    if (request.json) return printJson(after, context)
    context.out(`Resource pool ${printable(after.name)} is changed.\n`)
    return exitCodes.done
  })
}

export async function deleteResourcePool(
  request: OnePool & { readonly yes?: boolean },
  context: Context,
): Promise<number> {
  return await withUser(request, context, async (client) => {
    const { id, name } = await findPool(client, request.pool)
    await confirm(`Remove the resource pool ${printable(name)} with its classes?`, request, context)
    await client.delete('/api/data/resource_pools/{pool_id}', { params: { path: { pool_id: id } } })
    if (request.json) return printJson({ removed: name, id }, context)
    context.out(`Resource pool ${printable(name)} was removed.\n`)
    return exitCodes.done
  })
}

/** Lets somebody into a pool that is not for everybody, or out of it. */
export async function allowResourcePool(
  request: OnePool & { readonly who: string; readonly allowed: boolean },
  context: Context,
): Promise<number> {
  const { who, allowed } = request
  return await withUser(request, context, async (client) => {
    const pool = await findPool(client, request.pool)
    const member = await findMember(client, who)
    const path = { pool_id: pool.id, member_type: member.type, member_id: member.id }
    if (allowed) {
      await askJson(client, `${pools}/${pool.id}/members`, {
        method: 'POST',
        body: [{ member_type: member.type, id: member.id, role: roles[member.type] }],
      })
    } else {
      await client.delete('/api/data/resource_pools/{pool_id}/members/{member_type}/{member_id}', { params: { path } })
    }
    if (request.json) return printJson({ pool: pool.id, member_type: member.type, id: member.id, allowed }, context)
    context.out(`${member.name} may ${allowed ? '' : 'no longer '}use the resource pool ${printable(pool.name)}.\n`)
    return exitCodes.done
  })
}

const roles = { user: 'viewer', group: 'group_viewer', project: 'project_viewer' } as const

/** A project has a slash in its name, a group none, and users are written as everywhere. */
async function findMember(client: Client, text: string) {
  if (text.includes('@')) {
    const { id, username } = await findUser(client, text)
    return { type: 'user', id, name: `@${username}` } as const
  }
  if (text.includes('/')) {
    const project = await findProject(client, text)
    return { type: 'project', id: project.id, name: nameOf(project) } as const
  }
  const { id, slug } = await findGroup(client, text)
  return { type: 'group', id, name: slug } as const
}

/** @throws ConfigError `RESOURCE_POOL_MISSING`, `RESOURCE_POOL_AMBIGUOUS` */
async function findPool(client: Client, text: string): Promise<Pool> {
  const all = await allOf(client)
  const found = all.filter(({ id, name }) => name === text || `${id}` === text)
  const [one, ...others] = found
  if (one !== undefined && others.length === 0) return one
  if (one !== undefined) {
    throw new ConfigError('RESOURCE_POOL_AMBIGUOUS', {
      message: `${found.length} resource pools are named "${text}". Give the number of one: ${found.map(({ id }) => id).join(', ')}.`,
    })
  }
  const closest = closestName(
    text,
    all.map(({ name }) => name),
  )
  const hint =
    closest === undefined
      ? '"millrace admin resource-pools list" shows those that there are.'
      : `Did you mean "${closest}"?`
  throw new ConfigError('RESOURCE_POOL_MISSING', { message: `There is no resource pool "${text}". ${hint}` })
}

async function allOf(client: Client): Promise<readonly Pool[]> {
  return await allPages((query) => client.page(pools, { params: { query } }))
}

async function readPool(path: string): Promise<Readonly<Record<string, unknown>>> {
  let read: unknown
  try {
    read = parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new ConfigError('FILE_UNREADABLE', { message: `${path} cannot be read: ${(cause as Error).message}`, cause })
  }
  if (typeof read === 'object' && read !== null && !Array.isArray(read)) return { ...read }
  throw new ConfigError('FILE_INVALID', {
    message: `${path} has to hold one resource pool, as YAML or JSON. "millrace admin resource-pools show POOL --json" shows one.`,
  })
}

function amounts({ cpu, memory, gpu }: components['schemas']['Quota']): string {
  return `${cpu} CPU, ${memory} GB${gpu > 0 ? `, ${gpu} GPU` : ''}`
}

function memberName({ id, email, slug, namespace }: components['schemas']['PoolMember']): string {
  if (email !== undefined) return email
  return slug === undefined ? id : [namespace, slug].filter((part) => part !== undefined).join('/')
}
