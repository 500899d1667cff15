import { sql } from '@millrace/db'
import type { ServerContext } from '../server-context.ts'
import { canRefresh } from './tokens.ts'

export interface BrokenConnection {
  readonly id: string
  readonly provider_id: string
  readonly display_name: string
}

interface Row extends BrokenConnection {
  /** Of a token that is over; null: there is none. */
  readonly ciphertext: string | null
}

/** Connections of a user that give no token until the user connects again. The service is not asked. */
export async function brokenConnections(
  { db, settings }: Pick<ServerContext, 'db' | 'settings'>,
  userId: string,
  limit: number,
): Promise<readonly BrokenConnection[]> {
  const rows = await db.query<Row>(sql`
    select c.id, c.provider_id, p.display_name, t.ciphertext
    from connected_services.connection c
    join connected_services.provider p on p.id = c.provider_id
    left join connected_services.token t on t.connection_id = c.id and c.status = 'connected'
    where c.user_id = ${userId} and (
      t.expires_at <= now()
      or t.connection_id is null and not exists (
        -- The user is on the way there.
        select from connected_services.authorization_request r
        where r.connection_id = c.id and r.created_at > now() - interval '1 hour'
      )
    )
    order by c.id limit ${limit}`)
  const broken: BrokenConnection[] = []
  for (const { ciphertext, ...connection } of rows) {
    if (ciphertext === null || !(await canRefresh(settings, userId, ciphertext))) broken.push(connection)
  }
  return broken
}
