import type { PlatformSettings } from '@millrace/core'
import { keyId, readSymmetricKey } from '@millrace/secrets'

interface MasterKeys {
  readonly current: Buffer
  /** Names the current one. */
  readonly id: string
  /** Still opens what is not encrypted with the current one yet. */
  readonly previous: Buffer | null
}

const known = new WeakMap<PlatformSettings, Promise<MasterKeys>>()

/**
 * The keys that only this process has, read once.
 *
 * @throws ConfigError KEY_NOT_SET, KEY_FILE_MISSING, KEY_FILE_READABLE_BY_ALL, KEY_INVALID.
 */
export async function masterKeys(settings: PlatformSettings): Promise<MasterKeys> {
  const keys = known.get(settings) ?? read(settings)
  known.set(settings, keys)
  // A file that is put right is looked at again.
  keys.catch(() => known.delete(settings))
  return await keys
}

async function read({ encryptionKeyPath, previousEncryptionKeyPath }: PlatformSettings): Promise<MasterKeys> {
  const current = await readSymmetricKey({ path: encryptionKeyPath, variable: 'MILLRACE_ENCRYPTION_KEY_PATH' })
  const variable = 'MILLRACE_PREVIOUS_ENCRYPTION_KEY_PATH'
  const path = previousEncryptionKeyPath
  return { current, id: keyId(current), previous: path === null ? null : await readSymmetricKey({ path, variable }) }
}
