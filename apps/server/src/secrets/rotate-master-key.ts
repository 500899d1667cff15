import { sql, transaction } from '@millrace/db'
import type { Owner } from '@millrace/secrets'
import type { ServerContext } from '../server-context.ts'
import { renewAtRest } from './at-rest.ts'
import { masterKeys } from './master-keys.ts'

const batchSize = 100

export interface MasterKeyRotation {
  readonly rotated: number
  /** Keys that neither master key opens; they stay as they are. */
  readonly failed: number
}

/**
 * Encrypts the keys of owners with the master key of now. Each batch is a transaction of its own, so it can end at any moment
 * and go on later; of several at once each takes others.
 */
export async function rotateMasterKey({
  db,
  settings,
  log,
}: Pick<ServerContext, 'db' | 'settings' | 'log'>): Promise<MasterKeyRotation> {
  const { id } = await masterKeys(settings)
  let rotated = 0
  let failed = 0
  for (let after = ''; ; ) {
    const batch = await transaction(db, async (trx) => {
      const result = { rotated: 0, failed: 0 }
      const rows = await trx.query<{ owner: Owner; encrypted_key: string }>(sql`
        select owner, encrypted_key from secrets.owner_key
        where master_key_id <> ${id} and owner > ${after}
        order by owner limit ${batchSize} for update skip locked`)
      for (const { owner, encrypted_key } of rows) {
        try {
          const renewed = (await renewAtRest(settings, owner, encrypted_key)) ?? encrypted_key
          await trx.execute(sql`
            update secrets.owner_key set encrypted_key = ${renewed}, master_key_id = ${id} where owner = ${owner}`)
          result.rotated += 1
        } catch (error) {
          if (!isUnreadable(error)) throw error
          log.error({ owner }, 'the key of an owner of secrets opens with neither master key and stays as it is')
          result.failed += 1
        }
      }
      return { ...result, last: rows.at(-1)?.owner }
    })
    rotated += batch.rotated
    failed += batch.failed
    if (batch.last === undefined) return { rotated, failed }
    after = batch.last
  }
}

function isUnreadable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'TOKEN_INVALID'
}
