import type { PlatformSettings } from '@millrace/core'
import { readPublicKey, readSharedKey } from '@millrace/secrets'
import { masterKeys } from './master-keys.ts'

/**
 * Looks at the keys that are set before the server starts: a key that is wrong is found now, and not by the first user.
 *
 * @throws ConfigError KEY_FILE_MISSING, KEY_FILE_READABLE_BY_ALL, KEY_INVALID.
 */
export async function checkKeys(settings: PlatformSettings): Promise<void> {
  const { encryptionKeyPath, secretsPublicKeyPath, secretsTokenKeyPath } = settings
  if (encryptionKeyPath !== null) await masterKeys(settings)
  if (secretsPublicKeyPath !== null) {
    await readPublicKey({ path: secretsPublicKeyPath, variable: 'MILLRACE_SECRETS_PUBLIC_KEY_PATH' })
  }
  if (secretsTokenKeyPath !== null) {
    await readSharedKey({ path: secretsTokenKeyPath, variable: 'MILLRACE_SECRETS_TOKEN_KEY_PATH' })
  }
}
