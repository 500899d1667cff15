import { type Queryable, type Sql, sql } from '@millrace/db'

export interface ConfigRow {
  readonly incident_banner: string
  readonly updated_at: Date
}

export const creationFlags = ['admins_only', 'registered_users'] as const
export type CreationFlag = (typeof creationFlags)[number]

export interface AuthorizationConfigRow {
  readonly create_projects: CreationFlag
  readonly create_groups: CreationFlag
}

export interface RedirectRow {
  readonly source_url: string
  readonly target_url: string
  readonly updated_at: Date
}

/** Keeps the row until the end of the transaction, so that nobody changes it between a check and the change. */
export type Locking = { readonly forUpdate?: boolean }

export async function readConfig(db: Queryable, locking?: Locking): Promise<ConfigRow> {
  return await db.one<ConfigRow>(sql`select incident_banner, updated_at from platform.config ${lock(locking)}`)
}

export async function updateConfig(db: Queryable, incidentBanner: string): Promise<ConfigRow> {
  return await db.one<ConfigRow>(sql`
    update platform.config set incident_banner = ${incidentBanner} returning incident_banner, updated_at`)
}

export async function readAuthorizationConfig(db: Queryable, locking?: Locking): Promise<AuthorizationConfigRow> {
  return await db.one<AuthorizationConfigRow>(
    sql`select create_projects, create_groups from platform.authorization_config ${lock(locking)}`,
  )
}

export async function updateAuthorizationConfig(db: Queryable, config: AuthorizationConfigRow): Promise<void> {
  await db.execute(sql`
    update platform.authorization_config
    set create_projects = ${config.create_projects}, create_groups = ${config.create_groups}`)
}

export async function listRedirects(
  db: Queryable,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<{ readonly rows: readonly RedirectRow[]; readonly total: number }> {
  const rows = await db.query<RedirectRow>(sql`
    select source_url, target_url, updated_at from platform.redirect order by source_url limit ${limit} offset ${offset}`)
  const { total } = await db.one<{ total: number }>(sql`select count(*) as total from platform.redirect`)
  return { rows, total }
}

export async function findRedirect(db: Queryable, sourceUrl: string, locking?: Locking) {
  return await db.maybe<RedirectRow>(sql`
    select source_url, target_url, updated_at from platform.redirect where source_url = ${sourceUrl} ${lock(locking)}`)
}

/** Undefined when the source is redirected already. */
export async function insertRedirect(
  db: Queryable,
  { sourceUrl, targetUrl }: { readonly sourceUrl: string; readonly targetUrl: string },
): Promise<RedirectRow | undefined> {
  return await db.maybe<RedirectRow>(sql`
    insert into platform.redirect (source_url, target_url) values (${sourceUrl}, ${targetUrl})
    on conflict (source_url) do nothing returning source_url, target_url, updated_at`)
}

export async function updateRedirect(db: Queryable, sourceUrl: string, targetUrl: string): Promise<RedirectRow> {
  return await db.one<RedirectRow>(sql`
    update platform.redirect set target_url = ${targetUrl} where source_url = ${sourceUrl}
    returning source_url, target_url, updated_at`)
}

export async function deleteRedirect(db: Queryable, sourceUrl: string): Promise<void> {
  await db.execute(sql`delete from platform.redirect where source_url = ${sourceUrl}`)
}

function lock({ forUpdate = false }: Locking = {}): Sql {
  return forUpdate ? sql`for update` : sql``
}
