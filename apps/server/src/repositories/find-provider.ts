import { type Queryable, sql } from '@millrace/db'
import type { Caller } from '../authz/index.ts'

export interface RepositoryProvider {
  readonly id: string
  readonly kind: string
  readonly name: string
  readonly url: string
  /** Of the caller. */
  readonly connectionId: string | null
  readonly connectionStatus: 'pending' | 'connected' | null
}

/** The provider whose host the repository is at; of several the one whose address says most of it. */
export async function findProvider(db: Queryable, caller: Caller, repository: URL): Promise<RepositoryProvider | null> {
  const providers = await db.query<RepositoryProvider>(sql`
    select
      p.id, p.kind, p.display_name as name, p.url, c.id as "connectionId", c.status as "connectionStatus"
    from connected_services.provider p
    left join connected_services.connection c on c.provider_id = p.id and c.user_id = ${caller.id}
    where p.kind in ('gitlab', 'github')
    order by c.status = 'connected' desc nulls last, length(p.url) desc, p.id`)
  return providers.find(({ url }) => isAt(URL.parse(url), repository)) ?? null
}

function isAt(provider: URL | null, repository: URL): boolean {
  if (provider === null || provider.host !== repository.host) return false
  const path = provider.pathname.replace(/\/+$/, '')
  return repository.pathname.startsWith(`${path}/`)
}
