import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ConfigError, FatalError } from '@millrace/core'
import type { Rejection } from './destination.ts'

export interface DeadLetters extends AsyncDisposable {
  /** Resolves when the lines are on disk. */
  write(rejections: readonly Rejection[], stream: string): Promise<void>
}

/** A file of messages that could not be taken, one JSON object a line; made with the first of them. */
export function openDeadLetters(path: string): DeadLetters {
  let file: FileHandle | undefined
  return {
    async write(rejections, stream) {
      if (rejections.length === 0) return
      file ??= await openForLines(path)
      try {
        await file.appendFile(rejections.map((rejection) => `${lineOf(rejection, stream)}\n`).join(''))
        await file.datasync()
      } catch (cause) {
        throw new FatalError('DEAD_LETTER_NOT_WRITABLE', { message: notWritable(path, cause), cause })
      }
    },
    async [Symbol.asyncDispose]() {
      await file?.close()
      file = undefined
    },
  }
}

function lineOf({ message, code, reason }: Rejection, stream: string): string {
  const { value, key, headers, time, position } = message
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  const text = bytes.toString()
  return JSON.stringify({
    ...{ rejectedAt: new Date().toISOString(), code, reason, stream, position, key, headers },
    time: time?.toISOString() ?? null,
    ...(Buffer.from(text).equals(bytes) ? { payload: text } : { payloadBase64: bytes.toString('base64') }),
  })
}

/** A line that a crash cut off is ended first, so that it spoils no other. */
async function openForLines(path: string): Promise<FileHandle> {
  try {
    await mkdir(dirname(path), { recursive: true })
    const file = await open(path, 'a+', 0o600)
    const { size } = await file.stat()
    const last = size > 0 ? (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer : null
    if (last !== null && last[0] !== 0x0a) await file.appendFile('\n')
    if (size === 0) await syncFolder(dirname(path))
    return file
  } catch (cause) {
    throw new ConfigError('DEAD_LETTER_NOT_WRITABLE', { message: notWritable(path, cause), cause })
  }
}

function notWritable(path: string, cause: unknown): string {
  return `The file for dead letters, ${path}, cannot be written: ${(cause as Error).message}. Nothing of this batch was committed. Make room, or choose another file.`
}

/** So that the name of a new file outlives a crash of the machine, too. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } catch {
    // Some file systems do not sync folders.
  } finally {
    await folder.close()
  }
}
