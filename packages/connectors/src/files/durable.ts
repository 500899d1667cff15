import { type FileHandle, open, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Makes names in a folder durable: a rename survives a power failure only when its folder was synced. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

export async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Replaces a small file in one step. */
export async function replaceFile(path: string, content: string): Promise<void> {
  const temporary = `${path}.tmp`
  await writeFile(temporary, content, { flush: true })
  await rename(temporary, path)
  await syncFolder(dirname(path))
}

export async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<number> {
  let at = 0
  while (at < bytes.length) {
    at += (await file.write(bytes, at, bytes.length - at, position + at)).bytesWritten
  }
  return position + at
}
