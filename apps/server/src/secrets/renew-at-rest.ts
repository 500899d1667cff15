import { type Db, type Sql, sql } from '@millrace/db'
import type { Owner } from '@millrace/secrets'
import type { ServerContext } from '../server-context.ts'
import { renewAtRest } from './at-rest.ts'

const batchSize = 100

/** Where `encryptAtRest` wrote what stays for long. What lives for minutes or days is opened by the previous key until then. */
const columns: readonly { readonly table: Sql; readonly rows: Sql; readonly id: Sql; readonly column: Sql }[] = [
  {
    table: sql`connected_services.provider`,
    rows: sql`select id, 'user:' || created_by as owner, client_secret as text from connected_services.provider`,
    id: sql`id`,
    column: sql`client_secret`,
  },
  {
    table: sql`connected_services.token`,
    rows: sql`
      select t.connection_id as id, 'user:' || c.user_id as owner, t.ciphertext as text
      from connected_services.token t join connected_services.connection c on c.id = t.connection_id`,
    id: sql`connection_id`,
    column: sql`ciphertext`,
  },
]

/** Encrypts what other features keep encrypted with the master key of now. Returns how many, and how many do not open. */
export async function renewAllAtRest(
  context: Pick<ServerContext, 'db' | 'settings' | 'log'>,
  signal?: AbortSignal,
): Promise<{ readonly rotated: number; readonly failed: number }> {
  let rotated = 0
  let failed = 0
  for (const place of columns) {
    for (let after = ''; ; ) {
      signal?.throwIfAborted()
      const rows = await readRows(context.db, place.rows, after)
      for (const { id, owner, text } of rows) {
        const renewed = await renewAtRest(context.settings, owner, text).catch(() => undefined)
        if (renewed === undefined) {
          context.log.error({ id, owner }, 'a text opens with neither master key and stays as it is')
          failed += 1
        } else if (renewed !== null) {
          // What changed meanwhile is encrypted with the key of now already.
          rotated += await context.db.execute(sql`
            update ${place.table} set ${place.column} = ${renewed} where ${place.id} = ${id} and ${place.column} = ${text}`)
        }
      }
      const last = rows.at(-1)
      if (last === undefined) break
      after = last.id
    }
  }
  return { rotated, failed }
}

async function readRows(db: Db, rows: Sql, after: string) {
  return await db.query<{ id: string; owner: Owner; text: string }>(sql`
    select id, owner, text from (${rows}) r
    where text is not null and text <> '' and id > ${after} order by id limit ${batchSize}`)
}
