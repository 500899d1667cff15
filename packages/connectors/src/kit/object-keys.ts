import { ConfigError } from '@millrace/core'
import type { ObjectInfo, ObjectStore } from './object-store.ts'

/** What the keys of everything below a folder begin with: `a` means `a/`, so that `ab` does not count. */
export function folderPrefix(folder: string): string {
  const inner = trimSlashes(folder)
  return inner === '' ? '' : `${inner}/`
}

export function trimSlashes(text: string): string {
  return text.replace(/^\/+|\/+$/g, '')
}

/** Empty objects with such keys stand for folders in consoles and other tools; they hold nothing. */
export function isFolderMarker(key: string): boolean {
  return key.endsWith('/')
}

/** @throws ConfigError `INVALID_KEY` for a key that is empty or has a slash at an end */
export function checkKey(key: string): string {
  if (key !== '' && trimSlashes(key) === key) return key
  throw new ConfigError('INVALID_KEY', {
    message: `"${key}" cannot be the key of an object: it must not be empty, nor begin or end with a slash.`,
  })
}

export async function keysOf(objects: AsyncIterable<ObjectInfo>): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of objects) keys.push(key)
  return keys
}

/** `ObjectStore.cat` for stores that can do the rest. */
export async function catObjects(store: ObjectStore, prefix: string, signal?: AbortSignal): Promise<string | null> {
  const folder = trimSlashes(prefix)
  const keys = await store.ls(folder, signal)
  if (keys.length === 0 && folder !== '') return (await store.stat(folder, signal)) === null ? null : folder
  if (keys.length < 2) return keys[0] ?? null
  const into = `${folderPrefix(folder)}${crypto.randomUUID()}.cdk`
  await store.compose(keys, into, signal)
  return into
}

/** @throws ConfigError `INVALID_EXPIRY` beyond what stores sign for: seven days */
export function checkExpiry(seconds = 3600): number {
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= 604_800) return seconds
  throw new ConfigError('INVALID_EXPIRY', {
    message: `A signed address can be valid for 1 to 604,800 seconds (seven days), not for ${seconds}.`,
  })
}
