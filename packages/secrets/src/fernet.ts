import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { DataError } from '@millrace/core'

const version = 0x80
const ivAt = 9
const textAt = 25
const blockBytes = 16
const macBytes = 32

/**
 * A Fernet token: AES-128-CBC and HMAC-SHA256 under the two halves of a key of 32 bytes, as URL-safe base64. The time and the
 * initialisation vector are given by tests only.
 */
export function fernetEncrypt(
  key: Uint8Array,
  text: string,
  { now = new Date(), iv = randomBytes(blockBytes) }: { readonly now?: Date; readonly iv?: Uint8Array } = {},
): string {
  const { signing, encryption } = halves(key)
  const head = Buffer.alloc(ivAt)
  head.writeUInt8(version)
  head.writeBigUInt64BE(BigInt(Math.floor(now.getTime() / 1000)), 1)
  const cipher = createCipheriv('aes-128-cbc', encryption, iv)
  const signed = Buffer.concat([head, iv, cipher.update(text, 'utf8'), cipher.final()])
  return base64Url(Buffer.concat([signed, macOf(signing, signed)]))
}

/**
 * What was encrypted. Tokens here do not age.
 *
 * @throws DataError TOKEN_INVALID, which says nothing about why.
 */
export function fernetDecrypt(key: Uint8Array, token: string): string {
  const { signing, encryption } = halves(key)
  const bytes = fromBase64Url(token)
  const textBytes = bytes.length - textAt - macBytes
  if (bytes[0] !== version || textBytes < blockBytes || textBytes % blockBytes !== 0) throw invalidToken()
  const signed = bytes.subarray(0, -macBytes)
  if (!timingSafeEqual(macOf(signing, signed), bytes.subarray(-macBytes))) throw invalidToken()
  const decipher = createDecipheriv('aes-128-cbc', encryption, bytes.subarray(ivAt, textAt))
  try {
    return Buffer.concat([decipher.update(signed.subarray(textAt)), decipher.final()]).toString('utf8')
  } catch {
    throw invalidToken()
  }
}

/** A fresh key of 32 random bytes as text, for `fernetEncrypt` after decoding and as a password. */
export function newKeyText(): string {
  return base64Url(randomBytes(32))
}

/** With padding, as the format has it; Node's own leaves it out. */
function base64Url(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}

function fromBase64Url(token: string): Buffer {
  if (token.length % 4 !== 0 || !/^[\w-]*={0,2}$/.test(token)) throw invalidToken()
  return Buffer.from(token, 'base64url')
}

function halves(key: Uint8Array): { readonly signing: Uint8Array; readonly encryption: Uint8Array } {
  if (key.length !== 32) throw new Error('A Fernet key has 32 bytes.')
  return { signing: key.subarray(0, 16), encryption: key.subarray(16) }
}

function macOf(signing: Uint8Array, signed: Uint8Array): Buffer {
  return createHmac('sha256', signing).update(signed).digest()
}

function invalidToken(): DataError {
  return new DataError('TOKEN_INVALID', {
    message: 'The encrypted text cannot be opened: it was encrypted with another key, or it is damaged.',
  })
}
