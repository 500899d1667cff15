import type { Queryable } from '@millrace/db'
import { notFound } from '@millrace/http'
import type { Caller } from '../authz/index.ts'
import { findProject, projectRef } from '../projects/index.ts'
import type { ServerContext } from '../server-context.ts'

/** @throws HttpError 404 when there is no such project, or the caller may not do this there. */
export async function requireProject(
  db: Queryable,
  { authz }: Pick<ServerContext, 'authz'>,
  caller: Caller,
  permission: 'read' | 'write',
  id: string,
): Promise<void> {
  const project = await findProject(db, id)
  if (project !== null && (await authz.can(db, caller, permission, projectRef(id)))) return
  throw notFound('PROJECT_MISSING', `There is no project ${id}, or you do not have access to it.`)
}

/** @throws HttpError 404, the same for a slot of a project that the caller may not do this in. */
export async function requireSlotProject(
  db: Queryable,
  { authz }: Pick<ServerContext, 'authz'>,
  caller: Caller,
  permission: 'read' | 'write',
  slot: { readonly id: string; readonly projectId: string | null },
): Promise<void> {
  if (slot.projectId !== null && (await authz.can(db, caller, permission, projectRef(slot.projectId)))) return
  throw notFound('SLOT_MISSING', `There is no slot ${slot.id} for a session secret, or you do not have access to it.`)
}
