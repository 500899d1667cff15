import type { Queryable } from '@millrace/db'
import { type HttpError, notFound } from '@millrace/http'
import type { Caller } from '../authz/index.ts'
import { findProject, projectRef } from '../projects/index.ts'
import type { ServerContext } from '../server-context.ts'

type Permission = 'read' | 'read_children' | 'write'

/** What belongs to a project is for those who may read it, and changed by those who may write it. @throws HttpError 404 */
export async function expectProject(
  { authz }: ServerContext,
  db: Queryable,
  caller: Caller,
  permission: Permission,
  projectId: string,
): Promise<void> {
  const mayDo = await authz.can(db, caller, permission, projectRef(projectId))
  // An administrator may do everything, also to what is not there.
  if (!mayDo || (await findProject(db, projectId)) === null) throw missingProject(permission, projectId)
}

export function missingProject(permission: Permission, projectId: string): HttpError {
  return notFound('PROJECT_MISSING', `There is no project ${projectId}, or you may not ${doing[permission]} it.`)
}

/** The same for something of a project, which is as if it were not there for those who may not. @throws HttpError 404 */
export async function expectPart<Row extends { readonly project_id: string }>(
  { authz }: ServerContext,
  db: Queryable,
  caller: Caller,
  permission: Permission,
  { row, noun, id }: { readonly row: Row | undefined; readonly noun: string; readonly id: string },
): Promise<Row> {
  if (row !== undefined && (await authz.can(db, caller, permission, projectRef(row.project_id)))) return row
  const code = `${noun.toUpperCase().replaceAll(' ', '_')}_MISSING`
  throw notFound(code, `There is no ${noun} ${id}, or you may not ${doing[permission]} it.`)
}

const doing: Readonly<Record<Permission, string>> = { read: 'see', read_children: 'see', write: 'change' }
