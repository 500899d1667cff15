import { type Db, type Queryable, sql, type Trx, transaction } from '@millrace/db'
import { emitEvent } from '../events/index.ts'
import { newId } from '../ids.ts'

export interface Reprovisioning {
  readonly id: string
  readonly startedBy: string
  readonly startedAt: Date
}

export async function findReprovisioning(db: Queryable): Promise<Reprovisioning | undefined> {
  return await db.maybe<Reprovisioning>(
    sql`select id, started_by as "startedBy", started_at as "startedAt" from search.reprovisioning`,
  )
}

/** Takes the lock; undefined when another one has it. */
export async function beginReprovisioning(trx: Trx, userId: string): Promise<Reprovisioning | undefined> {
  return await trx.maybe<Reprovisioning>(sql`
    insert into search.reprovisioning (id, started_by) values (${newId()}, ${userId})
    on conflict do nothing
    returning id, started_by as "startedBy", started_at as "startedAt"`)
}

/** What is under way then is rolled back. */
export async function endReprovisioning(db: Queryable): Promise<void> {
  await db.execute(sql`delete from search.reprovisioning`)
}

/**
 * Builds the index anew and tells all users, groups, projects and their members as events once more, together or not at all.
 * Returns how many entities there are, or null when the reprovisioning was called off. Changes wait meanwhile: told before
 * they happened and sent after, an event would take them back.
 */
export async function reprovision(db: Db, id: string): Promise<number | null> {
  return await transaction(db, async (trx) => {
    await trx.execute(sql`
      lock table users."user", common."group", common.namespace, common.project, data_connectors.data_connector, authz.relation in share mode`)
    await trx.execute(sql`delete from search.entity`)
    const count = await trx.execute(sql`insert into search.entity select * from search.source`)
    await emitEvent(trx, 'reprovisioning.started', { id })
    await tellUsers(trx)
    await tellGroups(trx)
    await tellMembers(trx, 'group', 'memberGroup.added', 'groupId')
    await tellProjects(trx)
    await tellMembers(trx, 'project', 'projectAuth.added', 'projectId')
    await emitEvent(trx, 'reprovisioning.finished', { id })
    if ((await trx.execute(sql`delete from search.reprovisioning where id = ${id}`)) === 0) throw new CalledOff()
    return count
  }).catch((error) => {
    if (error instanceof CalledOff) return null
    throw error
  })
}

class CalledOff extends Error {}

async function tellUsers(trx: Trx): Promise<void> {
  await trx.execute(sql`
    insert into events.event (type, key, payload)
    select 'user.added', u.id, jsonb_strip_nulls(jsonb_build_object(
      'id', u.id, 'firstName', u.first_name, 'lastName', u.last_name, 'email', u.email, 'namespace', n.slug))
    from users."user" u join common.namespace n on n.user_id = u.id
    order by u.id`)
}

async function tellGroups(trx: Trx): Promise<void> {
  await trx.execute(sql`
    insert into events.event (type, key, payload)
    select 'group.added', g.id, jsonb_strip_nulls(jsonb_build_object(
      'id', g.id, 'name', g.name, 'description', g.description, 'namespace', n.slug))
    from common."group" g join common.namespace n on n.group_id = g.id
    order by g.id`)
}

async function tellProjects(trx: Trx): Promise<void> {
  await trx.execute(sql`
    insert into events.event (type, key, payload)
    select 'project.created', p.id, jsonb_strip_nulls(jsonb_build_object(
      'id', p.id, 'name', p.name, 'namespace', n.slug, 'slug', p.slug, 'repositories', p.repositories,
      'visibility', upper(p.visibility), 'description', p.description, 'keywords', p.keywords, 'createdBy', p.created_by,
      'creationDate', to_char(p.creation_date at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))
    from common.project p join common.namespace n on n.id = p.namespace_id
    order by p.id`)
}

async function tellMembers(trx: Trx, kind: 'group' | 'project', type: string, idField: string): Promise<void> {
  await trx.execute(sql`
    insert into events.event (type, key, payload)
    select ${type}, object_id, jsonb_build_object(${idField}::text, object_id, 'userId', subject_id, 'role', upper(relation))
    from authz.relation
    where object_type = ${kind} and subject_type = 'user' and relation in ('owner', 'editor', 'viewer')
    order by object_id, subject_id`)
}
