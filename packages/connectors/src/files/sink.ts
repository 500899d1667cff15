import { readFile } from 'node:fs/promises'
import { ConfigError } from '@millrace/core'
import type { Column } from '@millrace/formats'
import type { OpenOptions } from '../kit/connector.ts'
import type { LoadSpec, Sink, Target } from '../kit/sink.ts'
import type { CursorMark } from '../kit/source.ts'
import { isMissing } from './errors.ts'
import { existingFiles } from './existing.ts'
import { findInterrupted, openFileLoad } from './load.ts'
import { type FileTarget, fileTarget, placeOf, statePath } from './place.ts'
import { planFiles, planStdout } from './plan.ts'
import { countFiles, hashFiles } from './read-back.ts'
import { openStdoutLoad } from './stdout-load.ts'
import { storedColumns } from './stored-columns.ts'

const isStdout = (target: FileTarget) => target.path === '-'

/** Writes CSV, NDJSON and Parquet files in one step each, or streams them to standard output. */
export function createFilesSink({ planOnly = false }: OpenOptions = {}): Sink {
  /** Columns of the files this sink has written: a file of CSV without a header does not say. */
  const written = new Map<string, readonly Column[]>()
  const at = (target: Target) => placeOf(fileTarget(target))

  const read = async (target: Target) => {
    const place = await at(target)
    const files = await existingFiles(place)
    if (files.length === 0) {
      throw new ConfigError('FILE_NOT_FOUND', {
        message: `There is no file of ours at "${place.path}". Check the path.`,
      })
    }
    return { place, files }
  }

  return {
    dialect: 'files',
    concurrentLoads: true,
    accepts: async (_columns, _dialect, target) => [fileTarget(target).format],
    formatOptions: (options) => options,

    async plan(target, columns, _dialect, mode) {
      const file = fileTarget(target)
      return isStdout(file) ? planStdout(file, columns, mode) : await planFiles(await placeOf(file), columns, mode)
    },

    async interrupted(key, target) {
      return isStdout(fileTarget(target)) ? null : await findInterrupted(await at(target), key, planOnly)
    },

    async readState(key, target): Promise<CursorMark | null> {
      const file = fileTarget(target)
      if (isStdout(file)) return null
      try {
        return JSON.parse(await readFile(statePath(await placeOf(file), key), 'utf8')) as CursorMark
      } catch (error) {
        if (isMissing(error)) return null
        throw error
      }
    },

    async openLoad(spec: LoadSpec, resume) {
      const file = fileTarget(spec.target)
      if (isStdout(file)) return await openStdoutLoad(file, spec)
      const place = await placeOf(file)
      written.set(place.path, spec.columns)
      return await openFileLoad(place, spec, resume)
    },

    async count(target, signal) {
      const { place, files } = await read(target)
      const columns = await storedColumns(files[0] as string, place.target, written.get(place.path) ?? [])
      return await countFiles(files, place.target, columns.length, signal)
    },

    async contentHash(target, columns, signal) {
      const { place, files } = await read(target)
      const all = await storedColumns(files[0] as string, place.target, written.get(place.path) ?? columns)
      return await hashFiles(files, place.target, { all, hashed: columns }, signal)
    },

    async [Symbol.asyncDispose]() {},
  }
}
