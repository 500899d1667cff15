import { FatalError } from '@millrace/core'
import { sql, type Trx } from '@millrace/db'
import { conflict, forbidden } from '@millrace/http'
import { platformRef, publicViewers, userRef } from '../authz/index.ts'
import { emitEvent } from '../events/index.ts'
import { newId } from '../ids.ts'
import { lockNamespace, missingNamespace } from '../namespaces/index.ts'
import type { UserPrincipal } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { slugFrom } from '../slugs.ts'
import { projectPayload } from './events.ts'
import { projectRef } from './find-project.ts'
import type { NewProject } from './schemas.ts'
import { insertProject, type Project, readProject } from './store.ts'

export const defaultSecretsDirectory = '/secrets'

/**
 * A project that its creator owns, as stored but for its documentation, which is answered only to who asks for it.
 *
 * @throws HttpError 404 NAMESPACE_MISSING; 403 NAMESPACE_FORBIDDEN, PROJECT_CREATION_OFF; 409 SLUG_TAKEN.
 */
export async function createProject(
  trx: Trx,
  { authz }: Pick<ServerContext, 'authz'>,
  principal: UserPrincipal,
  body: NewProject,
  { templateId = null }: { readonly templateId?: string | null } = {},
): Promise<Project> {
  const { name, slug = slugFrom(name), visibility = 'private' } = body
  const namespace = await lockNamespace(trx, body.namespace)
  if (namespace === null) throw missingNamespace(body.namespace)
  const [mayWrite, mayCreate] = await authz.canAll(trx, principal, [
    { object: namespace.ref, permission: 'write' },
    { object: platformRef, permission: 'create_projects' },
  ])
  if (!mayWrite) {
    throw forbidden(
      'NAMESPACE_FORBIDDEN',
      `You may not create anything in "${namespace.slug}". Ask an owner of it to make you an editor.`,
    )
  }
  if (!mayCreate) {
    throw forbidden('PROJECT_CREATION_OFF', 'Only administrators of the platform create projects. Ask one of them.')
  }
  const id = newId()
  const isNew = await insertProject(trx, {
    ...{ id, name, slug, visibility, namespace_id: namespace.id, created_by: principal.id },
    description: body.description || null,
    keywords: body.keywords ?? [],
    repositories: body.repositories ?? [],
    documentation: body.documentation || null,
    template_id: templateId,
    is_template: body.is_template ?? false,
    secrets_mount_directory: body.secrets_mount_directory || defaultSecretsDirectory,
  })
  if (!isNew) {
    throw conflict('SLUG_TAKEN', `There is a project "${namespace.slug}/${slug}" already. Choose another slug.`)
  }
  const object = projectRef(id)
  await authz.relate(trx, {
    add: [
      { object, relation: 'project_namespace', subject: namespace.ref },
      { object, relation: 'owner', subject: userRef(principal.id) },
      ...(visibility === 'public' ? publicViewers(object) : []),
    ],
  })
  const project = await readProject(trx, id, sql`true`, { withDocumentation: false })
  if (project === undefined) throw new FatalError('PROJECT_MISSING', { message: `The project ${id} was not stored.` })
  await emitEvent(trx, 'project.created', {
    ...projectPayload(project),
    createdBy: principal.id,
    creationDate: project.creation_date.toISOString(),
  })
  await emitEvent(trx, 'projectAuth.added', { projectId: id, userId: principal.id, role: 'OWNER' })
  return project
}
