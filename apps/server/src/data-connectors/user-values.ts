import { type Queryable, sql, type Trx } from '@millrace/db'
import { invalid } from '@millrace/http'
import { createUserSecret, updateUserSecret } from '../secrets/index.ts'
import type { ServerContext } from '../server-context.ts'
import { isSensitiveName, optionsOf, providerOf } from '../storage/index.ts'
import type { DataConnector } from './store.ts'

/** Which secret of a user is the value of which option. */
export interface UserValue {
  readonly name: string
  readonly secret_id: string
}

export interface ValueChange {
  readonly name: string
  /** Null: none any more. */
  readonly value: string | null
}

export async function listValues(db: Queryable, dataConnectorId: string, userId: string): Promise<UserValue[]> {
  return await db.query<UserValue>(sql`
    select name, secret_id from data_connectors.user_value
    where data_connector_id = ${dataConnectorId} and user_id = ${userId} order by name`)
}

/** The values become secrets of the user, of the kind `storage`. @throws HttpError 422 DATA_CONNECTOR_SECRET_UNKNOWN */
export async function changeValues(
  trx: Trx,
  context: ServerContext,
  { connector, userId }: { readonly connector: DataConnector; readonly userId: string },
  changes: readonly ValueChange[],
): Promise<void> {
  checkNames(connector, changes)
  // One after the other for the same user, so that a value is not made twice.
  await trx.execute(sql`select 1 from users."user" where id = ${userId} for no key update`)
  const known = new Map((await listValues(trx, connector.id, userId)).map((value) => [value.name, value.secret_id]))
  for (const { name, value } of changes) {
    const secretId = known.get(name)
    if (value === null) {
      await trx.execute(sql`
        delete from data_connectors.user_value
        where data_connector_id = ${connector.id} and user_id = ${userId} and name = ${name}`)
    } else if (secretId !== undefined && (await isUsable(trx, secretId))) {
      await updateUserSecret(trx, context, { userId, id: secretId, value })
    } else {
      // Cut between characters, of which each may be two units.
      const called = `${[...connector.name].slice(0, 45).join('')} ${name.slice(0, 45)}`
      const secret = await createUserSecret(trx, context, { userId, name: called, kind: 'storage', value })
      await trx.execute(sql`
        insert into data_connectors.user_value (data_connector_id, user_id, name, secret_id)
        values (${connector.id}, ${userId}, ${name}, ${secret.id})
        on conflict (data_connector_id, user_id, name) do update set secret_id = excluded.secret_id`)
    }
  }
}

export async function removeValues(trx: Trx, dataConnectorId: string, userId: string): Promise<void> {
  await trx.execute(sql`
    delete from data_connectors.user_value where data_connector_id = ${dataConnectorId} and user_id = ${userId}`)
}

/** One that expires at any moment counts as absent. */
async function isUsable(trx: Trx, secretId: string): Promise<boolean> {
  const row = await trx.maybe(sql`
    select 1 from secrets.user_secret
    where id = ${secretId} and (expiration_timestamp is null or expiration_timestamp > now() + interval '120 seconds')`)
  return row !== undefined
}

function checkNames({ configuration }: DataConnector, changes: readonly ValueChange[]): void {
  const names = changes.map(({ name }) => name)
  const twice = names.find((name, place) => names.indexOf(name) !== place)
  if (twice !== undefined) throw invalid('DATA_CONNECTOR_SECRET_TWICE', `The secret "${twice}" is given twice.`)
  const provider = providerOf(configuration)
  const options = new Set([
    ...optionsOf(provider, configuration).map(({ name }) => name),
    ...Object.keys(configuration),
  ])
  const sensitive = [...options].filter((name) => isSensitiveName(provider, name))
  const unknown = changes.find(({ name, value }) => value !== null && !sensitive.includes(name))
  if (unknown === undefined) return
  throw invalid(
    'DATA_CONNECTOR_SECRET_UNKNOWN',
    `"${unknown.name}" is no sensitive option of this storage. There ${sensitive.length === 1 ? 'is' : 'are'} ${sensitive.join(', ') || 'none'}.`,
  )
}
