import { isMillraceError } from '@millrace/core'
import { type Queryable, type Sql, sql, type Trx } from '@millrace/db'
import { invalid } from '@millrace/http'
import { type Authz, type Caller, type ProjectFilter, readProjectPage, rightsOf } from '../authz/index.ts'
import { namespaceIdBySlug, projectIdBySlugs } from '../namespaces/index.ts'
import { type Page, readPage } from '../read-page.ts'
import type { SharedReads } from '../sharing-reads.ts'

export interface Project {
  readonly id: string
  readonly name: string
  readonly slug: string
  /** The slug of the namespace. */
  readonly namespace: string
  readonly namespace_id: string
  readonly namespace_kind: 'user' | 'group'
  readonly description: string | null
  readonly visibility: 'private' | 'public'
  readonly keywords: string[]
  readonly repositories: string[]
  readonly documentation: string | null
  readonly template_id: string | null
  readonly is_template: boolean
  readonly secrets_mount_directory: string
  readonly created_by: string
  readonly creation_date: Date
  readonly updated_at: Date
}

const columns = sql`
  p.id, p.name, p.slug, n.slug as namespace, p.namespace_id,
  case when n.group_id is null then 'user' else 'group' end as namespace_kind, p.description, p.visibility, p.keywords,
  p.repositories, p.template_id, p.is_template, p.secrets_mount_directory, p.created_by, p.creation_date, p.updated_at`
const source = sql`from common.project p join common.namespace n on n.id = p.namespace_id`

/** A condition on `p`: the caller has the permission. */
export function visibleProjects(authz: Authz, caller: Caller, permission: string): Sql {
  return authz.visible(caller, permission, 'project', {
    id: sql`p.id`,
    project_namespace: sql`p.namespace_id`,
    public_viewer: sql`p.visibility = 'public'`,
  })
}

/** All that the caller reads, the last changed first; without their documentation. Its cost does not grow with how many projects there are. */
export async function listProjects(
  db: Queryable,
  caller: Caller,
  { namespace, directMember }: { readonly namespace: string | undefined; readonly directMember: boolean },
  range: { readonly limit: number; readonly offset: number },
): Promise<Page<Project>> {
  const filter: ProjectFilter = {
    directMember,
    namespaceId: namespace === undefined ? undefined : sql`(select ${namespaceIdBySlug(namespace)})`,
  }
  return await readProjectPage<Project>(
    db,
    { caller, filter, range },
    (page) => sql`
      select ${columns}, null as documentation
      from (${page}) as p cross join lateral (select * from common.namespace where id = p.namespace_id offset 0) as n
      order by p.updated_at desc, p.id desc`,
  )
}

/** Copies of a project that the condition on `p` holds for, the last changed first; without their documentation. */
export async function listCopies(
  db: Queryable,
  templateId: string,
  condition: Sql,
  range: { readonly limit: number; readonly offset: number },
): Promise<Page<Project>> {
  return await readPage<Project>(db, {
    rows: sql`
      select ${columns}, null as documentation ${source} where p.template_id = ${templateId} and ${condition}
      order by p.updated_at desc, p.id desc limit ${range.limit} offset ${range.offset}`,
    total: sql`(select count(*) from common.project p where p.template_id = ${templateId} and ${condition})`,
  })
}

/** The one with the id, which may be an expression, if the condition on `p` holds. */
export async function readProject(
  db: Queryable,
  id: string | Sql,
  condition: Sql,
  { withDocumentation }: { readonly withDocumentation: boolean },
): Promise<Project | undefined> {
  return await db.maybe<Project>(sql`
    select ${columns}, case when ${withDocumentation}::boolean then p.documentation end as documentation
    ${source} where p.id = ${id} and ${condition}`)
}

/** The one that the caller reads, by id or by path; one statement for what a caller asks at the same time. */
export async function readVisibleProject(
  { reads, authz }: { readonly reads: SharedReads; readonly authz: Authz },
  caller: Caller,
  wanted: { readonly id: string } | { readonly namespace: string; readonly slug: string },
  { withDocumentation }: { readonly withDocumentation: boolean },
): Promise<Project | undefined> {
  const isById = 'id' in wanted
  const key = isById ? wanted.id : `${wanted.namespace}/${wanted.slug}`.toLowerCase()
  const [project] = await reads.about<Project>(
    ['project', isById, rightsOf(caller), withDocumentation],
    key,
    (given) => sql`
      select ${columns}, ${withDocumentation ? sql`p.documentation` : sql`null as documentation`}
      ${source} where p.id = ${isById ? given : idByPath(given)} and ${visibleProjects(authz, caller, 'read')}`,
  )
  return project
}

/** `namespace/slug`; neither has a `/` in it. */
function idByPath(path: Sql): Sql {
  return projectIdBySlugs(sql`split_part(${path}, '/', 1)`, sql`split_part(${path}, '/', 2)`)
}

/** Nobody else changes or removes it until the transaction is over. */
export async function lockProject(trx: Trx, id: string): Promise<Project | undefined> {
  // Apart from the reading: one that was moved while this waited for it has another namespace then.
  await trx.execute(sql`select from common.project where id = ${id} for no key update`)
  return await trx.maybe<Project>(sql`select ${columns}, p.documentation ${source} where p.id = ${id}`)
}

/** False when the slug is taken in its namespace. */
export async function insertProject(
  trx: Trx,
  project: Omit<Project, 'namespace' | 'namespace_kind' | 'creation_date' | 'updated_at'>,
): Promise<boolean> {
  const added = await trx.execute(sql`
    insert into common.project (
      id, namespace_id, slug, name, description, visibility, keywords, repositories, documentation, template_id, is_template,
      secrets_mount_directory, created_by
    ) values (
      ${project.id}, ${project.namespace_id}, ${project.slug}, ${project.name}, ${project.description},
      ${project.visibility}, ${project.keywords}, ${project.repositories}, ${project.documentation},
      ${project.template_id}, ${project.is_template}, ${project.secrets_mount_directory}, ${project.created_by}
    )
    on conflict (namespace_id, slug) do nothing`)
  return added === 1
}

/** @throws HttpError 422 SLUG_TAKEN when another project of the namespace has the slug. */
export async function updateProject(trx: Trx, before: Project, after: Project): Promise<void> {
  if (after.slug !== before.slug || after.namespace_id !== before.namespace_id) await keepOldPath(trx, before, after)
  try {
    await trx.execute(sql`
      update common.project set
        namespace_id = ${after.namespace_id}, slug = ${after.slug}, name = ${after.name},
        description = ${after.description}, visibility = ${after.visibility}, keywords = ${after.keywords},
        repositories = ${after.repositories}, documentation = ${after.documentation},
        template_id = ${after.template_id}, is_template = ${after.is_template},
        secrets_mount_directory = ${after.secrets_mount_directory}
      where id = ${after.id}`)
  } catch (error) {
    if (!isMillraceError(error) || error.code !== 'DATABASE_UNIQUE_VIOLATION') throw error
    throw invalid(
      'SLUG_TAKEN',
      `There is another project "${after.namespace}/${after.slug}". Choose another slug or namespace.`,
    )
  }
}

/** By the former path the project is found as long as no other one takes it. */
async function keepOldPath(trx: Trx, before: Project, after: Project): Promise<void> {
  await trx.execute(sql`
    delete from common.entity_slug_old
    where entity = 'project' and parent_id = ${after.namespace_id} and slug = ${after.slug} and entity_id = ${after.id}`)
  await trx.execute(sql`
    insert into common.entity_slug_old (entity, parent_id, slug, entity_id)
    values ('project', ${before.namespace_id}, ${before.slug}, ${before.id})
    on conflict (entity, parent_id, slug) do update set entity_id = excluded.entity_id, created_at = now()`)
}
