import { sql, type Trx } from '@millrace/db'
import { endSessions } from './session-store.ts'

/** Ends every session and every token of a user, as when the issuer says that the user is disabled; what a command may still fetch too. */
export async function revokeAccess(trx: Trx, userId: string): Promise<void> {
  await endSessions(trx, sql`user_id = ${userId}`)
  await trx.execute(sql`delete from authentication.cli_sign_in where user_id = ${userId}`)
  await trx.execute(sql`delete from authentication.personal_token where user_id = ${userId}`)
}

/** Leaves users signed in, as administrators no longer: their issuer may be asked about them only much later. */
export async function revokeAdministration(trx: Trx, userIds: readonly string[]): Promise<void> {
  await trx.execute(sql`
    update authentication.session set is_admin = false where is_admin and user_id = any(${userIds}::text[])`)
}
