import { type Queryable, sql } from '@millrace/db'
import type { Owner, SealedValue } from '@millrace/secrets'

export interface SealedRow extends SealedValue {
  readonly id: string
  readonly owner: Owner
}

const fields = sql`s.id, s.owner, s.outer_text as "outer", s.encrypted_key as "encryptedKey"`

/** Those of the ids that are the owner's. */
export async function readSealed(db: Queryable, owner: string, ids: readonly string[]): Promise<SealedRow[]> {
  return await db.query<SealedRow>(sql`
    select ${fields} from secrets.sealed s where s.id = any(${ids}) and s.owner = ${owner}`)
}

export interface UserSecretRow extends SealedRow {
  readonly secretId: string
  readonly defaultFilename: string
}

/** Secrets of a user by their ids, without those that expire within two minutes: they would be of no use where they go. */
export async function readUserSecrets(db: Queryable, userId: string, ids: readonly string[]): Promise<UserSecretRow[]> {
  return await db.query<UserSecretRow>(sql`
    select ${fields}, u.id as "secretId", u.default_filename as "defaultFilename"
    from secrets.user_secret u join secrets.sealed s on s.id = u.sealed_id
    where
      u.id = any(${ids}) and u.user_id = ${userId}
      and (u.expiration_timestamp is null or u.expiration_timestamp > now() + interval '120 seconds')`)
}

/** Values that are sealed with another key, in the order of their ids, behind the given one. */
export async function readSealedWithOthers(
  db: Queryable,
  { keyId, after, limit }: { readonly keyId: string; readonly after: string; readonly limit: number },
): Promise<SealedRow[]> {
  return await db.query<SealedRow>(sql`
    select ${fields} from secrets.sealed s where s.key_id <> ${keyId} and s.id > ${after} order by s.id limit ${limit}`)
}

export async function countSealedWithOthers(db: Queryable, keyId: string): Promise<number> {
  const { count } = await db.one<{ count: number }>(
    sql`select count(*) as count from secrets.sealed where key_id <> ${keyId}`,
  )
  return count
}

/** False when another one wrapped the value meanwhile, or it is gone. */
export async function replaceOuter(
  db: Queryable,
  before: SealedRow,
  after: SealedValue & { readonly keyId: string },
): Promise<boolean> {
  const changed = await db.execute(sql`
    update secrets.sealed set outer_text = ${after.outer}, encrypted_key = ${after.encryptedKey}, key_id = ${after.keyId}
    where id = ${before.id} and encrypted_key = ${before.encryptedKey}`)
  return changed > 0
}
