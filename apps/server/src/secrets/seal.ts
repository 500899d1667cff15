import type { KeyObject } from 'node:crypto'
import type { PlatformSettings } from '@millrace/core'
import { type Queryable, sql, type Trx } from '@millrace/db'
import { keyId, type Owner, openInner, readPublicKey, sealInner, sealOuter } from '@millrace/secrets'
import { newId } from '../ids.ts'
import type { ServerContext } from '../server-context.ts'
import { openOuterLayers } from './open-outer-layers.ts'
import { ownerKey } from './owner-keys.ts'

/**
 * Id of a sealed value. A table that keeps one in a column declares it in its migration by
 * `select secrets.holds_sealed('schema.table', 'column')`: then the value goes when the row does or names another.
 */
export type Sealed = string

const publicKeys = new WeakMap<PlatformSettings, Promise<KeyObject>>()

/**
 * Seals a value so that neither this process nor the secrets service can open it alone.
 *
 * @throws ConfigError KEY_NOT_SET and others about keys.
 */
export async function seal(
  { settings }: Pick<ServerContext, 'settings'>,
  trx: Trx,
  owner: Owner,
  value: string,
): Promise<Sealed> {
  const publicKey = await readPublic(settings)
  const inner = await sealInner(owner, await ownerKey(trx, settings, owner), value)
  const { outer, encryptedKey } = await sealOuter(owner, publicKey, inner)
  const id = newId()
  await trx.execute(sql`
    insert into secrets.sealed (id, owner, outer_text, encrypted_key, key_id)
    values (${id}, ${owner}, ${outer}, ${encryptedKey}, ${keyId(publicKey)})`)
  return id
}

/**
 * The values in the order of their ids, with the help of the secrets service. They have to be committed: the service reads
 * them itself.
 *
 * @throws TransientError SECRETS_SERVICE_AWAY when the service does not answer.
 * @throws HttpError 500, number 1510, when a value cannot be opened.
 */
export async function unseal(
  { db, settings }: { readonly db: Queryable; readonly settings: PlatformSettings },
  owner: Owner,
  sealed: readonly Sealed[],
): Promise<string[]> {
  if (sealed.length === 0) return []
  const key = await ownerKey(db, settings, owner)
  const inner = await openOuterLayers(settings, owner, sealed)
  return await Promise.all(inner.map(async (text) => await openInner(owner, key, text)))
}

async function readPublic(settings: PlatformSettings): Promise<KeyObject> {
  const path = settings.secretsPublicKeyPath
  const key = publicKeys.get(settings) ?? readPublicKey({ path, variable: 'MILLRACE_SECRETS_PUBLIC_KEY_PATH' })
  publicKeys.set(settings, key)
  key.catch(() => publicKeys.delete(settings))
  return await key
}
