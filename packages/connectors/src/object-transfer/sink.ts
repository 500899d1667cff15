import { ConfigError } from '@millrace/core'
import type { Column } from '@millrace/formats'
import { fileTarget } from '../files/place.ts'
import { countFiles, hashFiles } from '../files/read-back.ts'
import { storedColumns } from '../files/stored-columns.ts'
import type { OpenOptions } from '../kit/connector.ts'
import type { ObjectStore } from '../kit/object-store.ts'
import type { Sink, Target } from '../kit/sink.ts'
import { findInterrupted, openObjectLoad } from './load.ts'
import { checkObjects, readTableManifest, rowsOf } from './manifest.ts'
import { type ObjectPlace, objectPlace, under } from './place.ts'
import { planObjects } from './plan.ts'
import { withLocalCopy } from './publish-object.ts'
import { hashObjects } from './read-back.ts'

/**
 * Writes tables into a store: a target is one object, or a folder (its path ends with `/`) of
 * objects that one manifest makes a table. Paths are keys of the store's bucket.
 */
export async function openObjectSink(store: ObjectStore, { planOnly = false }: OpenOptions = {}): Promise<Sink> {
  /** Columns of the objects this sink has written: CSV without a header does not say. */
  const written = new Map<string, readonly Column[]>()
  const at = (target: Target) => objectPlace(store, target)

  const manifestOf = async (place: ObjectPlace, signal?: AbortSignal) => {
    const found = await readTableManifest(store, place.key, signal)
    if (found) return found.value
    throw new ConfigError('OBJECT_NOT_FOUND', {
      message: `There is no table of ours in "${place.label}". Check the path.`,
    })
  }

  return {
    dialect: 'files',
    concurrentLoads: true,
    accepts: async (_columns, _dialect, target) => {
      const { format, partitionBy = [] } = fileTarget(target)
      // Rows are dealt out by their values, which only rows of text show.
      return [partitionBy.length > 0 ? 'csv' : format]
    },
    formatOptions: (options) => options,
    plan: async (target, columns, _dialect, mode) => await planObjects(at(target), columns, mode),
    interrupted: async (key, target) => await findInterrupted(at(target), key, planOnly),

    async readState(key, target) {
      const place = at(target)
      if (!place.folder) return null
      return (await readTableManifest(store, place.key))?.value.states[key] ?? null
    },

    async openLoad(spec, resume) {
      const place = at(spec.target)
      const load = await openObjectLoad(place, spec, resume)
      written.set(place.key, spec.columns)
      return load
    },

    async count(target, signal) {
      const place = at(target)
      if (place.folder) {
        const { objects } = await manifestOf(place, signal)
        await checkObjects(store, place.key, objects, signal)
        return rowsOf(objects)
      }
      return await withLocalCopy(place, signal, async (path) => {
        const columns = await storedColumns(path, place.target, written.get(place.key) ?? [])
        return await countFiles([path], place.target, columns.length, signal)
      })
    },

    async contentHash(target, columns, signal) {
      const place = at(target)
      if (place.folder) {
        const manifest = await manifestOf(place, signal)
        await checkObjects(store, place.key, manifest.objects, signal)
        const objects = manifest.objects.map((object) => ({ ...object, key: under(place.key, object.key) }))
        const header = manifest.csv?.header ?? false
        return await hashObjects({ ...manifest, store, objects, header }, columns, signal)
      }
      return await withLocalCopy(place, signal, async (path) => {
        const all = await storedColumns(path, place.target, written.get(place.key) ?? columns)
        return await hashFiles([path], place.target, { all, hashed: columns }, signal)
      })
    },

    async [Symbol.asyncDispose]() {},
  }
}
