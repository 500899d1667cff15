import { randomBytes } from 'node:crypto'
import type { Db } from '@millrace/db'

export const userCount = 2000
export const groupCount = 500
/** The caller is a member of every tenth group. */
export const caller = { id: 'user-1', email: 'user-1@example.com', firstName: 'First1', lastName: 'Last1' }

export interface World {
  /** Of the caller. */
  readonly token: string
  /** Of 50 others, who are members of a few groups each. */
  readonly otherTokens: readonly string[]
  /** Some of what the caller reads, all over the world. */
  readonly ids: readonly string[]
  /** `NAMESPACE/PROJECT` of the same. */
  readonly paths: readonly string[]
  /** Words that about ten projects have each, however many there are. */
  readonly rareWords: readonly string[]
}

/**
 * Projects, half of them private, half in groups and half in namespaces of users, with everything that the server would have made
 * of them: relations, the index of the search, tallies. Written past the triggers, because that takes seconds instead of minutes.
 */
export async function fillWorld(db: Db, projects: number): Promise<World> {
  const newToken = () => `millrace_pat_${randomBytes(32).toString('base64url')}`
  const token = newToken()
  const otherTokens = Array.from({ length: 50 }, newToken)
  await db.session(
    async (session) =>
      await session.script(`set session_replication_role = replica; ${filling(projects, token, otherTokens)}`),
  )
  await db.execute({ text: 'vacuum analyze', values: [] })
  const readable = await db.query<{ id: string; path: string }>({
    text: `select p.id, n.slug || '/' || p.slug as path
      from common.project p join common.namespace n on n.id = p.namespace_id
      where p.visibility = 'public' or p.namespace_id in (
        select object_id from authz.relation where subject_type = 'user' and subject_id = $1 and relation in ('owner', 'editor', 'viewer'))
      order by md5(p.id) limit 500`,
    values: [caller.id],
  })
  return {
    token,
    otherTokens,
    ids: readable.map(({ id }) => id),
    paths: readable.map(({ path }) => path),
    rareWords: Array.from(
      { length: 50 },
      (_, n) => `rare${`${Math.floor((n * projects) / 10 / 50)}`.padStart(4, '0')}`,
    ),
  }
}

/** Ids look like ULIDs. */
const id = (kind: string, n: string) => `'01' || upper(substr(md5('${kind}' || ${n}), 1, 24))`

function filling(projects: number, token: string, otherTokens: readonly string[]): string {
  return `
insert into users."user" (id, email, first_name, last_name)
select 'user-' || n, 'user-' || n || '@example.com', 'First' || n, 'Last' || n from generate_series(1, ${userCount}) n;

insert into common.namespace (id, slug, user_id, created_by)
select ${id('user', 'n')}, 'user-' || n, 'user-' || n, 'user-' || n from generate_series(1, ${userCount}) n;

insert into common."group" (id, name, description, created_by)
select ${id('group', 'n')}, 'Group ' || n, 'People who work on subject ' || n, 'user-' || 1 + n * 3 from generate_series(1, ${groupCount}) n;

insert into common.namespace (id, slug, group_id, created_by)
select ${id('group', 'n')}, 'group-' || n, ${id('group', 'n')}, 'user-' || 1 + n * 3 from generate_series(1, ${groupCount}) n;

insert into common.project (
  id, namespace_id, slug, name, description, visibility, keywords, repositories, documentation, created_by, creation_date, updated_at
)
select
  ${id('project', 'n')},
  case n % 2 when 0 then ${id('group', `1 + n / 2 * 7919 % ${groupCount}`)} else ${id('user', `1 + n / 2 * 7919 % ${userCount}`)} end,
  'project-' || n, 'Project ' || n || case when n % 10 = 3 then ' forest' else '' end,
  'Measured values of rare' || lpad((n % ${projects / 10})::text, 4, '0') || ', checked and described for all who compare them with others, number ' || n,
  case when hashint4(n) % 2 = 0 then 'public' else 'private' end,
  array['area' || n % 40, 'year' || n % 12], array['https://git.example.com/people/project-' || n],
  repeat('What is in here and how it was made. ', 20), 'user-' || 1 + n / 2 * 7919 % ${userCount},
  date_trunc('seconds', now() - n * interval '1 hour'), date_trunc('milliseconds', now() - n * 104729 % ${projects} * interval '1 minute')
from generate_series(1, ${projects}) n;

insert into authz.relation
select 'user_namespace', id, 'owner', 'user', user_id from common.namespace where user_id is not null
union all
select case when group_id is null then 'user_namespace' else 'group' end, id, 'public_viewer', kind, '*'
from common.namespace, unnest('{user,anonymous_user}'::text[]) kind
union all
select 'group', id, 'owner', 'user', created_by from common."group"
union all
select distinct 'group', ${id('group', 'n')}, 'viewer', 'user', 'user-' || 2 + (n * 37 + member * 101) % ${userCount - 1}
from generate_series(1, ${groupCount}) n, generate_series(1, 20) member
union all
select 'group', ${id('group', 'n')}, (array['owner', 'editor', 'viewer'])[1 + n % 3], 'user', '${caller.id}'
from generate_series(10, ${groupCount}, 10) n
union all
select 'project', p.id, 'project_namespace', case when n.group_id is null then 'user_namespace' else 'group' end, n.id
from common.project p join common.namespace n on n.id = p.namespace_id
union all
select 'project', id, 'owner', 'user', created_by from common.project
union all
select 'project', id, 'public_viewer', kind, '*'
from common.project, unnest('{user,anonymous_user}'::text[]) kind where visibility = 'public'
union all
select 'project', ${id('project', 'n')}, 'viewer', 'user', '${caller.id}' from generate_series(7, ${projects}, ${projects / 20}) n
on conflict do nothing;

insert into common.project_tally (namespace_id, public, private)
select coalesce(namespace_id, '*'), count(*) filter (where visibility = 'public'), count(*) filter (where visibility = 'private')
from common.project group by grouping sets (namespace_id, ());

insert into search.entity select * from search.source;

insert into authentication.personal_token (id, user_id, name, scopes, sha256, expires_at)
values (${id('token', "''")}, '${caller.id}', 'bench', '{read,write}', sha256('${token}'), now() + interval '1 day');

insert into authentication.personal_token (id, user_id, name, scopes, sha256, expires_at)
select ${id('other', 'n')}, 'user-' || n * 20, 'bench', '{read,write}', sha256(token::bytea), now() + interval '1 day'
from unnest('{${otherTokens.join(',')}}'::text[]) with ordinality as given (token, n)`
}
