import { type Sql, sql } from '@millrace/db'
import { namespaceIdBySlug } from './store.ts'

/**
 * An expression for the id of the project at a path. Both parts may be slugs that were there once, in any mixture; what is
 * there now has precedence over what was.
 */
export function projectIdByPath(namespaceSlug: string, projectSlug: string): Sql {
  return projectIdBySlugs(sql`${namespaceSlug.toLowerCase()}`, sql`${projectSlug.toLowerCase()}`)
}

/** The same by expressions for both, in small letters. */
export function projectIdBySlugs(namespaceSlug: Sql, slug: Sql): Sql {
  const namespaceId = sql`(select ${namespaceIdBySlug(namespaceSlug)})`
  return sql`coalesce(
    (select id from common.project where namespace_id = ${namespaceId} and slug = ${slug}),
    (select entity_id from common.entity_slug_old
      where entity = 'project' and parent_id = ${namespaceId} and slug = ${slug}),
    -- Moved and renamed, and asked for by one part of now and one of before.
    (select p.id from common.project p
      join common.entity_slug_old old on old.entity = 'project' and old.entity_id = p.id
      where p.namespace_id = ${namespaceId} and old.slug = ${slug} order by old.created_at desc limit 1),
    (select p.id from common.entity_slug_old old join common.project p on p.id = old.entity_id
      where old.entity = 'project' and old.parent_id = ${namespaceId} and p.slug = ${slug}
      order by old.created_at desc limit 1))`
}
