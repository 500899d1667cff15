import { type Sql, sql } from '@millrace/db'

const roleNames = sql`('owner', 'editor', 'viewer')`

/**
 * A statement of ids of users: those who have a role where the user has one, in a group, a project, or a project of a group of the
 * user. Public things make nobody known to anybody.
 */
export function companionsOf(userId: string): Sql {
  return sql`
    with shared as (
      select r.object_type, r.object_id from authz.relation r
      where r.subject_type = 'user' and r.subject_id = ${userId} and r.object_type in ('group', 'project')
        and r.relation in ${roleNames}
      union
      select 'project', p.id
      from authz.relation r join common.project p on p.namespace_id = r.object_id
      where r.subject_type = 'user' and r.subject_id = ${userId} and r.object_type = 'group' and r.relation in ${roleNames}
    )
    select distinct r.subject_id as id
    from shared join authz.relation r using (object_type, object_id)
    where r.subject_type = 'user' and r.relation in ${roleNames} and r.subject_id <> ${userId}`
}
