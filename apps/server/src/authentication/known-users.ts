import { type Db, sql } from '@millrace/db'
import { type Authz, platformRef, userRef } from '../authz/index.ts'
import { change } from '../change.ts'
import { lookUpTogether } from '../look-up-together.ts'
import { findUsers, noteUser } from '../users/index.ts'
import type { Claims } from './user-claims.ts'

export interface KnownUsers {
  /** Makes whoever signed in a user, with the names that the issuer knows now, and an administrator or not. */
  note(user: Claims): Promise<void>
  /** Only the user; what a token says about administrators proves nothing. */
  noteProfile(user: Claims): Promise<void>
}

const rememberForMs = 60_000
const mostRemembered = 10_000

export function knownUsers({ db, authz }: { readonly db: Db; readonly authz: Authz }): KnownUsers {
  const admins = new Map<string, { readonly isAdmin: boolean; readonly atMs: number }>()

  /** The relation is what tokens of the user go by later, and what lists of administrators show. */
  const noteAdmin = async ({ id, isAdmin }: Claims) => {
    const known = admins.get(id)
    if (known?.isAdmin === isAdmin && performance.now() - known.atMs < rememberForMs) return
    const row = await db.maybe(sql`
      select 1 from authz.relation
      where object_type = ${platformRef.type} and object_id = ${platformRef.id} and relation = 'admin'
        and subject_type = 'user' and subject_id = ${id}`)
    if ((row !== undefined) !== isAdmin) {
      const relation = { object: platformRef, relation: 'admin', subject: userRef(id) }
      await change(db, { id }, (trx) => authz.relate(trx, isAdmin ? { add: [relation] } : { remove: [relation] }))
    }
    if (admins.size >= mostRemembered) admins.clear()
    admins.set(id, { isAdmin, atMs: performance.now() })
  }
  const find = lookUpTogether((ids: readonly string[]) => findUsers(db, ids))
  const noteProfile = async (user: Claims) => {
    await noteUser({ db, authz }, user, find)
  }
  return {
    noteProfile,
    async note(user) {
      await noteProfile(user)
      await noteAdmin(user)
    },
  }
}
