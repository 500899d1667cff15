import type { Caller, ObjectRef, Relation } from './authz.ts'

/** The one platform. */
export const platformRef: ObjectRef = { type: 'platform', id: 'renku' }

/** Everybody who signed in. */
export const everyUser: ObjectRef = { type: 'user', id: '*' }

export const everyAnonymous: ObjectRef = { type: 'anonymous_user', id: '*' }

export function userRef(id: string): ObjectRef {
  return { type: 'user', id }
}

/** What makes an object public: groups and user namespaces always have these two. */
export function publicViewers(object: ObjectRef): readonly Relation[] {
  return [everyUser, everyAnonymous].map((subject) => ({ object, relation: 'public_viewer', subject }))
}

/** What a caller's permissions follow from, beside what is related to whom: callers with the same text have the same. */
export function rightsOf(caller: Caller): string {
  if (caller.kind === 'anonymous') return 'anonymous'
  return JSON.stringify([caller.id, caller.isAdmin, caller.via, caller.scopes])
}
