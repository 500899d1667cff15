import { sql } from '@millrace/db'
import type { Authz } from './authz.ts'

/** Evaluates in the database of the objects themselves. */
export function createAuthz(): Authz {
  return {
    can: async (_db, caller) => caller.isAdmin,
    canAll: async (_db, caller, questions) => questions.map(() => caller.isAdmin),
    visible: (caller) => sql`${caller.isAdmin}::boolean`,
    relate: async () => {},
    forget: async () => {},
  }
}
