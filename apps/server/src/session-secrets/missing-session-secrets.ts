import { sql } from '@millrace/db'
import type { UserPrincipal } from '../principals.ts'
import { visibleProjects } from '../projects/index.ts'
import { unexpired } from '../secrets/index.ts'
import type { ServerContext } from '../server-context.ts'

export interface MissingSecrets {
  readonly project_id: string
  /** Its name. */
  readonly project: string
  readonly slots: readonly { readonly id: string; readonly name: string }[]
}

/** Slots without a secret of the caller, of projects that the caller has a role in; the last changed project first. */
export async function missingSessionSecrets(
  { db, authz }: Pick<ServerContext, 'db' | 'authz'>,
  caller: UserPrincipal,
  limit: number,
): Promise<readonly MissingSecrets[]> {
  return await db.query<MissingSecrets>(sql`
    select p.id as project_id, p.name as project,
      json_agg(json_build_object('id', l.id, 'name', l.name) order by l.name, l.id) as slots
    from secrets.session_secret_slot l join common.project p on p.id = l.project_id
    where ${visibleProjects(authz, caller, 'direct_member')}
      and not exists (
        select from secrets.session_secret x join secrets.user_secret s on s.id = x.secret_id
        where x.slot_id = l.id and x.user_id = ${caller.id} and ${unexpired}
      )
    group by p.id order by p.updated_at desc, p.id limit ${limit}`)
}
