import { join } from 'node:path'
import type { Logger, PlatformSettings } from '@millrace/core'
import type { Db } from '@millrace/db'
import { makeKeyFiles } from '@millrace/secrets'
import { startSecretsServer } from '@millrace/secrets-server'

/**
 * The secrets service beside the server, with keys that are made once in the folder of the database. Returns the settings by
 * which the server finds both. Where the settings name a service already, that one is used.
 */
export async function startDevSecrets(
  started: AsyncDisposableStack,
  {
    db,
    data,
    settings,
    log,
  }: {
    readonly db: Db
    readonly data: string
    readonly settings: PlatformSettings
    readonly log: Logger
  },
): Promise<PlatformSettings> {
  if (settings.secretsUrl !== null) return settings
  const keys = await makeKeyFiles(join(data, 'keys'))
  const { encryptionKeyPath, secretsPublicKeyPath, secretsPrivateKeyPath, secretsTokenKeyPath } = keys
  const service = await startSecretsServer({
    ...{ db, log, kubernetes: null },
    settings: { ...settings, secretsPrivateKeyPath, secretsTokenKeyPath, secretsHost: '127.0.0.1', secretsPort: 0 },
  })
  started.use(service)
  return { ...settings, encryptionKeyPath, secretsPublicKeyPath, secretsTokenKeyPath, secretsUrl: service.url }
}
