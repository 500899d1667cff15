import { type Queryable, type Sql, sql } from '@millrace/db'

/** Whose secrets they are: tasks of a project, of all projects of a namespace, or of the whole platform. */
export type TaskSecretPlace =
  | { readonly kind: 'project'; readonly id: string }
  | { readonly kind: 'namespace'; readonly id: string }
  | { readonly kind: 'platform' }

export interface TaskSecret {
  readonly id: string
  readonly projectId: string | null
  readonly namespaceId: string | null
  readonly name: string
  readonly description: string | null
  readonly expiresAt: Date | null
  readonly createdBy: string
  readonly createdAt: Date
  readonly updatedAt: Date
  /** By a task, to the minute. */
  readonly lastUsedAt: Date | null
  readonly store: 'sealed' | 'aws-secrets-manager'
  readonly sealedId: string | null
  readonly externalId: string | null
}

/** Where a value was put. */
export type ValuePlace = Pick<TaskSecret, 'store' | 'sealedId' | 'externalId'>

const fields = sql`
  s.id, s.project_id as "projectId", s.namespace_id as "namespaceId", s.name, s.description, s.expires_at as "expiresAt",
  s.created_by as "createdBy", s.created_at as "createdAt", s.updated_at as "updatedAt",
  (select u.used_at from secrets.task_secret_use u where u.secret_id = s.id) as "lastUsedAt",
  s.store, s.sealed_id as "sealedId", s.external_id as "externalId"`

function at(place: TaskSecretPlace): Sql {
  if (place.kind === 'project') return sql`s.project_id = ${place.id}`
  if (place.kind === 'namespace') return sql`s.namespace_id = ${place.id}`
  return sql`s.project_id is null and s.namespace_id is null`
}

/**
 * The secret that tasks of the project get by the name: the project's own, else that of its namespace, else the platform's.
 * Without a project the platform's only. One that has expired is found as well: the caller has to say so.
 */
export async function findTaskSecret(
  db: Queryable,
  projectId: string | null,
  name: string,
): Promise<TaskSecret | null> {
  const row = await db.maybe<TaskSecret>(sql`
    select ${fields} from secrets.task_secret s
    where
      s.name = ${name}
      and (
        s.project_id = ${projectId}
        or s.namespace_id = (select namespace_id from common.project where id = ${projectId})
        or (s.project_id is null and s.namespace_id is null)
      )
    order by s.project_id is null, s.namespace_id is null
    limit 1`)
  return row ?? null
}

export async function listTaskSecrets(
  db: Queryable,
  place: TaskSecretPlace,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<{ readonly rows: TaskSecret[]; readonly total: number }> {
  const rows = await db.query<TaskSecret>(sql`
    select ${fields} from secrets.task_secret s where ${at(place)} order by s.name limit ${limit} offset ${offset}`)
  const { total } = await db.one<{ total: number }>(
    sql`select count(*) as total from secrets.task_secret s where ${at(place)}`,
  )
  return { rows, total }
}

export async function lockTaskSecret(trx: Queryable, place: TaskSecretPlace, id: string): Promise<TaskSecret | null> {
  const row = await trx.maybe<TaskSecret>(sql`
    select ${fields} from secrets.task_secret s where s.id = ${id} and ${at(place)} for update`)
  return row ?? null
}

export async function insertTaskSecret(
  trx: Queryable,
  place: TaskSecretPlace,
  secret: Pick<TaskSecret, 'id' | 'name' | 'description' | 'expiresAt' | 'createdBy'> & ValuePlace,
): Promise<TaskSecret> {
  const projectId = place.kind === 'project' ? place.id : null
  const namespaceId = place.kind === 'namespace' ? place.id : null
  const { id, name, description, expiresAt, createdBy, store, sealedId, externalId } = secret
  return await trx.one<TaskSecret>(sql`
    insert into secrets.task_secret as s (
      id, project_id, namespace_id, name, description, expires_at, created_by, store, sealed_id, external_id
    )
    values (
      ${id}, ${projectId}, ${namespaceId}, ${name}, ${description}, ${expiresAt}, ${createdBy},
      ${store}, ${sealedId}, ${externalId}
    )
    returning ${fields}`)
}

export async function saveTaskSecret(
  trx: Queryable,
  secret: Pick<TaskSecret, 'id' | 'description' | 'expiresAt'> & ValuePlace,
): Promise<TaskSecret> {
  const { id, description, expiresAt, store, sealedId, externalId } = secret
  return await trx.one<TaskSecret>(sql`
    update secrets.task_secret s
    set
      description = ${description}, expires_at = ${expiresAt},
      store = ${store}, sealed_id = ${sealedId}, external_id = ${externalId}
    where s.id = ${id}
    returning ${fields}`)
}

export async function deleteTaskSecret(trx: Queryable, place: TaskSecretPlace, id: string): Promise<boolean> {
  return (await trx.execute(sql`delete from secrets.task_secret s where s.id = ${id} and ${at(place)}`)) > 0
}

/** Values in a store elsewhere whose secrets are gone. */
export async function takeRemovals(db: Queryable, limit: number): Promise<string[]> {
  const rows = await db.query<{ external_id: string }>(
    sql`select external_id from secrets.external_removal where removed_at <= now() order by removed_at limit ${limit}`,
  )
  return rows.map(({ external_id }) => external_id)
}

export async function noteRemoved(db: Queryable, externalId: string): Promise<void> {
  await db.execute(sql`delete from secrets.external_removal where external_id = ${externalId}`)
}

/** Noted before a value is written elsewhere, so that one whose secret does not come to be is removed. */
export async function expectRemoval(db: Queryable, externalId: string): Promise<void> {
  await db.execute(sql`
    insert into secrets.external_removal (external_id, store, removed_at)
    values (${externalId}, 'aws-secrets-manager', now() + interval '1 hour')`)
}
