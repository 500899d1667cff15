import type { PlatformSettings } from '@millrace/core'
import { decryptWithPassword, encryptWithPassword, type Owner, saltOf } from '@millrace/secrets'
import { masterKeys } from './master-keys.ts'

/**
 * Encrypts with the master key, for what the API itself has to read again, such as tokens of connected services. Whoever
 * has the database and the master key can read it: secrets of users are sealed instead.
 *
 * @throws ConfigError KEY_NOT_SET and others about the master key.
 */
export async function encryptAtRest(settings: PlatformSettings, owner: Owner, text: string): Promise<string> {
  const { current } = await masterKeys(settings)
  return await encryptWithPassword(current, saltOf(owner), text)
}

/** @throws DataError TOKEN_INVALID when neither the master key nor the previous one opens it. */
export async function decryptAtRest(settings: PlatformSettings, owner: Owner, encrypted: string): Promise<string> {
  return (await openAtRest(settings, owner, encrypted)).text
}

/** As it is encrypted with the master key of now; null when it already is. */
export async function renewAtRest(settings: PlatformSettings, owner: Owner, encrypted: string): Promise<string | null> {
  const { text, isCurrent } = await openAtRest(settings, owner, encrypted)
  return isCurrent ? null : await encryptAtRest(settings, owner, text)
}

async function openAtRest(settings: PlatformSettings, owner: Owner, encrypted: string) {
  const { current, previous } = await masterKeys(settings)
  try {
    return { text: await decryptWithPassword(current, saltOf(owner), encrypted), isCurrent: true }
  } catch (error) {
    if (previous === null) throw error
    return { text: await decryptWithPassword(previous, saltOf(owner), encrypted), isCurrent: false }
  }
}
