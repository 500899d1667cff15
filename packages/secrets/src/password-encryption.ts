import { createHash, pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import { fernetDecrypt, fernetEncrypt } from './fernet.ts'

const derive = promisify(pbkdf2)
const rounds = 480_000
const keyBytes = 32

/** Of keys that were derived; each costs about 100 ms of a core, and 32 bytes. */
const keptKeys = 2000

/** By a hash of password and salt, the least recently used first; never the password itself. */
const kept = new Map<string, Promise<Buffer>>()

/** Encrypts with a key that PBKDF2 makes of the password and the salt. The second use of a password costs next to nothing. */
export async function encryptWithPassword(password: string | Uint8Array, salt: string, text: string): Promise<string> {
  return fernetEncrypt(await derivedKey(password, salt), text)
}

/** @throws DataError TOKEN_INVALID when password, salt or token do not belong together. */
export async function decryptWithPassword(password: string | Uint8Array, salt: string, token: string): Promise<string> {
  return fernetDecrypt(await derivedKey(password, salt), token)
}

async function derivedKey(password: string | Uint8Array, salt: string): Promise<Buffer> {
  const name = createHash('sha256').update(createHash('sha256').update(password).digest()).update(salt).digest('base64')
  const known = kept.get(name)
  const key = known ?? derive(password, salt, rounds, keyBytes, 'sha256')
  kept.delete(name)
  kept.set(name, key)
  for (const oldest of kept.keys()) {
    if (kept.size <= keptKeys) break
    kept.delete(oldest)
  }
  return await key
}
