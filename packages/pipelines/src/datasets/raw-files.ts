import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { readJson, writeJson } from '@millrace/connectors'
import { ConfigError } from '@millrace/core'
import type { Contract } from './contract.ts'
import { type EnvironmentStore, folderOf } from './place.ts'

/** Files as they came from outside, in the state raw. */
export interface RawPlace extends EnvironmentStore {
  readonly contract: Contract
}

export interface RawFile {
  readonly name: string
  /** In bytes. */
  readonly size: number
  /** At the source, where that is known. */
  readonly modifiedAt: Date | null
}

export interface DownloadedFile extends AsyncDisposable {
  /** In a temporary folder that goes with it. */
  readonly path: string
}

/** Says when the source changed a file; stores only know when an object was written. */
interface Note {
  readonly modifiedAt: string
  readonly etag: string | null
  readonly size: number
}

/** Names with an underscore in front are no data for readers of folders. */
const notesFolder = '_notes'

/**
 * Keeps a file with the time at which its source changed it. One of the same name is replaced.
 *
 * @throws ConfigError `STATE_NOT_RAW`, `FILE_NAME_INVALID`
 */
export async function publishRawFile(
  place: RawPlace,
  name: string,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { modifiedAt, signal }: { readonly modifiedAt: Date; readonly signal?: AbortSignal },
): Promise<RawFile> {
  const stop = signal ? { signal } : {}
  const { size, etag } = await place.store.write(keyOf(place, name), content, stop)
  const note: Note = { modifiedAt: modifiedAt.toISOString(), etag, size }
  await writeJson(place.store, noteKeyOf(place, name), note, stop)
  return { name, size, modifiedAt }
}

/** @throws ConfigError `RAW_FILE_NOT_FOUND` */
export async function rawFile(place: RawPlace, name: string, signal?: AbortSignal): Promise<RawFile> {
  const found = await place.store.stat(keyOf(place, name), signal)
  if (found === null) throw notFound(place, name)
  const note = (await readJson<Note>(place.store, noteKeyOf(place, name), signal))?.value
  // A note of another content is that of a publish which was cut off between the two.
  const known = note !== undefined && note.etag === found.etag && note.size === found.size
  return { name, size: found.size, modifiedAt: known ? new Date(note.modifiedAt) : found.modifiedAt }
}

/** Sorted by name. */
export async function listRawFiles(place: RawPlace, signal?: AbortSignal): Promise<readonly RawFile[]> {
  const folder = rawFolder(place)
  const names: string[] = []
  for await (const { key } of place.store.list(folder, signal ? { signal } : {})) {
    const name = key.slice(folder.length + 1)
    if (!name.includes('/') && !name.startsWith('_')) names.push(name)
  }
  const files: RawFile[] = []
  for (const name of names) files.push(await rawFile(place, name, signal))
  return files
}

/** Name of the file that its source changed last; null when there is none. */
export async function latestRawFileName(place: RawPlace, signal?: AbortSignal): Promise<string | null> {
  const time = ({ modifiedAt }: RawFile) => modifiedAt?.getTime() ?? Number.NEGATIVE_INFINITY
  const [latest] = (await listRawFiles(place, signal)).toSorted((a, b) => time(b) - time(a))
  return latest?.name ?? null
}

/** Take it with `await using`, which removes the file. @throws ConfigError `RAW_FILE_NOT_FOUND` */
export async function downloadRawFile(place: RawPlace, name: string, signal?: AbortSignal): Promise<DownloadedFile> {
  const { modifiedAt } = await rawFile(place, name, signal)
  const folder = await mkdtemp(join(tmpdir(), 'millrace-raw-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    const path = join(folder, name)
    const content = place.store.read(keyOf(place, name), signal ? { signal } : {})
    await pipeline(content, createWriteStream(path, { mode: 0o600 }))
    if (modifiedAt !== null) await utimes(path, modifiedAt, modifiedAt)
    return { path, [Symbol.asyncDispose]: remove }
  } catch (error) {
    await remove()
    throw error
  }
}

function rawFolder(place: RawPlace): string {
  const { state } = place.contract
  if (state === 'raw') return folderOf(place, place.contract)
  throw new ConfigError('STATE_NOT_RAW', {
    message: `Files as they came are of the state raw, and this contract is of ${state}. Publish a dataset, or take the contract of raw.`,
    details: { state },
  })
}

function keyOf(place: RawPlace, name: string): string {
  return `${rawFolder(place)}/${checkFileName(name)}`
}

function noteKeyOf(place: RawPlace, name: string): string {
  return `${rawFolder(place)}/${notesFolder}/${checkFileName(name)}.json`
}

function checkFileName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a name may not hold
  if (/^[^_/\\\u0000-\u001f][^/\\\u0000-\u001f]*$/.test(name) && !/^\.+$/.test(name)) return name
  throw new ConfigError('FILE_NAME_INVALID', {
    message: `"${name}" cannot be the name of a raw file: it is not empty, has no slash or control character, and does not begin with "_".`,
    details: { name },
  })
}

function notFound(place: RawPlace, name: string): ConfigError {
  return new ConfigError('RAW_FILE_NOT_FOUND', {
    message: `There is no file "${name}" in ${place.store.uri(rawFolder(place))}. Names distinguish upper and lower case.`,
    details: { name },
  })
}
