import { type Queryable, type Sql, sql } from '@millrace/db'
import { type Page, readPage } from '../read-page.ts'
import type { Sealed } from '../secrets/index.ts'
import type { Place } from './place.ts'

export type Config = Readonly<Record<string, string | number | boolean>>

export interface Connection {
  readonly id: string
  readonly projectId: string | null
  readonly namespaceId: string | null
  readonly name: string
  readonly connector: string
  readonly description: string | null
  /** Without secrets. */
  readonly config: Config
  /** Names of the secret settings that it has, sorted. */
  readonly secretFields: readonly string[]
  readonly createdBy: string
  readonly createdAt: Date
  readonly updatedAt: Date
  /** By a task, to the minute. */
  readonly lastUsedAt: Date | null
}

const fields = sql`
  c.id, c.project_id as "projectId", c.namespace_id as "namespaceId", c.name, c.connector, c.description, c.config,
  array(select s.name from connections.secret_value s where s.connection_id = c.id order by s.name) as "secretFields",
  c.created_by as "createdBy", c.created_at as "createdAt", c.updated_at as "updatedAt",
  (select u.used_at from connections.last_use u where u.connection_id = c.id) as "lastUsedAt"`

function at(place: Place): Sql {
  if (place.kind === 'project') return sql`c.project_id = ${place.id}`
  if (place.kind === 'namespace') return sql`c.namespace_id = ${place.id}`
  return sql`c.project_id is null and c.namespace_id is null`
}

export async function listConnections(
  db: Queryable,
  place: Place,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<Page<Connection>> {
  const those = sql`connections.connection c where ${at(place)}`
  return await readPage<Connection>(db, {
    rows: sql`select ${fields} from ${those} order by c.name limit ${limit} offset ${offset}`,
    total: sql`(select count(*) from ${those})`,
  })
}

export async function readConnection(db: Queryable, place: Place, id: string): Promise<Connection | null> {
  const row = await db.maybe<Connection>(
    sql`select ${fields} from connections.connection c where c.id = ${id} and ${at(place)}`,
  )
  return row ?? null
}

export async function lockConnection(trx: Queryable, place: Place, id: string): Promise<Connection | null> {
  await trx.execute(sql`select from connections.connection c where c.id = ${id} and ${at(place)} for update`)
  return await readConnection(trx, place, id)
}

/** On `connections.connection c`: all that tasks of the project may use, without a project the platform's. */
function usable(projectId: string | null): Sql {
  return sql`(
    c.project_id = ${projectId}
    or c.namespace_id = (select namespace_id from common.project where id = ${projectId})
    or (c.project_id is null and c.namespace_id is null)
  )`
}

/** The project's own stand before those of its namespace, and those before the platform's. */
const nearestFirst = sql`c.project_id is null, c.namespace_id is null`

/** The connection that tasks of the project get by the name. */
export async function findConnection(
  db: Queryable,
  projectId: string | null,
  name: string,
): Promise<Connection | null> {
  const row = await db.maybe<Connection>(sql`
    select ${fields} from connections.connection c
    where c.name = ${name} and ${usable(projectId)} order by ${nearestFirst} limit 1`)
  return row ?? null
}

/** Names that tasks of the project may use, sorted. */
export async function listUsableNames(db: Queryable, projectId: string): Promise<readonly string[]> {
  const rows = await db.query<{ name: string }>(
    sql`select distinct c.name from connections.connection c where ${usable(projectId)} order by c.name`,
  )
  return rows.map(({ name }) => name)
}

/** What tasks of the project get, by name. */
export async function listUsable(
  db: Queryable,
  projectId: string,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<Page<Connection>> {
  const those = sql`
    select distinct on (c.name) c.* from connections.connection c
    where ${usable(projectId)} order by c.name, ${nearestFirst}`
  return await readPage<Connection>(db, {
    rows: sql`select ${fields} from (${those}) c order by c.name limit ${limit} offset ${offset}`,
    total: sql`(select count(distinct c.name) from connections.connection c where ${usable(projectId)})`,
  })
}

/** @throws DataError DATABASE_UNIQUE_VIOLATION when the place has one of the name. */
export async function insertConnection(
  trx: Queryable,
  place: Place,
  connection: Pick<Connection, 'id' | 'name' | 'connector' | 'description' | 'config' | 'createdBy'>,
): Promise<void> {
  const projectId = place.kind === 'project' ? place.id : null
  const namespaceId = place.kind === 'namespace' ? place.id : null
  const { id, name, connector, description, config, createdBy } = connection
  await trx.execute(sql`
    insert into connections.connection (id, project_id, namespace_id, name, connector, description, config, created_by)
    values (
      ${id}, ${projectId}, ${namespaceId}, ${name}, ${connector}, ${description}, ${sql.json(config)}::jsonb, ${createdBy}
    )`)
}

/** @throws DataError DATABASE_UNIQUE_VIOLATION when the place has another one of the name. */
export async function saveConnection(
  trx: Queryable,
  { id, name, description, config }: Pick<Connection, 'id' | 'name' | 'description' | 'config'>,
): Promise<void> {
  await trx.execute(sql`
    update connections.connection
    set name = ${name}, description = ${description}, config = ${sql.json(config)}::jsonb
    where id = ${id}`)
}

/** Secret settings: a sealed value for each that is new, null for each that goes. */
export async function saveSecrets(
  trx: Queryable,
  id: string,
  secrets: Readonly<Record<string, Sealed | null>>,
): Promise<void> {
  for (const [name, sealed] of Object.entries(secrets)) {
    await trx.execute(
      sealed === null
        ? sql`delete from connections.secret_value where connection_id = ${id} and name = ${name}`
        : sql`
            insert into connections.secret_value (connection_id, name, sealed_id) values (${id}, ${name}, ${sealed})
            on conflict (connection_id, name) do update set sealed_id = excluded.sealed_id`,
    )
  }
  if (Object.keys(secrets).length === 0) return
  await trx.execute(sql`update connections.connection set secrets_changed_at = clock_timestamp() where id = ${id}`)
}

export async function readSealed(
  db: Queryable,
  id: string,
): Promise<{ readonly name: string; readonly sealed: Sealed }[]> {
  return await db.query<{ name: string; sealed: Sealed }>(
    sql`select name, sealed_id as sealed from connections.secret_value where connection_id = ${id} order by name`,
  )
}

export async function deleteConnection(trx: Queryable, place: Place, id: string): Promise<boolean> {
  return (await trx.execute(sql`delete from connections.connection c where c.id = ${id} and ${at(place)}`)) > 0
}

export interface UsingTask {
  readonly workflow: string
  readonly version: string
  readonly current: boolean
  readonly nodes: readonly string[]
}

/**
 * Versions of workflows whose tasks get this connection by its name, among those of `where` (on `engine.workflow w`). A name with
 * a template is filled in where the task runs, so it is not found.
 */
export async function listUsers(
  db: Queryable,
  { id, name }: Pick<Connection, 'id' | 'name'>,
  where: Sql,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<Page<UsingTask>> {
  const those = sql`
    select w.name as workflow, v.version, v.id = w.current_version_id as current, v.id as version_id,
      array(
        select node ->> 'id' from jsonb_array_elements(v.manifest -> 'nodes') with ordinality as nodes (node, place)
        where node -> 'connections' ? ${name} order by place
      ) as nodes
    from engine.workflow w join engine.workflow_version v on v.workflow_id = w.id
    where v.manifest @> jsonb_build_object('nodes', jsonb_build_array(jsonb_build_object('connections', jsonb_build_array(${name}::text))))
      and ${where}
      and ${id} = (
        select c.id from connections.connection c
        where c.name = ${name} and (
          c.project_id = w.project_id
          or c.namespace_id = (select p.namespace_id from common.project p where p.id = w.project_id)
          or (c.project_id is null and c.namespace_id is null)
        )
        order by ${nearestFirst} limit 1
      )`
  return await readPage<UsingTask>(db, {
    rows: sql`
      select workflow, version, current, nodes from (${those}) u
      order by workflow, version_id desc limit ${limit} offset ${offset}`,
    total: sql`(select count(*) from (${those}) u)`,
  })
}
