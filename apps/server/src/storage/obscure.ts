import { createCipheriv, randomBytes } from 'node:crypto'

/**
 * The key that rclone has in its source: obscuring hides a password from somebody who looks over a shoulder, and from
 * nobody else.
 */
const key = Buffer.from('9c935b48730a554d6bfd7c63c886a92bd390198eb8128afbf4de162b8b95f638', 'hex')
const algorithm = 'aes-256-ctr'
const vectorBytes = 16

/** A password as rclone wants to find it in its configuration. */
export function obscure(password: string, vector: Buffer = randomBytes(vectorBytes)): string {
  const cipher = createCipheriv(algorithm, key, vector)
  return Buffer.concat([vector, cipher.update(password, 'utf8'), cipher.final()]).toString('base64url')
}
