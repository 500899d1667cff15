import { type Db, sql, type Trx, transaction } from '@millrace/db'

/** Who changes something, for the audit log. */
export interface Actor {
  /** Id of a user, or the name of a part of the platform such as `job:user-sync`. */
  readonly id: string
  readonly requestId?: string
}

/**
 * A transaction whose changes the audit log has under the name of the actor. All changes of what people configure go
 * through here. The work may run again when it loses against another transaction.
 */
export async function change<Result>(db: Db, actor: Actor, work: (trx: Trx) => Promise<Result>): Promise<Result> {
  return await transaction(db, async (trx) => {
    await trx.execute(sql`
      select set_config('millrace.actor', ${actor.id}, true), set_config('millrace.request_id', ${actor.requestId ?? ''}, true)`)
    return await work(trx)
  })
}

/** Id of the actor of the change that is under way; null outside of one. */
export async function actorOf(trx: Trx): Promise<string | null> {
  const { id } = await trx.one<{ id: string | null }>(
    sql`select nullif(current_setting('millrace.actor', true), '') as id`,
  )
  return id
}
