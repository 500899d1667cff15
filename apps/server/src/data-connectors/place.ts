import type { Trx } from '@millrace/db'
import { sql } from '@millrace/db'
import { forbidden, notFound } from '@millrace/http'
import type { Authz, Caller } from '../authz/index.ts'
import { lockNamespace, projectIdByPath } from '../namespaces/index.ts'
import { projectRef } from '../projects/index.ts'
import type { Place } from './store.ts'

/**
 * Where a connector is to be, as long as the caller may put one there. Nobody removes the place until the transaction is over.
 *
 * @throws HttpError 404 NAMESPACE_MISSING, 403 NAMESPACE_FORBIDDEN
 */
export async function placeFor(trx: Trx, authz: Authz, caller: Caller, path: string): Promise<Place> {
  const [slug = '', project] = path.split('/')
  return project === undefined
    ? await namespaceFor(trx, authz, caller, slug)
    : await projectFor(trx, authz, caller, slug, project)
}

async function namespaceFor(trx: Trx, authz: Authz, caller: Caller, slug: string): Promise<Place> {
  const namespace = await lockNamespace(trx, slug)
  if (namespace === null) throw missing(slug)
  if (!(await authz.can(trx, caller, 'write', namespace.ref))) throw notAllowed(namespace.slug)
  return { namespaceId: namespace.id, projectId: null, kind: namespace.kind, namespace: namespace.slug }
}

async function projectFor(trx: Trx, authz: Authz, caller: Caller, slug: string, project: string): Promise<Place> {
  const found = await trx.maybe<{ id: string; path: string }>(sql`
    select p.id, n.slug || '/' || p.slug as path
    from common.project p join common.namespace n on n.id = p.namespace_id
    where p.id = ${projectIdByPath(slug, project)}
    for key share of p`)
  if (found === undefined) throw missing(`${slug}/${project}`)
  const object = projectRef(found.id)
  const [read, write] = await authz.canAll(trx, caller, [
    { object, permission: 'read' },
    { object, permission: 'write' },
  ])
  if (!read) throw missing(`${slug}/${project}`)
  if (!write) throw notAllowed(found.path)
  return { namespaceId: null, projectId: found.id, kind: 'project', namespace: found.path }
}

function missing(path: string) {
  return notFound('NAMESPACE_MISSING', `There is no namespace "${path}", or you may not see it.`)
}

function notAllowed(path: string) {
  return forbidden(
    'NAMESPACE_FORBIDDEN',
    `You may not put data connectors into "${path}". Ask an owner to make you an editor.`,
  )
}
