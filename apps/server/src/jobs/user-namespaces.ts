import { sql } from '@millrace/db'
import { change } from '../change.ts'
import { addUserNamespace, type UserProfile } from '../users/index.ts'
import type { Job } from './job.ts'

/** Gives a namespace to users who have none, such as ones that were brought into the database by hand. */
export const userNamespaces: Job = {
  name: 'user-namespaces',
  description: 'Gives a namespace to users that have none.',
  schedule: '*/2 * * * *',
  async run({ db, authz }, signal) {
    const users = await db.query<{ id: string }>(sql`
      select id from users."user" u where not exists (select from common.namespace n where n.user_id = u.id) order by id`)
    let added = 0
    for (const { id } of users) {
      signal.throwIfAborted()
      added += await change(db, { id: 'job:user-namespaces' }, async (trx) => {
        // Another one may have been faster.
        const profile = await trx.maybe<UserProfile>(sql`
          select id, email, first_name as "firstName", last_name as "lastName" from users."user" u
          where id = ${id} and not exists (select from common.namespace n where n.user_id = u.id)
          for update`)
        if (profile === undefined) return 0
        await addUserNamespace(trx, authz, profile)
        return 1
      })
    }
    return { added }
  },
}
