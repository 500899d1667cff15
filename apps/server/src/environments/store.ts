import type { z } from '@hono/zod-openapi'
import { type Queryable, sql, type Trx } from '@millrace/db'
import { newId } from '../ids.ts'
import { readPage } from '../read-page.ts'
import type { environmentPatch, environmentPost } from './schemas.ts'

export interface EnvironmentSettings {
  readonly name: string
  readonly description: string | null
  readonly container_image: string
  readonly default_url: string
  readonly uid: number
  readonly gid: number
  readonly port: number
  readonly working_directory: string | null
  readonly mount_directory: string | null
  readonly command: readonly string[] | null
  readonly args: readonly string[] | null
  readonly is_archived: boolean
  readonly strip_path_prefix: boolean
}

export interface EnvironmentRow extends EnvironmentSettings {
  readonly id: string
  readonly kind: 'GLOBAL' | 'CUSTOM'
  readonly creation_date: Date
}

/** To select from `sessions.environment e`. */
export const environmentColumns = sql`
  e.id, e.kind, e.name, e.description, e.container_image, e.default_url, e.uid, e.gid, e.port, e.working_directory,
  e.mount_directory, e.command, e.args, e.is_archived, e.strip_path_prefix, e.creation_date`

export function environmentSettings(
  body: Omit<z.output<typeof environmentPost>, 'environment_image_source'>,
): EnvironmentSettings {
  return {
    ...body,
    description: body.description || null,
    working_directory: body.working_directory ?? null,
    mount_directory: body.mount_directory ?? null,
    command: body.command ?? null,
    args: body.args ?? null,
  }
}

/** What is left out stays; an empty directory and a null command are none. */
export function patchSettings(row: EnvironmentSettings, body: z.output<typeof environmentPatch>): EnvironmentSettings {
  const { description, working_directory, mount_directory } = body
  const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
  return {
    ...row,
    ...given,
    description: description === undefined ? row.description : description || null,
    working_directory: working_directory === undefined ? row.working_directory : working_directory || null,
    mount_directory: mount_directory === undefined ? row.mount_directory : mount_directory || null,
  }
}

export async function listGlobalEnvironments(
  db: Queryable,
  { includeArchived }: { readonly includeArchived: boolean },
  { limit, offset }: { readonly limit: number; readonly offset: number },
) {
  const where = includeArchived ? sql`e.kind = 'GLOBAL'` : sql`e.kind = 'GLOBAL' and not e.is_archived`
  return await readPage<EnvironmentRow>(db, {
    rows: sql`
      select ${environmentColumns} from sessions.environment e where ${where}
      order by e.creation_date desc, e.id desc limit ${limit} offset ${offset}`,
    total: sql`(select count(*) from sessions.environment e where ${where})`,
  })
}

export async function findGlobalEnvironment(db: Queryable, id: string): Promise<EnvironmentRow | undefined> {
  return await db.maybe<EnvironmentRow>(
    sql`select ${environmentColumns} from sessions.environment e where e.id = ${id} and e.kind = 'GLOBAL'`,
  )
}

/** As `findGlobalEnvironment`; it stays as it is until the end of the transaction. */
export async function lockGlobalEnvironment(trx: Trx, id: string): Promise<EnvironmentRow | undefined> {
  return await trx.maybe<EnvironmentRow>(
    sql`select ${environmentColumns} from sessions.environment e where e.id = ${id} and e.kind = 'GLOBAL' for update`,
  )
}

export async function insertEnvironment(
  trx: Trx,
  environment: EnvironmentSettings & { readonly kind: 'GLOBAL' | 'CUSTOM'; readonly createdBy: string },
): Promise<string> {
  const id = newId()
  const { command, args } = environment
  await trx.execute(sql`
    insert into sessions.environment (
      id, kind, name, description, container_image, default_url, uid, gid, port, working_directory, mount_directory, command,
      args, is_archived, strip_path_prefix, created_by
    ) values (
      ${id}, ${environment.kind}, ${environment.name}, ${environment.description}, ${environment.container_image},
      ${environment.default_url}, ${environment.uid}, ${environment.gid}, ${environment.port},
      ${environment.working_directory}, ${environment.mount_directory}, ${command && [...command]}, ${args && [...args]},
      ${environment.is_archived}, ${environment.strip_path_prefix}, ${environment.createdBy}
    )`)
  return id
}

export async function updateEnvironment(trx: Trx, id: string, environment: EnvironmentSettings): Promise<void> {
  const { command, args } = environment
  await trx.execute(sql`
    update sessions.environment set
      name = ${environment.name}, description = ${environment.description},
      container_image = ${environment.container_image}, default_url = ${environment.default_url}, uid = ${environment.uid},
      gid = ${environment.gid}, port = ${environment.port}, working_directory = ${environment.working_directory},
      mount_directory = ${environment.mount_directory}, command = ${command && [...command]}, args = ${args && [...args]},
      is_archived = ${environment.is_archived}, strip_path_prefix = ${environment.strip_path_prefix}
    where id = ${id}`)
}

export async function deleteEnvironment(trx: Trx, id: string): Promise<void> {
  await trx.execute(sql`delete from sessions.environment where id = ${id}`)
}

export async function countLaunchersOf(trx: Trx, id: string): Promise<number> {
  const { total } = await trx.one<{ total: number }>(
    sql`select count(*) as total from sessions.launcher where environment_id = ${id}`,
  )
  return total
}
