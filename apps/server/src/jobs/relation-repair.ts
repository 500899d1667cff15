import { sql } from '@millrace/db'
import { platformRef } from '../authz/index.ts'
import { change } from '../change.ts'
import type { Job } from './job.ts'

/** Relations that follow from rows, and so can be mended from them. Roles of people are said by nothing else. */
const derived = sql`
  select 'user_namespace' as object_type, n.id as object_id, 'owner' as relation, 'user' as subject_type, n.user_id as subject_id
  from common.namespace n where n.user_id is not null
  union all
  select case when n.group_id is null then 'user_namespace' else 'group' end, n.id, 'public_viewer', who.type, '*'
  from common.namespace n cross join (values ('user'), ('anonymous_user')) as who (type)
  union all
  select 'project', p.id, 'project_namespace', case when n.group_id is null then 'user_namespace' else 'group' end, n.id
  from common.project p join common.namespace n on n.id = p.namespace_id
  union all
  select 'project', p.id, 'public_viewer', who.type, '*'
  from common.project p cross join (values ('user'), ('anonymous_user')) as who (type)
  where p.visibility = 'public'
  union all
  select 'data_connector', d.id, 'data_connector_namespace',
    case when d.project_id is not null then 'project' when n.group_id is null then 'user_namespace' else 'group' end,
    coalesce(d.project_id, n.id)
  from data_connectors.data_connector d left join common.namespace n on n.id = d.namespace_id
  where num_nonnulls(d.namespace_id, d.project_id) = 1
  union all
  select 'data_connector', d.id, 'public_viewer', who.type, '*'
  from data_connectors.data_connector d cross join (values ('user'), ('anonymous_user')) as who (type)
  where d.visibility = 'public'
  union all
  select 'data_connector', l.data_connector_id, 'linked_to', 'project', l.project_id from data_connectors.project_link l
  union all
  select 'resource_pool', p.id::text, 'public_viewer', who.type, '*'
  from compute.pool p cross join (values ('user'), ('anonymous_user')) as who (type)
  where p.public
  union all
  select 'resource_pool', m.pool_id::text, m.role,
    case when m.user_id is not null then 'user' when m.group_id is not null then 'group' else 'project' end,
    coalesce(m.user_id, m.group_id, m.project_id)
  from compute.pool_member m
  union all
  select ${platformRef.type}, ${platformRef.id}, may.relation, 'user', '*'
  from platform.authorization_config c
  cross join lateral (values ('project_creator', c.create_projects), ('group_creator', c.create_groups)) as may (relation, flag)
  where may.flag = 'registered_users'`

/** A condition on \`r\`: a person has the role because somebody gave it. */
const isGiven = sql`(
  r.object_type in ('group', 'project', 'data_connector') and r.relation in ('owner', 'editor', 'viewer')
  or r.object_type = 'platform' and r.relation = 'admin')`

/** What there is, by type; relations of or to anything else of these types lead nowhere. */
const existing = sql`
  select 'user' as type, id from users."user"
  union all select 'user', '*'
  union all select 'anonymous_user', '*'
  union all select 'group', id from common."group"
  union all select 'user_namespace', id from common.namespace where user_id is not null
  union all select 'project', id from common.project
  union all select 'data_connector', id from data_connectors.data_connector
  union all select 'resource_pool', id::text from compute.pool
  union all select ${platformRef.type}, ${platformRef.id}`

/** Compares relations with the rows that they follow from, and mends what differs. */
export const relationRepair: Job = {
  name: 'relation-repair',
  description:
    'Compares who may do what with users, groups, projects, data connectors and pools, and mends what differs.',
  schedule: '37 4 * * *',
  async run({ db }, signal) {
    signal.throwIfAborted()
    const mended = await change(db, { id: 'job:relation-repair' }, async (trx) => {
      // What changes while it is looked at would be mended to what it was before: somebody shut out had access again.
      await trx.execute(sql`lock table authz.relation in share row exclusive mode`)
      return await trx.one<{ added: number; removed: number; dangling: number }>(sql`
        with derived as materialized (${derived}),
        existing as materialized (${existing}),
        added as (
          insert into authz.relation (object_type, object_id, relation, subject_type, subject_id)
          select * from derived on conflict do nothing returning 1
        ),
        removed as (
          delete from authz.relation r
          where not ${isGiven}
            and exists (select from existing e where e.type = r.object_type and e.id = r.object_id)
            and not exists (
              select from derived d
              where (d.object_type, d.object_id, d.relation, d.subject_type, d.subject_id)
                = (r.object_type, r.object_id, r.relation, r.subject_type, r.subject_id))
          returning 1
        ),
        dangling as (
          delete from authz.relation r
          where not exists (select from existing e where e.type = r.object_type and e.id = r.object_id)
            -- An administrator of the platform may never have been here.
            or r.object_type <> 'platform'
              and not exists (select from existing e where e.type = r.subject_type and e.id = r.subject_id)
          returning 1
        )
        select (select count(*) from added) as added, (select count(*) from removed) as removed, (select count(*) from dangling) as dangling`)
    })
    const { ownerless } = await db.one<{ ownerless: string[] }>(sql`
      select array(
        select kind || ' ' || id
        from (select 'group' as kind, id from common."group" union all select 'project', id from common.project) as one
        where not exists (
          select from authz.relation r where r.object_type = one.kind and r.object_id = one.id and r.relation = 'owner')
        order by 1 limit 100) as ownerless`)
    // Whom they should belong to nobody but a person can say.
    return { ...mended, ownerless }
  },
}
