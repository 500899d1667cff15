import { type Queryable, type Sql, sql, type Trx } from '@millrace/db'
import { newId } from '../ids.ts'
import { type Page, readPage } from '../read-page.ts'

export interface ConnectionRow {
  readonly id: string
  readonly user_id: string
  readonly provider_id: string
  readonly status: 'pending' | 'connected'
}

export interface AuthorizationRequest {
  readonly connection_id: string
  readonly user_id: string
  readonly provider_id: string
  readonly code_verifier: string | null
  readonly callback_url: string
  readonly next_url: string | null
}

export interface TokenRow {
  readonly ciphertext: string
  readonly expires_at: Date | null
}

const columns = sql`c.id, c.user_id, c.provider_id, c.status from connected_services.connection c`
const lifeOfRequests = sql`interval '1 hour'`

export async function listConnections(
  db: Queryable,
  userId: string,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<Page<ConnectionRow>> {
  return await readPage<ConnectionRow>(db, {
    rows: sql`select ${columns} where c.user_id = ${userId} order by c.id limit ${limit} offset ${offset}`,
    total: sql`(select count(*) from connected_services.connection c where c.user_id = ${userId})`,
  })
}

/** Undefined also when it is somebody else's. */
export async function findConnection(db: Queryable, userId: string, id: string): Promise<ConnectionRow | undefined> {
  return await db.maybe<ConnectionRow>(sql`select ${columns} where c.id = ${id} and c.user_id = ${userId}`)
}

export async function findConnectionTo(db: Queryable, userId: string, providerId: string) {
  return await db.maybe<ConnectionRow>(
    sql`select ${columns} where c.user_id = ${userId} and c.provider_id = ${providerId}`,
  )
}

/** Sets the connection of a user to a provider to pending, made if there is none; a request before it is good no longer. */
export async function beginConnection(
  trx: Trx,
  request: Omit<AuthorizationRequest, 'connection_id'> & { readonly stateHash: Buffer },
): Promise<void> {
  const { id } = await trx.one<{ id: string }>(sql`
    insert into connected_services.connection (id, user_id, provider_id, status)
    values (${newId()}, ${request.user_id}, ${request.provider_id}, 'pending')
    on conflict (user_id, provider_id) do update set status = 'pending'
    returning id`)
  await trx.execute(sql`
    delete from connected_services.authorization_request
    where connection_id = ${id} or created_at < now() - ${lifeOfRequests}`)
  await trx.execute(sql`
    insert into connected_services.authorization_request (state_hash, connection_id, code_verifier, callback_url, next_url)
    values (${request.stateHash}, ${id}, ${request.code_verifier}, ${request.callback_url}, ${request.next_url})`)
}

/** The request that the state belongs to, if it is of this user; it is gone then, so that a state is used once. */
export async function takeRequest(
  db: Queryable,
  { stateHash, userId }: { readonly stateHash: Buffer; readonly userId: string },
): Promise<AuthorizationRequest | undefined> {
  return await db.maybe<AuthorizationRequest>(sql`
    delete from connected_services.authorization_request r using connected_services.connection c
    where r.state_hash = ${stateHash} and r.created_at >= now() - ${lifeOfRequests}
      and c.id = r.connection_id and c.user_id = ${userId}
    returning r.connection_id, c.user_id, c.provider_id, r.code_verifier, r.callback_url, r.next_url`)
}

/** Keeps the token and calls the connection connected; false when it was removed meanwhile. */
export async function connect(trx: Trx, connectionId: string, token: TokenRow): Promise<boolean> {
  const isThere = await trx.execute(
    sql`update connected_services.connection set status = 'connected' where id = ${connectionId}`,
  )
  if (isThere > 0) await saveToken(trx, connectionId, token)
  return isThere > 0
}

export async function saveToken(trx: Trx, connectionId: string, { ciphertext, expires_at }: TokenRow): Promise<void> {
  await trx.execute(sql`
    insert into connected_services.token (connection_id, ciphertext, expires_at)
    values (${connectionId}, ${ciphertext}, ${expires_at})
    on conflict (connection_id) do update
    set ciphertext = excluded.ciphertext, expires_at = excluded.expires_at, updated_at = now()`)
}

/** The token of a connection that stands. */
export async function readToken(db: Queryable, connectionId: string): Promise<TokenRow | undefined> {
  return await db.maybe<TokenRow>(sql`
    select t.ciphertext, t.expires_at
    from connected_services.token t join connected_services.connection c on c.id = t.connection_id
    where c.id = ${connectionId} and c.status = 'connected'`)
}

/** Until the end of the transaction nobody else refreshes its token. */
export async function lockConnection(trx: Trx, id: string): Promise<void> {
  await trx.execute(sql`select from connected_services.connection where id = ${id} for update`)
}

export async function deleteConnection(trx: Trx, userId: string, id: string): Promise<boolean> {
  return (
    (await trx.execute(sql`delete from connected_services.connection where id = ${id} and user_id = ${userId}`)) > 0
  )
}

/** Forgets what users have at a provider, which is another one from now on. */
export async function disconnectAll(trx: Trx, providerId: string): Promise<void> {
  const ofProvider: Sql = sql`select id from connected_services.connection where provider_id = ${providerId}`
  await trx.execute(sql`delete from connected_services.token where connection_id in (${ofProvider})`)
  await trx.execute(sql`delete from connected_services.authorization_request where connection_id in (${ofProvider})`)
  await trx.execute(sql`
    update connected_services.connection set status = 'pending' where provider_id = ${providerId} and status <> 'pending'`)
}
