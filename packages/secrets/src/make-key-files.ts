import { createPublicKey, generateKeyPair, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readPrivateKey, sharedKeyBytes, symmetricKeyBytes } from './key-files.ts'

export interface KeyFilePaths {
  readonly encryptionKeyPath: string
  readonly secretsPrivateKeyPath: string
  readonly secretsPublicKeyPath: string
  readonly secretsTokenKeyPath: string
}

const generate = promisify(generateKeyPair)

/**
 * Makes the keys of the server and of the secrets service in one folder, those that are not there yet, for this account only.
 * For one machine that has both; in a deployment neither may have the other's.
 */
export async function makeKeyFiles(folder: string): Promise<KeyFilePaths> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const paths = {
    encryptionKeyPath: join(folder, 'master.key'),
    secretsPrivateKeyPath: join(folder, 'secrets-private.pem'),
    secretsPublicKeyPath: join(folder, 'secrets-public.pem'),
    secretsTokenKeyPath: join(folder, 'secrets-token.key'),
  }
  if (!existsSync(paths.encryptionKeyPath)) await write(paths.encryptionKeyPath, randomBytes(symmetricKeyBytes))
  if (!existsSync(paths.secretsTokenKeyPath)) await write(paths.secretsTokenKeyPath, randomBytes(sharedKeyBytes))
  if (!existsSync(paths.secretsPrivateKeyPath)) {
    const { privateKey } = await generate('rsa', { modulusLength: 2048 })
    await write(paths.secretsPrivateKeyPath, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  }
  const privateKey = await readPrivateKey({ path: paths.secretsPrivateKeyPath, variable: 'the private key' })
  await write(paths.secretsPublicKeyPath, createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }))
  return paths
}

/** Whole or not at all: half a key would be taken for one. */
async function write(path: string, content: Buffer | string): Promise<void> {
  const draft = `${path}.new`
  {
    await using file = await open(draft, 'w', 0o600)
    await file.writeFile(content)
    await file.sync()
  }
  await rename(draft, path)
}
