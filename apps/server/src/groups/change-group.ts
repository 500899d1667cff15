import type { Trx } from '@millrace/db'
import { forbidden, HttpError, notFound } from '@millrace/http'
import { type Caller, type ObjectRef, platformRef, publicViewers, userRef } from '../authz/index.ts'
import { change } from '../change.ts'
import { emitEvent } from '../events/index.ts'
import { newId } from '../ids.ts'
import { renameNamespace, takenNamespace } from '../namespaces/index.ts'
import type { UserPrincipal } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { slugFrom } from '../slugs.ts'
import { ensureUser } from '../users/index.ts'
import type { GroupChanges, NewGroup } from './schemas.ts'
import { type Group, insertGroup, lockGroup, updateGroup } from './store.ts'

export function groupRef(id: string): ObjectRef {
  return { type: 'group', id }
}

/** Says the same of what is missing and of what the caller may not do anything to. */
export function missingGroup(slug: string): HttpError {
  return notFound('GROUP_MISSING', `There is no group "${slug}", or you may not do this to it.`)
}

export async function createGroup(
  context: ServerContext,
  { principal, requestId }: { readonly principal: UserPrincipal; readonly requestId: string },
  body: NewGroup,
): Promise<Group> {
  const { db, authz } = context
  const { name, slug = slugFrom(name) } = body
  const wanted = { id: newId(), name, slug, description: body.description || null, createdBy: principal.id }
  const object = groupRef(wanted.id)
  await ensureUser(context, principal)
  return await change(db, { id: principal.id, requestId }, async (trx) => {
    if (!(await authz.can(trx, principal, 'create_groups', platformRef))) {
      throw forbidden('GROUP_CREATION_OFF', 'Only administrators of the platform create groups. Ask one of them.')
    }
    const group = await insertGroup(trx, wanted)
    if (group === null) throw takenNamespace(slug)
    const owner = { object, relation: 'owner', subject: userRef(principal.id) }
    await authz.relate(trx, { add: [owner, ...publicViewers(object)] })
    await emitEvent(trx, 'group.added', payload(group))
    await emitEvent(trx, 'memberGroup.added', { groupId: group.id, userId: principal.id, role: 'OWNER' })
    return group
  })
}

export async function changeGroup(
  trx: Trx,
  context: ServerContext,
  { principal, slug }: { readonly principal: Caller; readonly slug: string },
  body: GroupChanges,
): Promise<Group> {
  const before = await lockGroupFor(trx, context, { principal, slug, permission: 'delete' })
  const { description = before.description } = body
  const after = {
    ...before,
    name: body.name ?? before.name,
    slug: body.slug ?? before.slug,
    description: description || null,
  }
  if (after.slug !== before.slug) await renameNamespace(trx, before.id, { from: before.slug, to: after.slug })
  await updateGroup(trx, after)
  await emitEvent(trx, 'group.updated', payload(after))
  return after
}

/**
 * A group that the caller is about to change, by the slug that it has now.
 *
 * @throws HttpError 404 GROUP_MISSING also when the caller lacks the permission; 409 SLUG_OUTDATED with the slug of now.
 */
export async function lockGroupFor(
  trx: Trx,
  { authz }: Pick<ServerContext, 'authz'>,
  { principal, slug, permission }: { readonly principal: Caller; readonly slug: string; readonly permission: string },
): Promise<Group> {
  const group = await lockGroup(trx, slug)
  if (group === undefined || !(await authz.can(trx, principal, permission, groupRef(group.id)))) {
    throw missingGroup(slug)
  }
  if (group.slug !== slug) {
    throw new HttpError(
      409,
      'SLUG_OUTDATED',
      `The group "${slug}" is called "${group.slug}" now. Change it by that slug.`,
      { detail: `SLUG_OUTDATED: ${group.slug}`, details: { slug: group.slug } },
    )
  }
  return group
}

function payload({ id, name, slug, description }: Omit<Group, 'creationDate'>) {
  return { id, name, namespace: slug, ...(description === null ? {} : { description }) }
}
