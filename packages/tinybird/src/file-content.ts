import { open, stat } from 'node:fs/promises'
import { ConfigError, DataError } from '@millrace/core'

const bufferBytes = 256 * 1024

/**
 * Bytes that a file has now.
 *
 * @throws ConfigError TINYBIRD_FILE_UNREADABLE, also for what is no regular file and so has no length
 */
export async function fileLength(path: string): Promise<number> {
  const found = await stat(path).catch((cause) => {
    throw unreadable(path, cause)
  })
  if (!found.isFile()) throw unreadable(path, undefined)
  return found.size
}

/**
 * Exactly so many bytes of a file, each time in the same memory: what is appended while it is read stays out.
 *
 * @throws DataError TINYBIRD_FILE_CHANGED when it became shorter, ConfigError TINYBIRD_FILE_UNREADABLE
 */
export async function* fileContent(path: string, length: number): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(Math.min(bufferBytes, length))
  await using file = await open(path).catch((cause) => {
    throw unreadable(path, cause)
  })
  for (let position = 0; position < length; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(bufferBytes, length - position), position)
    if (bytesRead === 0) {
      throw new DataError('TINYBIRD_FILE_CHANGED', {
        message: `The file ${path} became shorter while it was sent: ${position} of ${length} bytes. Load it again when nobody writes it.`,
      })
    }
    yield buffer.subarray(0, bytesRead)
    position += bytesRead
  }
}

function unreadable(path: string, cause: unknown): ConfigError {
  return new ConfigError('TINYBIRD_FILE_UNREADABLE', {
    message: `The file ${path} cannot be read. Check the path, that it is a regular file, and its permissions.`,
    cause,
  })
}
