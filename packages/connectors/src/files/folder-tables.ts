import { readdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { OpenOptions } from '../kit/connector.ts'
import type { LoadSpec, Sink, Target } from '../kit/sink.ts'
import type { Source } from '../kit/source.ts'
import { openObjectSink } from '../object-transfer/sink.ts'
import { openObjectSource } from '../object-transfer/source.ts'
import type { FilesSourceConfig } from './config.ts'
import { folderStore } from './folder-store.ts'
import { exists } from './publish.ts'

/*
 * A folder of partitions is written and read as in an object store: its files are made a table by
 * one manifest, since a folder of folders cannot be exchanged while somebody reads it.
 */

const hasManifest = (folder: string) => exists(join(folder, '_millrace', 'manifest.json'))

/** The sink of files, with folders of partitions. */
export function withFolderTables(files: Sink, options: OpenOptions = {}): Sink {
  const pick = async (target: Target): Promise<{ sink: Sink; target: Target }> => {
    if (target.kind !== 'file' || !target.path.endsWith('/')) return { sink: files, target }
    if (target.partitionBy === undefined && !(await hasManifest(target.path))) return { sink: files, target }
    return { sink: await openObjectSink(folderStore(target.path), options), target: { ...target, path: '/' } }
  }
  return {
    ...files,
    async accepts(columns, dialect, given) {
      const { sink, target } = await pick(given)
      return await sink.accepts(columns, dialect, target)
    },
    async plan(given, columns, dialect, mode) {
      const { sink, target } = await pick(given)
      const plan = await sink.plan(target, columns, dialect, mode)
      const hidden = sink === files && (await hidesFile(given))
      return hidden ? { ...plan, conflicts: [...plan.conflicts, hidden] } : plan
    },
    async interrupted(key, given) {
      const { sink, target } = await pick(given)
      return await sink.interrupted(key, target)
    },
    async openLoad(spec: LoadSpec, resume) {
      const { sink, target } = await pick(spec.target)
      return await sink.openLoad({ ...spec, target }, resume)
    },
    async readState(key, given) {
      const { sink, target } = await pick(given)
      return await sink.readState(key, target)
    },
    async count(given, signal) {
      const { sink, target } = await pick(given)
      return await sink.count(target, signal)
    },
    async contentHash(given, columns, signal) {
      const { sink, target } = await pick(given)
      return await sink.contentHash(target, columns, signal)
    },
  }
}

/** A sentence when nobody who reads the folder would see the file. */
async function hidesFile(target: Target): Promise<string | null> {
  if (target.kind !== 'file' || target.path === '-') return null
  const folder = dirname(resolve(target.path))
  if (!(await hasManifest(folder))) return null
  return `"${folder}" is a table of its own, whose manifest does not name a file "${target.path}". Write with --partition-by or --split-rows, or choose another folder.`
}

/** The source of a folder that holds partitions or a manifest, itself or in a folder of it; null for any other path. */
export async function openFolderTables(config: FilesSourceConfig, options: OpenOptions = {}): Promise<Source | null> {
  if (config.path === '-' || !(await isFolderOfTables(config.path))) return null
  const root = resolve(config.path)
  const pathOf = (key: string) => join(root, key)
  return await openObjectSource(folderStore(root), { ...config, path: '' }, { ...options, pathOf })
}

async function isFolderOfTables(path: string, inner = false): Promise<boolean> {
  if (await hasManifest(path).catch(() => false)) return true
  const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  if (folders.some((name) => name.includes('='))) return true
  if (inner) return false
  for (const name of folders) if (await isFolderOfTables(join(path, name), true)) return true
  return false
}
