import type { Client, components } from '@millrace/client'
import { ConfigError } from '@millrace/core'
import { confirm } from '../confirm.ts'
import { type Context, exitCodes } from '../context.ts'
import { findProject, nameOf } from '../find-project.ts'
import { findUser } from '../find-user.ts'
import { printJson } from '../output/print-json.ts'
import { textTable } from '../output/table.ts'
import { type ServerRequest, withUser } from '../server-connection.ts'
import { findGroup } from './groups.ts'

interface InPlace extends ServerRequest {
  /** `NAMESPACE/SLUG` of a project, or the slug of a group. */
  readonly place: string
}

interface OneMember extends InPlace {
  /** An e-mail address, `@USERNAME`, or an id. */
  readonly who: string
}

type Member = components['schemas']['Member']
export type Role = Member['role']

/** A group or a project, as far as its members go. */
interface MemberPlace {
  readonly name: string
  list(): Promise<readonly Member[]>
  set(changes: readonly { readonly id: string; readonly role: Role }[]): Promise<unknown>
  remove(id: string): Promise<unknown>
}

export async function listMembers(request: InPlace, context: Context): Promise<number> {
  return await withUser(request, context, async (client) => {
    const place = await findMemberPlace(client, request.place)
    const members = await place.list()
    if (request.json) return printJson(members, context)
    const body = members.map((one) => [`@${one.namespace}`, fullName(one), one.role])
    context.out(textTable(['member', 'name', 'role'], body))
    return exitCodes.done
  })
}

/** Adds a member, or gives one another role. */
export async function setMember(request: OneMember & { readonly role: Role }, context: Context): Promise<number> {
  const { role, json = false } = request
  return await withUser(request, context, async (client) => {
    const place = await findMemberPlace(client, request.place)
    const { id, username } = await findUser(client, request.who)
    const before = (await place.list()).find((one) => one.id === id)?.role
    await place.set([{ id, role }])
    if (json) return printJson({ id, username, role, ...(before === undefined ? {} : { before }) }, context)
    const was = before === undefined ? ', and is new' : before === role ? ', as before' : `; it was ${before}`
    context.out(`@${username} is ${role} of ${place.name}${was}.\n`)
    return exitCodes.done
  })
}

export async function removeMember(request: OneMember & { readonly yes?: boolean }, context: Context): Promise<number> {
  return await withUser(request, context, async (client) => {
    const place = await findMemberPlace(client, request.place)
    const { id, username } = await findUser(client, request.who)
    if (!(await place.list()).some((one) => one.id === id)) {
      throw new ConfigError('MEMBER_MISSING', {
        message: `@${username} is no member of ${place.name}. "millrace members list ${place.name}" shows those that there are; members of a group are removed there.`,
      })
    }
    await confirm(`Take @${username} out of ${place.name}?`, request, context)
    await place.remove(id)
    if (request.json) return printJson({ removed: username, id }, context)
    context.out(`@${username} is no member of ${place.name} any more.\n`)
    return exitCodes.done
  })
}

async function findMemberPlace(client: Client, text: string): Promise<MemberPlace> {
  if (!text.includes('/')) {
    const { slug } = await findGroup(client, text)
    const path = { slug }
    return {
      name: slug,
      list: () => client.get('/api/data/groups/{slug}/members', { params: { path } }),
      set: (changes) => client.patch('/api/data/groups/{slug}/members', { params: { path }, body: [...changes] }),
      remove: (user_id) =>
        client.delete('/api/data/groups/{slug}/members/{user_id}', { params: { path: { ...path, user_id } } }),
    }
  }
  const project = await findProject(client, text)
  const path = { project_id: project.id }
  return {
    name: nameOf(project),
    list: () => client.get('/api/data/projects/{project_id}/members', { params: { path } }),
    set: (changes) => client.patch('/api/data/projects/{project_id}/members', { params: { path }, body: [...changes] }),
    remove: (member_id) =>
      client.delete('/api/data/projects/{project_id}/members/{member_id}', {
        params: { path: { ...path, member_id } },
      }),
  }
}

function fullName({ first_name = '', last_name = '' }: Member): string {
  return `${first_name} ${last_name}`.trim()
}
