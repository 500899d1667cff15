import { FatalError } from '@millrace/core'
import type { Trx } from '@millrace/db'
import { checkIfMatch, conflict, type HttpError, invalid, notFound } from '@millrace/http'
import { type Authz, type Caller, publicViewers, type Relation } from '../authz/index.ts'
import { newId } from '../ids.ts'
import type { UserPrincipal } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { slugFrom } from '../slugs.ts'
import { changedStorage, newStorage, parseDoi, type Storage } from '../storage/index.ts'
import { addLink } from './link-store.ts'
import { placeFor } from './place.ts'
import { type ConnectorChanges, connectorEtag, type NewConnector } from './schemas.ts'
import {
  connectorRef,
  type DataConnector,
  deleteConnectors,
  insertConnector,
  lockConnector,
  type Place,
  placeRef,
  readConnector,
  updateConnector,
} from './store.ts'

/** Says the same of what is missing and of what the caller may not see or change. */
export function missingConnector(id: string): HttpError {
  return notFound('DATA_CONNECTOR_MISSING', `There is no data connector ${id}, or you may not do this to it.`)
}

/**
 * A connector that the caller is about to change.
 *
 * @throws HttpError 404 DATA_CONNECTOR_MISSING also when the caller lacks the permission.
 */
export async function lockConnectorFor(
  trx: Trx,
  { authz }: Pick<ServerContext, 'authz'>,
  { principal, id, permission }: { readonly principal: Caller; readonly id: string; readonly permission: string },
): Promise<DataConnector> {
  const connector = await lockConnector(trx, id)
  if (connector === undefined || !(await authz.can(trx, principal, permission, connectorRef(id))))
    throw missingConnector(id)
  return connector
}

/** @throws HttpError 404 NAMESPACE_MISSING, 403 NAMESPACE_FORBIDDEN, 409 SLUG_TAKEN, and what a storage may say. */
export async function createConnector(
  trx: Trx,
  { authz }: Pick<ServerContext, 'authz'>,
  principal: UserPrincipal,
  body: NewConnector,
): Promise<DataConnector> {
  const storage = newStorage(body.storage)
  const { name, slug = slugFrom(name), visibility } = body
  const place = await placeFor(trx, authz, principal, body.namespace)
  const id = newId()
  const isNew = await insertConnector(trx, {
    ...{ id, ...place, slug, name, visibility, ...storage },
    ...{ description: body.description || null, keywords: body.keywords ?? [], createdBy: principal.id },
    ...{ doi: doiOf(storage), publisherName: null, publisherUrl: null },
  })
  if (!isNew) {
    throw conflict('SLUG_TAKEN', `There is a data connector "${place.namespace}/${slug}" already. Choose another slug.`)
  }
  await authz.relate(trx, { add: [...inPlace(id, place), ...viewers(id, visibility)] })
  return await readAgain(trx, id)
}

/** @throws HttpError 404, 409 ETAG_CHANGED, 422 SLUG_TAKEN, and as `createConnector`. */
export async function changeConnector(
  trx: Trx,
  context: Pick<ServerContext, 'authz'>,
  { principal, id, ifMatch }: { readonly principal: UserPrincipal; readonly id: string; readonly ifMatch: string },
  body: ConnectorChanges,
): Promise<DataConnector> {
  const { authz } = context
  const before = await lockConnectorFor(trx, context, { principal, id, permission: 'write' })
  const target = body.namespace === before.namespace ? undefined : body.namespace
  const wantsMove = target !== undefined
  const { slug = before.slug, visibility = before.visibility } = body
  if (wantsMove || slug !== before.slug || visibility !== before.visibility) {
    if (!(await authz.can(trx, principal, 'delete', connectorRef(id)))) throw missingConnector(id)
    if (before.kind === 'global' && (wantsMove || slug !== before.slug || visibility !== 'public')) {
      throw invalid('DATA_CONNECTOR_GLOBAL', 'A global data connector keeps its place and its slug, and stays public.')
    }
  }
  const place: Place = target === undefined ? before : await placeFor(trx, authz, principal, target)
  checkIfMatch(ifMatch, connectorEtag(before))

  const storage = body.storage === undefined ? before : changedStorage(before, body.storage)
  if (before.kind === 'global' && doiOf(storage) !== before.doi) {
    throw invalid('DATA_CONNECTOR_GLOBAL', 'A global data connector keeps its DOI. Import the other DOI.')
  }
  const after: DataConnector = {
    ...before,
    ...{ namespaceId: place.namespaceId, projectId: place.projectId, kind: place.kind, namespace: place.namespace },
    ...{ slug, visibility, name: body.name ?? before.name, keywords: body.keywords ?? before.keywords },
    description: body.description === undefined ? before.description : body.description || null,
    ...(body.storage === undefined ? {} : { ...storage, doi: doiOf(storage) }),
  }
  await updateConnector(trx, before, after)
  await relate(trx, authz, before, after)
  if (after.projectId !== null && after.projectId !== before.projectId) {
    await addLink(trx, authz, { dataConnectorId: id, projectId: after.projectId, createdBy: principal.id })
  }
  return await readAgain(trx, id)
}

/** With their relations, links and what users have for their options; the secrets themselves stay with the users. */
export async function forgetConnectors(trx: Trx, authz: Authz, ids: readonly string[]): Promise<void> {
  for (const id of ids) await authz.forget(trx, connectorRef(id))
  await deleteConnectors(trx, ids)
}

export async function readAgain(trx: Trx, id: string): Promise<DataConnector> {
  const connector = await readConnector(trx, id)
  if (connector !== undefined) return connector
  throw new FatalError('DATA_CONNECTOR_MISSING', { message: `The data connector ${id} was not stored.` })
}

export function viewers(id: string, visibility: DataConnector['visibility']): readonly Relation[] {
  return visibility === 'public' ? publicViewers(connectorRef(id)) : []
}

/** One exchange: whoever had access by the former place has none from the same moment on. */
async function relate(trx: Trx, authz: Authz, before: DataConnector, after: DataConnector): Promise<void> {
  const isMoved = after.namespaceId !== before.namespaceId || after.projectId !== before.projectId
  const isShown = after.visibility !== before.visibility
  const relations = (of: DataConnector) => [
    ...(isMoved ? inPlace(of.id, of) : []),
    ...(isShown ? viewers(of.id, of.visibility) : []),
  ]
  if (isMoved || isShown) await authz.relate(trx, { remove: relations(before), add: relations(after) })
}

function inPlace(id: string, place: Place): readonly Relation[] {
  const subject = placeRef(place)
  return subject === null ? [] : [{ object: connectorRef(id), relation: 'data_connector_namespace', subject }]
}

function doiOf({ configuration }: Storage): string | null {
  return configuration.type === 'doi' ? parseDoi(String(configuration.doi)) : null
}
