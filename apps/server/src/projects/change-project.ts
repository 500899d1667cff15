import { isDeepStrictEqual } from 'node:util'
import type { Trx } from '@millrace/db'
import { checkIfMatch, forbidden, type HttpError, notFound } from '@millrace/http'
import { type Authz, type Caller, publicViewers } from '../authz/index.ts'
import { emitEvent } from '../events/index.ts'
import { lockNamespace, missingNamespace, type NamespaceRow, namespaceRef } from '../namespaces/index.ts'
import type { ServerContext } from '../server-context.ts'
import { defaultSecretsDirectory } from './create-project.ts'
import { projectPayload } from './events.ts'
import { projectRef } from './find-project.ts'
import { type ProjectChanges, projectEtag } from './schemas.ts'
import { lockProject, type Project, updateProject } from './store.ts'

/** Says the same of what is missing and of what the caller may not see or change. */
export function missingProject(id: string): HttpError {
  return notFound('PROJECT_MISSING', `There is no project ${id}, or you may not do this to it.`)
}

/**
 * A project that the caller is about to change.
 *
 * @throws HttpError 404 PROJECT_MISSING also when the caller lacks the permission.
 */
export async function lockProjectFor(
  trx: Trx,
  { authz }: Pick<ServerContext, 'authz'>,
  { principal, id, permission }: { readonly principal: Caller; readonly id: string; readonly permission: string },
): Promise<Project> {
  const project = await lockProject(trx, id)
  if (project === undefined || !(await authz.can(trx, principal, permission, projectRef(id)))) throw missingProject(id)
  return project
}

export async function changeProject(
  trx: Trx,
  context: Pick<ServerContext, 'authz'>,
  { principal, id, ifMatch }: { readonly principal: Caller; readonly id: string; readonly ifMatch: string },
  body: ProjectChanges,
): Promise<void> {
  const { authz } = context
  // Before the project, in the order of who removes a namespace with its projects.
  const target = body.namespace === undefined ? undefined : await lockNamespace(trx, body.namespace)
  const before = await lockProjectFor(trx, context, { principal, id, permission: 'write' })
  if (target === null) throw missingNamespace(body.namespace ?? '')
  const after = { ...before, ...placeIn(target), ...valuesOf(before, body) }
  const isMoved = after.namespace_id !== before.namespace_id
  if (isMoved || after.slug !== before.slug || after.visibility !== before.visibility) {
    if (!(await authz.can(trx, principal, 'delete', projectRef(id)))) throw missingProject(id)
  }
  if (isMoved || after.slug !== before.slug) await checkNamespaces(trx, authz, principal, before, after)
  checkIfMatch(ifMatch, projectEtag(before))
  // What changes nothing is no news, and takes the ETag from nobody.
  if (isDeepStrictEqual(after, before)) return

  await updateProject(trx, before, after)
  await relate(trx, authz, before, after)
  await emitEvent(trx, 'project.updated', projectPayload(after))
}

function placeIn(namespace: NamespaceRow | undefined): Partial<Project> {
  if (namespace === undefined) return {}
  return { namespace: namespace.slug, namespace_id: namespace.id, namespace_kind: namespace.kind }
}

function valuesOf(before: Project, body: ProjectChanges): Partial<Project> {
  const { description, documentation, secrets_mount_directory: directory, template_id } = body
  return {
    name: body.name ?? before.name,
    slug: body.slug ?? before.slug,
    visibility: body.visibility ?? before.visibility,
    keywords: body.keywords ?? before.keywords,
    repositories: body.repositories ?? before.repositories,
    is_template: body.is_template ?? before.is_template,
    ...(description === undefined ? {} : { description: description || null }),
    ...(documentation === undefined ? {} : { documentation: documentation || null }),
    ...(directory === undefined ? {} : { secrets_mount_directory: directory || defaultSecretsDirectory }),
    ...(template_id === undefined ? {} : { template_id: null }),
  }
}

async function checkNamespaces(trx: Trx, authz: Authz, caller: Caller, before: Project, after: Project): Promise<void> {
  const answers = await authz.canAll(
    trx,
    caller,
    [before, after].map((project) => ({ object: namespaceOf(project), permission: 'write' })),
  )
  const forbiddenOne = [before, after].find((_, place) => !answers[place])
  if (forbiddenOne === undefined) return
  throw forbidden(
    'NAMESPACE_FORBIDDEN',
    `You may not move or rename projects in "${forbiddenOne.namespace}". Ask an owner of it to make you an editor.`,
  )
}

/** One exchange: whoever had access by the former namespace has none from the same moment on. */
async function relate(trx: Trx, authz: Authz, before: Project, after: Project): Promise<void> {
  const object = projectRef(after.id)
  const inNamespace = (project: Project) => ({ object, relation: 'project_namespace', subject: namespaceOf(project) })
  const viewers = (project: Project) => (project.visibility === 'public' ? publicViewers(object) : [])
  const isMoved = after.namespace_id !== before.namespace_id
  const isShown = after.visibility !== before.visibility
  if (!isMoved && !isShown) return
  await authz.relate(trx, {
    remove: [...(isMoved ? [inNamespace(before)] : []), ...(isShown ? viewers(before) : [])],
    add: [...(isMoved ? [inNamespace(after)] : []), ...(isShown ? viewers(after) : [])],
  })
}

function namespaceOf({ namespace_id, namespace_kind }: Project) {
  return namespaceRef({ id: namespace_id, kind: namespace_kind })
}
