import { type Queryable, type Sql, sql } from '@millrace/db'

export interface VariableRow {
  readonly name: string
  readonly value: unknown
}

/** Variables of a project, or with null of the platform. */
export async function listVariables(
  db: Queryable,
  projectId: string | null,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<{ readonly rows: readonly VariableRow[]; readonly total: number }> {
  const rows = await db.query<VariableRow>(
    sql`select name, value from ${those(projectId)} order by name limit ${limit} offset ${offset}`,
  )
  const { total } = await db.one<{ total: number }>(sql`select count(*) as total from ${those(projectId)}`)
  return { rows, total }
}

export async function readVariable(
  db: Queryable,
  projectId: string | null,
  name: string,
): Promise<VariableRow | undefined> {
  return await db.maybe<VariableRow>(sql`select name, value from ${those(projectId)} where name = ${name}`)
}

/** Whether it is a new one. */
export async function putVariable(
  db: Queryable,
  projectId: string | null,
  { name, value }: VariableRow,
): Promise<boolean> {
  const { is_new } = await db.one<{ is_new: boolean }>(
    projectId === null
      ? sql`
          insert into engine.variable (name, value) values (${name}, ${sql.json(value)})
          on conflict (name) do update set value = excluded.value
          returning xmax = 0 as is_new`
      : sql`
          insert into engine.project_variable (project_id, name, value) values (${projectId}, ${name}, ${sql.json(value)})
          on conflict (project_id, name) do update set value = excluded.value
          returning xmax = 0 as is_new`,
  )
  return is_new
}

/** False when there was none. */
export async function deleteVariable(db: Queryable, projectId: string | null, name: string): Promise<boolean> {
  const removed = await db.execute(
    projectId === null
      ? sql`delete from engine.variable where name = ${name}`
      : sql`delete from engine.project_variable where project_id = ${projectId} and name = ${name}`,
  )
  return removed > 0
}

function those(projectId: string | null): Sql {
  return projectId === null
    ? sql`engine.variable`
    : sql`(select name, value from engine.project_variable where project_id = ${projectId}) v`
}
