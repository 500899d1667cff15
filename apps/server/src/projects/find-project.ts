import { type Queryable, sql } from '@millrace/db'
import type { ObjectRef } from '../authz/index.ts'

/** What other features need to know of a project. Whether the caller may see it is not asked here. */
export interface ProjectSummary {
  readonly id: string
  readonly name: string
  readonly slug: string
  readonly namespaceId: string
  readonly namespaceSlug: string
  readonly visibility: 'private' | 'public'
  readonly isTemplate: boolean
  readonly secretsMountDirectory: string
}

export async function findProject(db: Queryable, id: string): Promise<ProjectSummary | null> {
  const row = await db.maybe<ProjectSummary>(sql`
    select
      p.id, p.name, p.slug, p.namespace_id as "namespaceId", n.slug as "namespaceSlug", p.visibility,
      p.is_template as "isTemplate", p.secrets_mount_directory as "secretsMountDirectory"
    from common.project p join common.namespace n on n.id = p.namespace_id
    where p.id = ${id}`)
  return row ?? null
}

export function projectRef(id: string): ObjectRef {
  return { type: 'project', id }
}
