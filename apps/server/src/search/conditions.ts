import { type Sql, sql } from '@millrace/db'
import type { Authz, Caller } from '../authz/index.ts'
import type { Filter, Member, SearchQuery, TextField } from './search-query.ts'
import { textQuery } from './text-query.ts'

/** A value that the planner cannot see: it would make another plan for each, and no better one. */
export function hidden(value: Sql): Sql {
  return sql`(select ${value})`
}

/** Everything that a search asks for beside its words, and that the caller may see it; over `search.entity e`. */
export function conditionOf(query: SearchQuery, authz: Authz, caller: Caller): Sql {
  return sql.join(
    [...query.filters.map((filter) => filterCondition(filter, authz, caller)), isVisible(authz, caller)],
    ' and ',
  )
}

function isVisible(authz: Authz, caller: Caller): Sql {
  const project = authz.visible(caller, 'read', 'project', {
    id: sql`e.id`,
    project_namespace: sql`e.namespace_id`,
    public_viewer: sql`e.is_public`,
  })
  const connector = authz.visible(caller, 'read', 'data_connector', {
    id: sql`e.id`,
    data_connector_namespace: sql`coalesce(e.namespace_id, e.project_id)`,
    public_viewer: sql`e.is_public`,
  })
  // Users and groups are there for everybody.
  return sql`(
    e.type in ('User', 'Group') or (e.type = 'Project' and ${project}) or (e.type = 'DataConnector' and ${connector}))`
}

function filterCondition(filter: Filter, authz: Authz, caller: Caller): Sql {
  switch (filter.field) {
    case 'type':
      return sql`e.type = any(${hiddenTexts(filter.values)})`
    case 'visibility':
      return sql`e.is_public = any(${hidden(sql`${filter.values.map((value) => value === 'public')}::boolean[]`)}::boolean[])`
    case 'role':
      return caller.kind === 'user' ? isRelated(sql`${caller.id}::text`, filter.values) : sql`false`
    case 'created':
      return anyOf(
        filter.ranges.map(
          ({ from, before }) => sql`(
            e.created_at >= (select coalesce(${from}::timestamptz, '-infinity'))
            and e.created_at < (select coalesce(${before}::timestamptz, 'infinity')))`,
        ),
      )
    case 'direct_member':
      return sql.join(
        filter.members.map((member) => isRelated(userId(member), everyRole)),
        ' and ',
      )
    case 'inherited_member':
      return sql.join(
        filter.members.map((member) => inherits(userId(member), authz, caller)),
        ' and ',
      )
    default:
      return textCondition(filter.field, filter.values)
  }
}

function textCondition(field: TextField, values: readonly string[]): Sql {
  const folded = values.map((value) => value.toLowerCase())
  switch (field) {
    case 'id':
      return sql`e.id = any(${hiddenTexts(values)})`
    case 'slug':
      return sql`e.slug = any(${hiddenTexts(folded)})`
    case 'keyword':
      return sql`e.folded_keywords && ${hiddenTexts(folded)}`
    case 'doi':
      return sql`lower(e.doi) = any(${hiddenTexts(folded)})`
    case 'publisher_name':
      return sql`lower(e.publisher_name collate "und-x-icu") = any(${hiddenTexts(folded)})`
    case 'name':
      return anyOf(
        values.map((value) => {
          const text = textQuery([{ text: value, isPhrase: false }], 'A')
          return text === null ? sql`true` : sql`e.document @@ ${hidden(sql`${text}::tsquery`)}`
        }),
      )
    case 'createdby':
      return sql`e.created_by in (${sql.join(values.map((value) => userId(asMember(value))))})`
    case 'namespace':
      return isWithin(folded)
  }
}

/** In a namespace by the slug that it has or had, or in a project by both slugs: `group/project`. */
function isWithin(paths: readonly string[]): Sql {
  const slugs = paths.filter((path) => !path.includes('/'))
  const projects = paths.map((path) => path.split('/')).filter((parts) => parts.length === 2)
  return anyOf([
    sql`e.namespace_id = any(array(
      select id from common.namespace where slug = any(${hiddenTexts(slugs)})
      union all
      select o.namespace_id from common.namespace_old o
      where o.slug = any(${hiddenTexts(slugs)}) and not exists (select from common.namespace n where n.slug = o.slug)))`,
    ...projects.map(
      ([namespace = '', project = '']) => sql`e.project_id = (
        select p.id from common.project p join common.namespace n on n.id = p.namespace_id
        where n.slug = ${namespace} and p.slug = ${project})`,
    ),
  ])
}

function hiddenTexts(values: readonly string[]): Sql {
  return sql`${hidden(sql`${values}::text[]`)}::text[]`
}

const everyRole = ['owner', 'editor', 'viewer']

/** That the user is a member of the entity itself. */
function isRelated(user: Sql, roles: readonly string[]): Sql {
  return sql`(e.type, e.id) in (
    select
      case r.object_type when 'group' then 'Group' when 'project' then 'Project' else 'DataConnector' end,
      r.object_id
    from authz.relation r
    where r.subject_type = 'user' and r.subject_id = ${user} and r.relation = any(${roles}::text[])
      and r.object_type in ('group', 'project', 'data_connector'))`
}

/** Or of what it lies in, as far as the caller may see that. */
function inherits(user: Sql, authz: Authz, caller: Caller): Sql {
  const spaces = sql`
    select r.object_id from authz.relation r
    where r.subject_type = 'user' and r.subject_id = ${user} and r.relation in ('owner', 'editor', 'viewer')
      and r.object_type in ('group', 'user_namespace')`
  const readable = authz.visible(caller, 'read', 'project', {
    id: sql`p.id`,
    project_namespace: sql`p.namespace_id`,
    public_viewer: sql`p.visibility = 'public'`,
  })
  return sql`(
    ${isRelated(user, everyRole)}
    or e.namespace_id in (${spaces})
    or e.project_id in (
      select p.id from common.project p
      where ${readable} and (p.namespace_id in (${spaces}) or p.id in (
        select r.object_id from authz.relation r
        where r.subject_type = 'user' and r.subject_id = ${user} and r.relation in ('owner', 'editor', 'viewer')
          and r.object_type = 'project'))))`
}

function asMember(value: string): Member {
  return value.startsWith('@') ? { username: value.slice(1).toLowerCase() } : { id: value }
}

function userId(member: Member): Sql {
  if ('id' in member) return sql`${member.id}::text`
  return sql`(select user_id from common.namespace where slug = ${member.username})`
}

function anyOf(parts: readonly Sql[]): Sql {
  return sql`(${sql.join(parts, ' or ')})`
}
