import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FileTarget, fileTarget } from '../files/place.ts'
import type { ObjectStore } from '../kit/object-store.ts'
import type { Target } from '../kit/sink.ts'

/** Where a target lies in its store, and the names that loads use around it. */
export interface ObjectPlace {
  readonly store: ObjectStore
  readonly target: FileTarget
  /** The object, or the folder without its closing slash; empty for a whole bucket. */
  readonly key: string
  readonly folder: boolean
  /** Folder of what is no data: the manifest, and the records of loads. */
  readonly control: string
  /** For messages. */
  readonly label: string
}

export const controlName = '_millrace'

/**
 *     flights/                              orders.csv.gz
 *       _millrace/manifest.json             _millrace/object-orders.csv.gz/load-<key>/…
 *       _millrace/load-<key>/…
 *       month=5/part-<load>-0000-00000.parquet
 */
export function objectPlace(store: ObjectStore, given: Target): ObjectPlace {
  const target = fileTarget(given)
  const folder = target.path === '' || target.path.endsWith('/')
  const key = target.path.replace(/^\/+|\/+$/g, '')
  const slash = key.lastIndexOf('/')
  const control = folder
    ? under(key, controlName)
    : under(slash < 0 ? '' : key.slice(0, slash), `${controlName}/object-${key.slice(slash + 1)}`)
  return { store, target, key, folder, control, label: store.uri(folder && key !== '' ? `${key}/` : key) }
}

export function under(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}

export function manifestKey(folder: string): string {
  return under(folder, `${controlName}/manifest.json`)
}

export function loadFolder(place: ObjectPlace, key: string): string {
  return `${place.control}/load-${key}`
}

/** `load` has 8 hexadecimal digits and `session`, which changes whenever a load is taken up again, has 4. */
export function partName(load: string, session: string, chunk: string, index: number, target: FileTarget): string {
  const outer = target.format === 'parquet' ? '' : { none: '', gzip: '.gz', zstd: '.zst' }[target.compression]
  return `part-${load}${session}-${chunk}-${String(index).padStart(5, '0')}.${target.format}${outer}`
}

/** The load that wrote an object into a folder; null for an object that is not ours. */
export function loadOfPart(key: string): string | null {
  const name = key.slice(key.lastIndexOf('/') + 1)
  return /^part-([0-9a-f]{8})[0-9a-f]{4}-\w+-\d{5,}\.(csv|ndjson|parquet)(\.gz|\.zst)?$/.exec(name)?.[1] ?? null
}

/** Names that begin with `_` or `.` are no data to any reader of such folders. */
export function isHidden(relative: string): boolean {
  return relative.split('/').some((part) => /^[_.]/.test(part) && !part.includes('='))
}

/**
 * A lock on this machine. Loads of other machines are told apart when they publish: a store has no
 * lock that goes away with its holder.
 */
export async function localLock(place: ObjectPlace, key: string): Promise<string> {
  const folder = join(tmpdir(), `millrace-locks-${process.getuid?.() ?? 'all'}`)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  // Loads of one object would overwrite each other; those of a folder meet at its manifest.
  const what = place.folder ? `${place.label} ${key}` : place.label
  return join(folder, `${createHash('sha256').update(what).digest('hex').slice(0, 32)}.lock`)
}
