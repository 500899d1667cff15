import type { Trx } from '@millrace/db'
import { type Authz, everyUser, platformRef, type Relation } from '../authz/index.ts'
import type { AuthorizationConfigRow } from './store.ts'

/** Brings the wildcard relations of the platform to what the configuration says. */
export async function relateCreation(trx: Trx, authz: Authz, config: AuthorizationConfigRow): Promise<void> {
  const add: Relation[] = []
  const remove: Relation[] = []
  for (const [relation, flag] of [
    ['project_creator', config.create_projects],
    ['group_creator', config.create_groups],
  ] as const) {
    const wildcard = { object: platformRef, relation, subject: everyUser }
    if (flag === 'registered_users') add.push(wildcard)
    else remove.push(wildcard)
  }
  await authz.relate(trx, { add, remove })
}
