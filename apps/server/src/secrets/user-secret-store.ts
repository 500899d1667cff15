import { type Queryable, type Sql, sql } from '@millrace/db'

export type UserSecretKind = 'general' | 'storage'

export interface UserSecret {
  readonly id: string
  readonly name: string
  readonly kind: UserSecretKind
  readonly defaultFilename: string
  readonly expirationTimestamp: Date | null
  readonly modificationDate: Date
  readonly sealedId: string
}

/** A secret that expires within this time counts as absent: what it is fetched for would not get through with it. */
export const expiryMarginSeconds = 120

export const unexpired = sql`
  (s.expiration_timestamp is null or s.expiration_timestamp > now() + make_interval(secs => ${expiryMarginSeconds}))`

const fields = sql`
  s.id, s.name, s.kind, s.default_filename as "defaultFilename", s.expiration_timestamp as "expirationTimestamp",
  s.modification_date as "modificationDate", s.sealed_id as "sealedId"`

interface Owned {
  readonly userId: string
  readonly id: string
}

export async function findUserSecret(db: Queryable, { userId, id }: Owned): Promise<UserSecret | null> {
  const row = await db.maybe<UserSecret>(sql`
    select ${fields} from secrets.user_secret s where s.user_id = ${userId} and s.id = ${id} and ${unexpired}`)
  return row ?? null
}

/** As `findUserSecret`, and nobody else changes it until the end of the transaction. */
export async function lockUserSecret(trx: Queryable, { userId, id }: Owned): Promise<UserSecret | null> {
  const row = await trx.maybe<UserSecret>(sql`
    select ${fields} from secrets.user_secret s where s.user_id = ${userId} and s.id = ${id} and ${unexpired} for update`)
  return row ?? null
}

export async function insertUserSecret(
  trx: Queryable,
  userId: string,
  secret: Omit<UserSecret, 'modificationDate'>,
): Promise<UserSecret> {
  const { id, name, kind, defaultFilename, expirationTimestamp, sealedId } = secret
  return await trx.one<UserSecret>(sql`
    insert into secrets.user_secret as s (id, user_id, name, kind, default_filename, expiration_timestamp, sealed_id)
    values (${id}, ${userId}, ${name}, ${kind}, ${defaultFilename}, ${expirationTimestamp}, ${sealedId})
    returning ${fields}`)
}

export async function saveUserSecret(
  trx: Queryable,
  secret: Omit<UserSecret, 'modificationDate' | 'kind'>,
): Promise<UserSecret> {
  const { id, name, defaultFilename, expirationTimestamp, sealedId } = secret
  return await trx.one<UserSecret>(sql`
    update secrets.user_secret s
    set
      name = ${name}, default_filename = ${defaultFilename}, expiration_timestamp = ${expirationTimestamp},
      sealed_id = ${sealedId}, modification_date = date_trunc('seconds', now())
    where s.id = ${id}
    returning ${fields}`)
}

/** False when the user has no such secret; one that has expired goes all the same. */
export async function deleteUserSecret(trx: Queryable, { userId, id }: Owned): Promise<boolean> {
  return (await trx.execute(sql`delete from secrets.user_secret where user_id = ${userId} and id = ${id}`)) > 0
}

/** So that what counts as absent is in nobody's way. */
export async function deleteExpired(trx: Queryable, userId: string): Promise<void> {
  await trx.execute(sql`delete from secrets.user_secret s where s.user_id = ${userId} and not ${unexpired}`)
}

export async function listUserSecrets(
  db: Queryable,
  {
    userId,
    kind,
    limit,
    offset,
  }: { readonly userId: string; readonly kind: UserSecretKind; readonly limit: number; readonly offset: number },
): Promise<{ readonly rows: UserSecret[]; readonly total: number }> {
  const condition: Sql = sql`s.user_id = ${userId} and s.kind = ${kind} and ${unexpired}`
  const rows = await db.query<UserSecret>(sql`
    select ${fields} from secrets.user_secret s where ${condition} order by s.id limit ${limit} offset ${offset}`)
  const { total } = await db.one<{ total: number }>(
    sql`select count(*) as total from secrets.user_secret s where ${condition}`,
  )
  return { rows, total }
}

/** Where a secret is used. */
export interface Uses {
  readonly sessionSecretSlotIds: readonly string[]
  readonly dataConnectorIds: readonly string[]
}

export async function readUses(db: Queryable, ids: readonly string[]): Promise<Map<string, Uses>> {
  const rows = await db.query<Uses & { readonly id: string }>(sql`
    select
      s.id,
      array(select slot_id from secrets.session_secret where secret_id = s.id order by slot_id) as "sessionSecretSlotIds",
      array(
        select distinct data_connector_id from data_connectors.user_value where secret_id = s.id order by 1
      ) as "dataConnectorIds"
    from secrets.user_secret s where s.id = any(${ids})`)
  return new Map(rows.map((row) => [row.id, row]))
}
