import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Logger, type PlatformSettings, readPlatformSettings } from '@millrace/core'
import type { Db } from '@millrace/db'
import { type KeyFilePaths, makeKeyFiles } from '@millrace/secrets'
import { type RunningSecretsServer, startSecretsServer } from '@millrace/secrets-server'

/** Keys in a folder of their own, for all servers of a file. */
export async function testKeys(): Promise<KeyFilePaths & { readonly folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-keys-'))
  const remove = async () => await rm(folder, { recursive: true, force: true })
  return { ...(await makeKeyFiles(folder)), folder, remove }
}

/** A secrets service beside a server, and the settings by which the two find each other. What is given wins. */
export async function startSecretsBeside(
  { db, log, keys }: { readonly db: Db; readonly log: Logger; readonly keys: KeyFilePaths },
  given: Partial<PlatformSettings> = {},
): Promise<{ readonly service: RunningSecretsServer; readonly settings: PlatformSettings }> {
  const { encryptionKeyPath, secretsPrivateKeyPath, secretsPublicKeyPath, secretsTokenKeyPath } = keys
  const defaults = readPlatformSettings({ env: {} })
  const service = await startSecretsServer({
    ...{ db, log, kubernetes: null },
    settings: { ...defaults, secretsPrivateKeyPath, secretsTokenKeyPath, secretsPort: 0 },
  })
  const ofServer = { encryptionKeyPath, secretsPublicKeyPath, secretsTokenKeyPath, secretsUrl: service.url }
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null))
  return { service, settings: { ...defaults, ...ofServer, ...set } }
}
