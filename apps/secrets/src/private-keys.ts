import { ConfigError, type PlatformSettings } from '@millrace/core'
import { keyId, readPrivateKey } from '@millrace/secrets'
import type { PrivateKeys } from './secrets-context.ts'

/**
 * The keys that only this process has.
 *
 * @throws ConfigError MASTER_KEY_PRESENT, and what is wrong with a key file.
 */
export async function readPrivateKeys(settings: PlatformSettings): Promise<PrivateKeys> {
  const { secretsPrivateKeyPath, secretsPreviousPrivateKeyPath: previousPath } = settings
  const current = await readPrivateKey({
    path: secretsPrivateKeyPath,
    variable: 'MILLRACE_SECRETS_PRIVATE_KEY_PATH',
  })
  const variable = 'MILLRACE_SECRETS_PREVIOUS_PRIVATE_KEY_PATH'
  const previous = previousPath === null ? null : await readPrivateKey({ path: previousPath, variable })
  return { current, id: keyId(current), previous }
}

/** Where both keys are in one place, whoever gets in there reads everything. */
export function refuseMasterKey({ encryptionKeyPath }: PlatformSettings): void {
  if (encryptionKeyPath === null) return
  throw new ConfigError('MASTER_KEY_PRESENT', {
    message:
      'MILLRACE_ENCRYPTION_KEY_PATH is set for the secrets service, which must not have the master key. Take it out of the environment of this process, and its file off the places that it can read.',
  })
}
