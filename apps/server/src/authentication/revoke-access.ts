import { sql, type Trx } from '@millrace/db'
import { endSessions } from './session-store.ts'

/** Ends every session and every token of a user, as when the issuer says that the user is disabled. */
export async function revokeAccess(trx: Trx, userId: string): Promise<void> {
  await endSessions(trx, sql`user_id = ${userId}`)
  await trx.execute(sql`delete from authentication.personal_token where user_id = ${userId}`)
}
