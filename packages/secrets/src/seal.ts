import { constants, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto'
import { DataError } from '@millrace/core'
import { newKeyText } from './fernet.ts'
import { decryptWithPassword, encryptWithPassword } from './password-encryption.ts'

/** Whose secret it is: the key of the inner layer is the owner's. */
export type Owner = 'platform' | `user:${string}` | `project:${string}` | `namespace:${string}`

/** A value in two layers: the inner one opens with the owner's key, the outer one with the secrets service's private key. */
export interface SealedValue {
  readonly outer: string
  /** Key of the outer layer, encrypted with the public key. */
  readonly encryptedKey: Buffer
}

const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }

/** Of users their id, as others who hold their key expect it; of all else the owner as a whole. */
export function saltOf(owner: Owner): string {
  return owner.startsWith('user:') ? owner.slice('user:'.length) : owner
}

export async function sealInner(owner: Owner, ownerKey: string, value: string): Promise<string> {
  return await encryptWithPassword(ownerKey, saltOf(owner), value)
}

/** @throws DataError TOKEN_INVALID. */
export async function openInner(owner: Owner, ownerKey: string, inner: string): Promise<string> {
  return await decryptWithPassword(ownerKey, saltOf(owner), inner)
}

/** Puts the outer layer around an inner text, under a fresh key. */
export async function sealOuter(owner: Owner, publicKey: KeyObject, inner: string): Promise<SealedValue> {
  const key = newKeyText()
  return {
    outer: await encryptWithPassword(key, saltOf(owner), inner),
    encryptedKey: publicEncrypt({ key: publicKey, ...oaep }, Buffer.from(key)),
  }
}

/**
 * Takes off the outer layer; gives the inner text. The keys are tried in turn.
 *
 * @throws DataError TOKEN_INVALID when none of them opens it.
 */
export async function openOuter(owner: Owner, privateKeys: readonly KeyObject[], sealed: SealedValue): Promise<string> {
  for (const key of privateKeys) {
    const outerKey = tryDecrypt(key, sealed.encryptedKey)
    if (outerKey !== null) return await decryptWithPassword(outerKey, saltOf(owner), sealed.outer)
  }
  throw new DataError('TOKEN_INVALID', {
    message:
      'A sealed value opens with none of the private keys. Give the service the key it was sealed with as the previous key.',
  })
}

function tryDecrypt(key: KeyObject, encrypted: Buffer): Buffer | null {
  try {
    return privateDecrypt({ key, ...oaep }, encrypted)
  } catch {
    return null
  }
}
