import { DataError, FatalError } from '@millrace/core'
import type { Column } from '@millrace/formats'
import type { FileTarget } from '../files/place.ts'
import type { ObjectInfo, ObjectStore } from '../kit/object-store.ts'
import type { PublishResult } from '../kit/sink.ts'
import type { CursorMark, FormatOptions } from '../kit/source.ts'
import { checkManifest } from './check-manifest.ts'
import { readJson, type StoredJson } from './json-object.ts'
import { manifestKey, under } from './place.ts'

/**
 * What a folder holds. Whoever reads the folder through this object sees one load or the next and
 * nothing between, since a publish is one write of it.
 */
export interface TableManifest {
  readonly version: 1
  /** All columns, those of the paths included. */
  readonly columns: readonly Column[]
  readonly format: FileTarget['format']
  readonly compression: FileTarget['compression']
  readonly csv?: FileTarget['csv']
  readonly options: FormatOptions
  /** Columns that stand in the paths, outermost first. */
  readonly partitionBy: readonly string[]
  readonly objects: readonly DataObject[]
  /** Watermarks of pipelines. */
  readonly states: Readonly<Record<string, CursorMark>>
  /** The last loads, newest last: one whose closing steps were cut off is found here. */
  readonly published: readonly PublishedLoad[]
}

export interface DataObject {
  /** Below the folder. */
  readonly key: string
  readonly rows: number
  readonly bytes: number
  readonly etag: string | null
  /** Canonical text of the partition columns. */
  readonly partition?: readonly (string | null)[]
}

export interface PublishedLoad {
  readonly load: string
  readonly at: string
  readonly result: PublishResult
}

export async function readTableManifest(
  store: ObjectStore,
  folder: string,
  signal?: AbortSignal,
): Promise<StoredJson<TableManifest> | null> {
  const found = await readJson<TableManifest>(store, manifestKey(folder), signal)
  if (found && (found.value.version as number) !== 1) {
    throw new FatalError('MANIFEST_TOO_NEW', {
      message: `${store.uri(manifestKey(folder))} was written by a newer version of Millrace. Use that version.`,
    })
  }
  if (found) checkManifest(found.value, store.uri(manifestKey(folder)))
  return found
}

export function rowsOf(objects: readonly { readonly rows: number }[]): number {
  return objects.reduce((sum, { rows }) => sum + rows, 0)
}

/** Proves by one listing that all objects are those that were written, without reading them. */
export async function checkObjects(
  store: ObjectStore,
  folder: string,
  objects: readonly DataObject[],
  signal?: AbortSignal,
): Promise<void> {
  const wanted = new Map(objects.map((object) => [under(folder, object.key), object]))
  if (wanted.size === 0) return
  for await (const info of store.list(folder, signal ? { signal } : {})) {
    const object = wanted.get(info.key)
    if (!object) continue
    if (!isSame(object, info)) {
      throw new DataError('OBJECT_CHANGED', {
        message: `${store.uri(info.key)} is not the object that was written. Copy the table again.`,
      })
    }
    wanted.delete(info.key)
  }
  const [missing] = wanted.keys()
  if (missing !== undefined) {
    throw new DataError('OBJECT_MISSING', {
      message: `${store.uri(missing)} is gone, and its rows with it. Restore it, or copy the table again.`,
      details: { missing: wanted.size },
    })
  }
}

function isSame(object: DataObject, info: ObjectInfo): boolean {
  return info.size === object.bytes && (object.etag === null || info.etag === null || info.etag === object.etag)
}
