import { sql, type Trx } from '@millrace/db'

/** Ends every session and every token of a user, as when the issuer says that the user is disabled. */
export async function revokeAccess(trx: Trx, userId: string): Promise<void> {
  await trx.execute(sql`delete from authentication.session where user_id = ${userId}`)
  await trx.execute(sql`delete from authentication.personal_token where user_id = ${userId}`)
}
