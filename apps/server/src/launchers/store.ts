import { type Queryable, type Sql, sql, type Trx } from '@millrace/db'
import type { Authz, Caller } from '../authz/index.ts'
import { type EnvironmentRow, environmentColumns } from '../environments/index.ts'
import { newId } from '../ids.ts'
import { type Page, pageOf, readPage } from '../read-page.ts'

export interface EnvVariable {
  readonly name: string
  readonly value?: string | undefined
}

export interface LauncherSettings {
  readonly name: string
  readonly description: string | null
  readonly resource_class_id: number | null
  /** Gigabytes. */
  readonly disk_storage: number | null
  readonly env_variables: readonly EnvVariable[]
}

interface LauncherRow extends LauncherSettings {
  readonly id: string
  readonly project_id: string
  readonly launcher_type: 'interactive' | 'non-interactive'
  readonly creation_date: Date
}

export interface Launcher extends LauncherRow {
  readonly environment: EnvironmentRow
}

const launchers = sql`
  select l.id, l.project_id, l.name, l.description, l.resource_class_id, l.disk_storage, l.env_variables, l.launcher_type,
    l.creation_date, l.environment_id
  from sessions.launcher l join common.project p on p.id = l.project_id`

/** A condition on `common.project p`: the caller has the permission. */
export function projectsFor(authz: Authz, caller: Caller, permission: string): Sql {
  return authz.visible(caller, permission, 'project', {
    id: sql`p.id`,
    project_namespace: sql`p.namespace_id`,
    public_viewer: sql`p.visibility = 'public'`,
  })
}

/** Launchers that the condition on `l` and `p` holds for, the newest first. */
export async function listLaunchers(
  db: Queryable,
  where: Sql,
  range: { readonly limit: number; readonly offset: number },
): Promise<Page<Launcher>> {
  const { rows, total } = await readPage<LauncherRow & { readonly environment_id: string }>(db, {
    rows: pageOf(sql`${launchers} where ${where} order by l.creation_date desc, l.id desc`, range),
    total: sql`(select count(*) from sessions.launcher l join common.project p on p.id = l.project_id where ${where})`,
  })
  const ids = rows.map(({ environment_id }) => environment_id)
  const environments = await db.query<EnvironmentRow>(
    sql`select ${environmentColumns} from sessions.environment e where e.id = any(${ids}::text[])`,
  )
  const byId = new Map(environments.map((one) => [one.id, one]))
  return {
    total,
    rows: rows.flatMap(({ environment_id, ...row }) => {
      const environment = byId.get(environment_id)
      // Removed together with its launcher since the first statement.
      return environment === undefined ? [] : [{ ...row, environment }]
    }),
  }
}

export async function findLauncher(db: Queryable, id: string, where: Sql = sql`true`): Promise<Launcher | undefined> {
  const { rows } = await listLaunchers(db, sql`l.id = ${id} and ${where}`, { limit: 1, offset: 0 })
  return rows[0]
}

/** Keeps it from other changes until the end of the transaction. */
export async function lockLauncher(trx: Trx, id: string, where: Sql): Promise<Launcher | undefined> {
  await trx.execute(sql`select from sessions.launcher where id = ${id} for update`)
  return await findLauncher(trx, id, where)
}

export async function insertLauncher(
  trx: Trx,
  launcher: LauncherSettings & {
    readonly projectId: string
    readonly environmentId: string
    readonly launcherType: LauncherRow['launcher_type']
    readonly createdBy: string
  },
): Promise<string> {
  const id = newId()
  await trx.execute(sql`
    insert into sessions.launcher (
      id, project_id, name, description, environment_id, resource_class_id, disk_storage, env_variables, launcher_type,
      created_by
    ) values (
      ${id}, ${launcher.projectId}, ${launcher.name}, ${launcher.description}, ${launcher.environmentId},
      ${launcher.resource_class_id}, ${launcher.disk_storage}, ${sql.json(launcher.env_variables)},
      ${launcher.launcherType}, ${launcher.createdBy}
    )`)
  return id
}

export async function updateLauncher(
  trx: Trx,
  id: string,
  launcher: LauncherSettings & { readonly environmentId: string },
): Promise<void> {
  await trx.execute(sql`
    update sessions.launcher set
      name = ${launcher.name}, description = ${launcher.description}, environment_id = ${launcher.environmentId},
      resource_class_id = ${launcher.resource_class_id}, disk_storage = ${launcher.disk_storage},
      env_variables = ${sql.json(launcher.env_variables)}
    where id = ${id}`)
}

export async function deleteLauncher(trx: Trx, id: string): Promise<void> {
  await trx.execute(sql`delete from sessions.launcher where id = ${id}`)
}
