import { basename } from 'node:path'
import { ConfigError } from '@millrace/core'
import { type FileFormat, guessFormat } from '../files/config.ts'
import { stem } from '../files/find-relations.ts'
import type { ObjectInfo, ObjectStore } from '../kit/object-store.ts'
import type { ObjectTransferConfig } from './config.ts'
import { readTableManifest, type TableManifest } from './manifest.ts'
import { parsePartitionPath } from './partition-path.ts'
import { controlName, isHidden, under } from './place.ts'

const manifestEnd = `/${controlName}/manifest.json`

/** Objects that are read as one table. */
export interface ObjectRelation {
  readonly name: string
  readonly objects: readonly FoundObject[]
  readonly format: FileFormat
  readonly compression: 'none' | 'gzip' | 'zstd'
  /** Names of the columns that stand in the paths. */
  readonly partitionBy: readonly string[]
  /** What we wrote says all of itself. */
  readonly manifest: TableManifest | null
}

export interface FoundObject {
  readonly key: string
  readonly bytes: number
  readonly etag: string | null
  /** As the path says: texts, not yet of a type. With a manifest, canonical. */
  readonly partition?: readonly (string | null)[]
  /** Known from a manifest. */
  readonly rows?: number
}

/**
 * One object, or those that match a pattern, are a table. A folder is a table when it has a manifest,
 * parts (`part-…`) or partitions (`year=2024/`) directly in it; else it holds a table for each of its
 * objects and for each folder of that kind.
 */
export async function findObjects(
  store: ObjectStore,
  config: ObjectTransferConfig,
  signal?: AbortSignal,
): Promise<ObjectRelation[]> {
  const { path } = config
  if (path !== '' && !path.endsWith('/')) {
    const found = await store.stat(path, signal)
    if (found) return [relation(stem(path), [objectOf(found)], config, store)]
    if (/[*?[]/.test(path)) return [await patternRelation(store, path, config, signal)]
  }
  return await folderRelations(store, path.replace(/\/+$/, ''), config, signal)
}

async function patternRelation(
  store: ObjectStore,
  pattern: string,
  config: ObjectTransferConfig,
  signal: AbortSignal | undefined,
): Promise<ObjectRelation> {
  const start = pattern.replace(/[*?[].*$/s, '')
  const folder = start.slice(0, Math.max(0, start.lastIndexOf('/')))
  const matcher = globOf(pattern)
  const found: ObjectInfo[] = []
  for await (const info of store.list(folder, signal ? { signal } : {})) {
    if (matcher.test(info.key) && !isHidden(info.key.slice(under(folder, '').length))) found.push(info)
  }
  if (found.length === 0) {
    throw new ConfigError('OBJECT_NOT_FOUND', {
      message: `No object matches "${store.uri(pattern)}". Check the pattern.`,
    })
  }
  const name = stem(pattern)
    .replaceAll(/[*?[\]]+/g, '')
    .replaceAll(/^[-_.]+|[-_.]+$/g, '')
  return partitioned(
    name || folder.slice(folder.lastIndexOf('/') + 1) || basename(store.bucket),
    folder,
    found,
    config,
    store,
  )
}

async function folderRelations(
  store: ObjectStore,
  folder: string,
  config: ObjectTransferConfig,
  signal: AbortSignal | undefined,
): Promise<ObjectRelation[]> {
  const own = await manifestRelation(store, folder, signal)
  if (own) return [own]
  const tables = new Map<string, ObjectInfo[]>()
  const single: ObjectInfo[] = []
  // By their folders, below the one that is read.
  const relations = new Map<string, ObjectRelation>()
  const skip = under(folder, '').length
  let listed = false
  for await (const info of store.list(folder, signal ? { signal } : {})) {
    listed = true
    const relative = info.key.slice(skip)
    if (relative.endsWith(manifestEnd)) {
      const home = relative.slice(0, -manifestEnd.length)
      const inner = await manifestRelation(store, under(folder, home), signal)
      if (inner) relations.set(home, inner)
    }
    if (isHidden(relative) || (config.format ?? guessFormat(relative).format) === null) continue
    const folders = relative.split('/').slice(0, -1)
    const first = folders.findIndex((part) => part.includes('='))
    const home = (first < 0 ? folders : folders.slice(0, first)).join('/')
    const isPart = first >= 0 || relative.slice(relative.lastIndexOf('/') + 1).startsWith('part-')
    if (isPart) getOrAdd(tables, home).push(info)
    else if (home === '') single.push(info)
  }
  for (const [home, infos] of tables) {
    if (relations.has(home)) continue
    const table = under(folder, home).replace(/\/$/, '')
    relations.set(home, partitioned(nameOf(table, store), table, infos, config, store))
  }
  // As on the disk: a folder of parts is one table, whatever else lies in it.
  if (!tables.has('')) {
    for (const info of single) {
      relations.set(info.key.slice(skip), relation(stem(info.key), [objectOf(info)], config, store))
    }
  }
  if (relations.size > 0) return withDifferentNames(relations)
  throw new ConfigError('OBJECT_NOT_FOUND', {
    message: listed
      ? `The folder "${store.uri(under(folder, ''))}" holds no CSV, NDJSON or Parquet object.`
      : `There is no object or folder "${store.uri(folder)}". Check the path.`,
  })
}

async function manifestRelation(
  store: ObjectStore,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<ObjectRelation | null> {
  const found = await readTableManifest(store, folder, signal)
  if (!found) return null
  const { format, compression, partitionBy, objects } = found.value
  return {
    name: nameOf(folder, store),
    objects: objects.map((object) => ({ ...object, key: under(folder, object.key) })),
    format,
    compression,
    partitionBy,
    manifest: found.value,
  }
}

function partitioned(
  name: string,
  folder: string,
  infos: readonly ObjectInfo[],
  config: ObjectTransferConfig,
  store: ObjectStore,
): ObjectRelation {
  const skip = under(folder, '').length
  let names: string[] | null = null
  const objects = infos.map((info) => {
    const folders = info.key.slice(skip).split('/').slice(0, -1)
    const parts = folders.some((part) => part.includes('=')) ? parsePartitionPath(folders) : []
    const own = parts?.map((part) => part.name) ?? []
    names ??= own
    if (parts === null || own.join('\0') !== names.join('\0')) {
      throw new ConfigError('PARTITIONS_DIFFER', {
        message: `"${store.uri(info.key)}" does not lie in the same kind of folders as the others of its table (${names.map((one) => `${one}=…/`).join('') || 'none'}). Name the objects that belong together by a pattern.`,
      })
    }
    return { ...objectOf(info), ...(parts.length > 0 ? { partition: parts.map(({ value }) => value) } : {}) }
  })
  return { ...relation(name, objects, config, store), partitionBy: names ?? [] }
}

function relation(
  name: string,
  objects: readonly FoundObject[],
  config: ObjectTransferConfig,
  store: ObjectStore,
): ObjectRelation {
  const kinds = objects.map(({ key }) => guessFormat(key))
  const [first] = kinds
  const format = config.format ?? first?.format ?? null
  if (format === null) {
    throw new ConfigError('FORMAT_REQUIRED', {
      message: `The name of "${store.uri(objects[0]?.key ?? '')}" does not tell its format. Add ?format=csv, ndjson or parquet to the path.`,
    })
  }
  const other = kinds.findIndex(
    (kind) => (config.format === null && kind.format !== format) || kind.compression !== first?.compression,
  )
  if (other >= 0) {
    throw new ConfigError('FORMATS_DIFFER', {
      message: `"${store.uri(objects[other]?.key ?? '')}" is of another kind than "${store.uri(objects[0]?.key ?? '')}". Name the objects that belong together by a pattern.`,
    })
  }
  const compression = config.compression === 'none' ? (first?.compression ?? 'none') : config.compression
  return { name, objects, format, compression, partitionBy: [], manifest: null }
}

function nameOf(folder: string, { bucket }: ObjectStore): string {
  return folder.slice(folder.lastIndexOf('/') + 1) || basename(bucket)
}

function getOrAdd<T>(lists: Map<string, T[]>, key: string): T[] {
  const list = lists.get(key) ?? []
  lists.set(key, list)
  return list
}

function objectOf({ key, size, etag }: ObjectInfo): FoundObject {
  return { key, bytes: size, etag }
}

/** `orders.csv` beside `orders.parquet`, `eu/orders/` beside `us/orders/`: each is called by its path, then. */
function withDifferentNames(relations: ReadonlyMap<string, ObjectRelation>): ObjectRelation[] {
  const seen = new Map<string, number>()
  for (const { name } of relations.values()) seen.set(name.toLowerCase(), (seen.get(name.toLowerCase()) ?? 0) + 1)
  return [...relations].map(([path, one]) =>
    (seen.get(one.name.toLowerCase()) ?? 0) > 1 ? { ...one, name: path } : one,
  )
}

/** `*` and `?` stay within a folder, `**` does not; `[…]` is a set of characters. */
function globOf(pattern: string): RegExp {
  const source = pattern.replaceAll(/\*\*\/|\*\*|\*|\?|\[[^\]]+\]|[\\^$.|+(){}[\]]/g, (token) => {
    if (token === '**/') return '(?:.*/)?'
    if (token === '**') return '.*'
    if (token === '*') return '[^/]*'
    if (token === '?') return '[^/]'
    return token.length > 1 ? `[${token.slice(1, -1).replaceAll('\\', '\\\\').replace(/^!/, '^')}]` : `\\${token}`
  })
  return new RegExp(`^${source}$`, 'su')
}
