import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { adoptMode } from './assemble.ts'
import { syncFolder, writeAll } from './durable.ts'
import { fileError, isMissing } from './errors.ts'
import { exists } from './publish.ts'

/** What object stores have in common. Keys are paths. */
export interface ObjectStore {
  uri(key: string): string
  /** Keys of all files below a folder, sorted; none when it does not exist. */
  ls(folder: string): Promise<string[]>
  /** `end` is the first byte that is not read. */
  read(key: string, range?: { readonly start?: number; readonly end?: number }): AsyncIterable<Uint8Array>
  /** Readers see the former content until all of the new one is there. */
  write(key: string, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void>
  /** A key that does not exist is fine. */
  rm(key: string): Promise<void>
  rmtree(folder: string): Promise<void>
  /** Joins the files of a folder into one and returns its key: the file itself when there is one, null when there is none. */
  cat(folder: string): Promise<string | null>
}

export async function listFiles(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile() && !isHidden(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
  } catch (error) {
    if (isMissing(error)) return []
    throw fileError(error, folder)
  }
}

/** Staging files, locks and states of loads. */
function isHidden(name: string): boolean {
  return name.includes('._millrace-')
}

export async function* readObject(
  key: string,
  { start, end }: { readonly start?: number; readonly end?: number } = {},
): AsyncGenerator<Uint8Array> {
  if (end !== undefined && end <= (start ?? 0)) return
  const range = { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end: end - 1 }) }
  try {
    yield* createReadStream(key, { highWaterMark: 1 << 20, ...range })
  } catch (error) {
    throw fileError(error, key)
  }
}

export async function writeObject(
  key: string,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const temporary = join(dirname(key), `._millrace-${randomUUID()}`)
  try {
    await mkdir(dirname(key), { recursive: true })
    const file = await open(temporary, 'wx', 0o600)
    try {
      let position = 0
      for await (const bytes of content) position = await writeAll(file, bytes, position)
      await file.sync()
    } finally {
      await file.close()
    }
    await adoptMode(temporary, (await exists(key)) ? key : null)
    await rename(temporary, key)
    await syncFolder(dirname(key))
  } catch (error) {
    await rm(temporary, { force: true })
    throw fileError(error, key)
  }
}

export async function removeFile(key: string): Promise<void> {
  await rm(key, { force: true })
}

export async function removeTree(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
}

export async function catFiles(folder: string): Promise<string | null> {
  const found = await stat(folder).catch(() => null)
  if (found?.isFile()) return folder
  const files = await listFiles(folder)
  if (files.length < 2) return files[0] ?? null
  const key = join(folder, `${randomUUID()}.cdk`)
  async function* all() {
    for (const file of files) yield* readObject(file)
  }
  await writeObject(key, all())
  return key
}
