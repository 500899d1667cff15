import { type Queryable, sql, type Trx } from '@millrace/db'
import type { Owner } from '@millrace/secrets'
import { findNamespace, missingNamespace } from '../namespaces/index.ts'
import type { UserPrincipal } from '../principals.ts'
import { findProject, missingProject, projectRef } from '../projects/index.ts'
import type { ServerContext } from '../server-context.ts'

/** Whose connections: for tasks of a project, of all projects of a namespace, or of the whole platform. */
export type Place =
  | { readonly kind: 'project'; readonly id: string }
  | { readonly kind: 'namespace'; readonly id: string }
  | { readonly kind: 'platform' }

/** Members of a project or group see its connections without their secrets; whoever may write there changes and tries them. */
export type PlacePermission = 'read_children' | 'write'

/** Throws the same 404 for what is not there and for what the caller may not do this to. */
export type FindPlace<Params> = (
  db: Queryable,
  caller: UserPrincipal,
  params: Params,
  permission: PlacePermission,
) => Promise<Place>

export function projectPlace({ authz }: Pick<ServerContext, 'authz'>): FindPlace<{ readonly id: string }> {
  return async (db, caller, { id }, permission) => {
    const isThere = (await findProject(db, id)) !== null
    if (isThere && (await authz.can(db, caller, permission, projectRef(id)))) return { kind: 'project', id }
    throw missingProject(id)
  }
}

export function namespacePlace({ authz }: Pick<ServerContext, 'authz'>): FindPlace<{ readonly slug: string }> {
  return async (db, caller, { slug }, permission) => {
    const found = await findNamespace(db, slug)
    if (found !== null && (await authz.can(db, caller, permission, found.ref))) {
      return { kind: 'namespace', id: found.id }
    }
    throw missingNamespace(slug)
  }
}

/** Its endpoints let administrators in only. */
export const platformPlace: FindPlace<Record<never, never>> = async () => ({ kind: 'platform' })

/** What it belongs to is not removed until the transaction is over; false when that has happened already. */
export async function holdPlace(trx: Trx, place: Place): Promise<boolean> {
  if (place.kind === 'platform') return true
  const table = sql.identifier('common', place.kind)
  return (await trx.execute(sql`select from ${table} where id = ${place.id} for key share`)) > 0
}

/** Who its secrets are sealed for. */
export function ownerOf(place: Place): Owner {
  return place.kind === 'platform' ? 'platform' : `${place.kind}:${place.id}`
}
