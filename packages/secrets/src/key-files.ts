import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { ConfigError } from '@millrace/core'

interface KeyFile {
  readonly path: string | null
  /** Environment variable that gives the path. */
  readonly variable: string
}

export const symmetricKeyBytes = 32
/** As many as HS512 hashes. */
export const sharedKeyBytes = 64

/** How a symmetric key is made, for messages. */
function command(path: string): string {
  return `"(umask 077 && openssl rand -out ${path} ${symmetricKeyBytes})"`
}

/**
 * A symmetric key: a file of 32 random bytes that only its owner, or its group, can read.
 *
 * @throws ConfigError KEY_NOT_SET, KEY_FILE_MISSING, KEY_FILE_READABLE_BY_ALL, KEY_INVALID.
 */
export async function readSymmetricKey(file: KeyFile): Promise<Buffer> {
  const { path, bytes } = await read(file, (path) => `Make one by ${command(path)}.`)
  if (bytes.length !== symmetricKeyBytes) {
    throw new ConfigError('KEY_INVALID', {
      message: `The key file ${path} (${file.variable}) has ${bytes.length} bytes and needs exactly ${symmetricKeyBytes} random ones. Make a new one by ${command(path)}, unless values are encrypted with this one already.`,
    })
  }
  return bytes
}

/**
 * The key that services of the platform share to sign tokens: at least 64 random bytes.
 *
 * @throws ConfigError as `readSymmetricKey`.
 */
export async function readSharedKey(file: KeyFile): Promise<Buffer> {
  const make = (path: string) => `Make one by "(umask 077 && openssl rand -out ${path} ${sharedKeyBytes})".`
  const { path, bytes } = await read(file, make)
  if (bytes.length >= sharedKeyBytes) return bytes
  throw new ConfigError('KEY_INVALID', {
    message: `The key file ${path} (${file.variable}) has ${bytes.length} bytes and needs at least ${sharedKeyBytes} random ones. ${make(path)}`,
  })
}

/**
 * An RSA private key in PEM, of at least 2048 bits.
 *
 * @throws ConfigError as `readSymmetricKey`.
 */
export async function readPrivateKey(file: KeyFile): Promise<KeyObject> {
  const make = (path: string) => `Make one by "(umask 077 && openssl genrsa -out ${path} 2048)".`
  const { path, bytes } = await read(file, make)
  return checked(() => createPrivateKey(bytes), { path, variable: file.variable, kind: 'private' })
}

/** The public part of it, which need not be kept from anybody. */
export async function readPublicKey(file: KeyFile): Promise<KeyObject> {
  const make = (path: string) => `Make it of the private key by "openssl rsa -in PRIVATE.pem -pubout -out ${path}".`
  const { path, bytes } = await read(file, make, { isPublic: true })
  if (bytes.includes('PRIVATE KEY')) {
    throw new ConfigError('KEY_INVALID', {
      message: `The file ${path} (${file.variable}) holds a private key, which must not be where the API runs. ${make(path)}`,
    })
  }
  return checked(() => createPublicKey(bytes), { path, variable: file.variable, kind: 'public' })
}

/** Names a key without saying anything about it. */
export function keyId(key: KeyObject | Uint8Array): string {
  const bytes = key instanceof Uint8Array ? key : publicPart(key).export({ type: 'spki', format: 'der' })
  return createHash('sha256').update('millrace key id\0').update(bytes).digest('hex').slice(0, 16)
}

function publicPart(key: KeyObject): KeyObject {
  return key.type === 'private' ? createPublicKey(key) : key
}

async function read(
  { path, variable }: KeyFile,
  advice: (path: string) => string,
  { isPublic = false } = {},
): Promise<{ readonly path: string; readonly bytes: Buffer }> {
  if (path === null) {
    throw new ConfigError('KEY_NOT_SET', {
      message: `Secrets need ${variable}, the path of a key file, and it is not set. ${advice('FILE')} docs/guides/secrets.md tells which process needs which key.`,
    })
  }
  try {
    const { mode } = await stat(path)
    if (!isPublic && (mode & 0o007) !== 0 && process.platform !== 'win32') {
      throw new ConfigError('KEY_FILE_READABLE_BY_ALL', {
        message: `Every account of this machine may read or write the key file ${path} (${variable}). Run "chmod 600 ${path}", and replace the key if others were here.`,
      })
    }
    return { path, bytes: await readFile(path) }
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause
    const { code } = cause as NodeJS.ErrnoException
    throw new ConfigError('KEY_FILE_MISSING', {
      message: `The key file ${path} (${variable}) cannot be read: ${code}. ${code === 'ENOENT' ? advice(path) : 'Give this account the right to read it.'}`,
      cause,
    })
  }
}

function checked(
  parse: () => KeyObject,
  { path, variable, kind }: { readonly path: string; readonly variable: string; readonly kind: string },
): KeyObject {
  let key: KeyObject | undefined
  try {
    key = parse()
  } catch {
    // What the library says of a file with a key in it is told to nobody.
  }
  if (key?.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048) return key
  throw new ConfigError('KEY_INVALID', {
    message: `The file ${path} (${variable}) is no RSA ${kind} key in PEM of at least 2048 bits without a passphrase.`,
  })
}
