import { type Queryable, sql, type Trx } from '@millrace/db'
import { type Page, readPage } from '../read-page.ts'

export const providerKinds = ['gitlab', 'github', 'google', 'dropbox', 'zenodo', 'generic_oidc'] as const
export type ProviderKind = (typeof providerKinds)[number]

/** A service that users connect, with the application that Millrace is there. */
export interface ProviderRow {
  readonly id: string
  readonly kind: ProviderKind
  /** Of a GitHub App; else empty. */
  readonly app_slug: string
  readonly client_id: string
  /** Encrypted under `created_by`; null: a public client. */
  readonly client_secret: string | null
  readonly display_name: string
  readonly scope: string
  readonly url: string
  readonly use_pkce: boolean
  readonly image_registry_url: string | null
  readonly oidc_issuer_url: string | null
  readonly created_by: string
}

/** Whether tokens of the one are good for the other. */
export function isSameService(one: ProviderRow, other: ProviderRow): boolean {
  return one.kind === other.kind && one.url === other.url && one.oidc_issuer_url === other.oidc_issuer_url
}

const columns = sql`
  p.id, p.kind, p.app_slug, p.client_id, p.client_secret, p.display_name, p.scope, p.url, p.use_pkce, p.image_registry_url,
  p.oidc_issuer_url, p.created_by`

export async function listProviders(
  db: Queryable,
  { limit, offset }: { readonly limit: number; readonly offset: number } = { limit: 1000, offset: 0 },
): Promise<Page<ProviderRow>> {
  return await readPage<ProviderRow>(db, {
    rows: sql`select ${columns} from connected_services.provider p order by p.id limit ${limit} offset ${offset}`,
    total: sql`(select count(*) from connected_services.provider)`,
  })
}

export async function findProvider(
  db: Queryable,
  id: string,
  { lock }: { readonly lock?: 'update' | 'key share' } = {},
): Promise<ProviderRow | undefined> {
  const locking = lock === undefined ? sql`` : lock === 'update' ? sql`for update` : sql`for key share`
  return await db.maybe<ProviderRow>(sql`
    select ${columns} from connected_services.provider p where p.id = ${id} ${locking}`)
}

/** False when there is one of this id. */
export async function insertProvider(trx: Trx, provider: ProviderRow): Promise<boolean> {
  const inserted = await trx.execute(sql`
    insert into connected_services.provider (
      id, kind, app_slug, client_id, client_secret, display_name, scope, url, use_pkce, image_registry_url, oidc_issuer_url,
      created_by
    ) values (
      ${provider.id}, ${provider.kind}, ${provider.app_slug}, ${provider.client_id}, ${provider.client_secret},
      ${provider.display_name}, ${provider.scope}, ${provider.url}, ${provider.use_pkce}, ${provider.image_registry_url},
      ${provider.oidc_issuer_url}, ${provider.created_by}
    )
    on conflict (id) do nothing`)
  return inserted > 0
}

export async function updateProvider(trx: Trx, provider: ProviderRow): Promise<void> {
  await trx.execute(sql`
    update connected_services.provider set
      kind = ${provider.kind}, app_slug = ${provider.app_slug}, client_id = ${provider.client_id},
      client_secret = ${provider.client_secret}, display_name = ${provider.display_name}, scope = ${provider.scope},
      url = ${provider.url}, use_pkce = ${provider.use_pkce}, image_registry_url = ${provider.image_registry_url},
      oidc_issuer_url = ${provider.oidc_issuer_url}
    where id = ${provider.id}`)
}

export async function deleteProvider(trx: Trx, id: string): Promise<void> {
  await trx.execute(sql`delete from connected_services.provider where id = ${id}`)
}
