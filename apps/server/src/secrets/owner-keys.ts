import type { PlatformSettings } from '@millrace/core'
import { type Queryable, sql } from '@millrace/db'
import { newKeyText, type Owner } from '@millrace/secrets'
import { decryptAtRest, encryptAtRest } from './at-rest.ts'
import { masterKeys } from './master-keys.ts'

/** The key of the inner layer of the owner's secrets; made when it is first asked for. */
export async function ownerKey(db: Queryable, settings: PlatformSettings, owner: Owner): Promise<string> {
  const known = await findOwnerKey(db, settings, owner)
  if (known !== null) return known
  const { id } = await masterKeys(settings)
  const encrypted = await encryptAtRest(settings, owner, newKeyText())
  // Of two that make it at once, the first to commit wins.
  const { encrypted_key } = await db.one<{ encrypted_key: string }>(sql`
    insert into secrets.owner_key as k (owner, encrypted_key, master_key_id) values (${owner}, ${encrypted}, ${id})
    on conflict (owner) do update set owner = k.owner
    returning encrypted_key`)
  return await decryptAtRest(settings, owner, encrypted_key)
}

export async function findOwnerKey(db: Queryable, settings: PlatformSettings, owner: Owner): Promise<string | null> {
  const row = await db.maybe<{ encrypted_key: string }>(
    sql`select encrypted_key from secrets.owner_key where owner = ${owner}`,
  )
  return row === undefined ? null : await decryptAtRest(settings, owner, row.encrypted_key)
}
