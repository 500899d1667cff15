import { ConfigError, type PlatformSettings } from '@millrace/core'
import type { Db, Queryable, Trx } from '@millrace/db'
import { awsSecretsManager, type Owner, type SecretStore } from '@millrace/secrets'
import { newId } from '../ids.ts'
import type { ServerContext } from '../server-context.ts'
import { seal, unseal } from './seal.ts'
import {
  expectRemoval,
  noteRemoved,
  type TaskSecret,
  type TaskSecretPlace,
  takeRemovals,
  type ValuePlace,
} from './task-secret-store.ts'

const stores = new WeakMap<PlatformSettings, SecretStore>()

function awsStore(settings: PlatformSettings): SecretStore {
  const store = stores.get(settings) ?? awsSecretsManager({ prefix: settings.secretStorePrefix })
  stores.set(settings, store)
  return store
}

function ownerOf(place: TaskSecretPlace): Owner {
  return place.kind === 'platform' ? 'platform' : `${place.kind}:${place.id}`
}

/**
 * Puts a value where the settings say. What it returns makes it that of a secret, in the transaction that saves the secret. A
 * value elsewhere always gets a name of its own, so the one before is there until then; it is written before the transaction
 * begins, and removed later if that fails.
 */
export async function prepareValue(
  { db, settings }: { readonly db: Db; readonly settings: PlatformSettings },
  place: TaskSecretPlace,
  value: string,
): Promise<(trx: Trx) => Promise<ValuePlace>> {
  const owner = ownerOf(place)
  if (settings.secretStore === 'sealed') {
    return async (trx) => ({
      store: 'sealed',
      sealedId: await seal({ settings }, trx, owner, value),
      externalId: null,
    })
  }
  const externalId = `${owner.replace(':', '/')}/${newId()}`
  await expectRemoval(db, externalId)
  await awsStore(settings).write(externalId, value)
  return async (trx) => {
    await noteRemoved(trx, externalId)
    return { store: 'aws-secrets-manager', sealedId: null, externalId }
  }
}

/**
 * The value of a secret that `findTaskSecret` found, for the one task that declares it.
 *
 * @throws ConfigError SECRET_EXPIRED, SECRET_VALUE_MISSING.
 * @throws TransientError when the secrets service, or the store elsewhere, does not answer.
 */
export async function readTaskSecret(
  { db, settings }: { readonly db: Queryable; readonly settings: PlatformSettings },
  secret: TaskSecret,
): Promise<string> {
  const { name, expiresAt } = secret
  if (expiresAt !== null && expiresAt <= new Date()) {
    throw new ConfigError('SECRET_EXPIRED', {
      message: `The secret "${name}" expired at ${expiresAt.toISOString()}. Give it a new value.`,
      details: { name },
    })
  }
  if (secret.sealedId !== null) {
    const [value] = await unseal({ db, settings }, ownerOf(placeOf(secret)), [secret.sealedId])
    if (value !== undefined) return value
  }
  const value = secret.externalId === null ? null : await awsStore(settings).read(secret.externalId)
  if (value !== null) return value
  throw new ConfigError('SECRET_VALUE_MISSING', {
    message: `The value of the secret "${name}" is not where it was put: somebody removed it from the store of secrets. Give it a new value.`,
    details: { name, store: secret.store },
  })
}

/** Removes values elsewhere whose secrets are gone. Returns how many. */
export async function removeAbandonedValues({ db, settings }: Pick<ServerContext, 'db' | 'settings'>): Promise<number> {
  for (let count = 0; ; ) {
    const ids = await takeRemovals(db, 100)
    if (ids.length === 0) return count
    for (const id of ids) {
      await awsStore(settings).remove(id)
      await noteRemoved(db, id)
      count += 1
    }
  }
}

function placeOf({ projectId, namespaceId }: TaskSecret): TaskSecretPlace {
  if (projectId !== null) return { kind: 'project', id: projectId }
  return namespaceId === null ? { kind: 'platform' } : { kind: 'namespace', id: namespaceId }
}
