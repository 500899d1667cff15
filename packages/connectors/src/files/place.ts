import { lstat, readlink, realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { ConfigError } from '@millrace/core'
import type { Target } from '../kit/sink.ts'

export type FileTarget = Extract<Target, { kind: 'file' }>

/** Where a target lies, and the names beside it that loads use. */
export interface Place {
  readonly target: FileTarget
  /** Absolute, with links followed, without a closing slash. */
  readonly path: string
  readonly folder: boolean
  readonly parent: string
  readonly name: string
  readonly lock: string
}

export function fileTarget(target: Target): FileTarget {
  if (target.kind === 'file') return target
  throw new ConfigError('PATH_REQUIRED', {
    message: 'Files take rows into a path, not into a table. Say which file or folder to write.',
  })
}

/** A link is followed first, so that it stays a link and what it points to is replaced. */
export async function placeOf(target: FileTarget): Promise<Place> {
  const folder = target.path.endsWith('/')
  const path = await followed(resolve(target.path))
  const parent = dirname(path)
  const name = basename(path)
  return { target, path, folder, parent, name, lock: join(parent, `.${shortName(name)}._millrace-lock`) }
}

export function stagingPath(place: Place, key: string): string {
  return join(place.parent, `.${shortName(place.name)}._millrace-${key}`)
}

export function statePath(place: Place, key: string): string {
  return join(place.parent, `.${shortName(place.name)}._millrace-state-${key}.json`)
}

/** Room for what is added to the name: file systems allow 255 bytes. Cut names keep a hash of the whole. */
function shortName(name: string): string {
  if (Buffer.byteLength(name) <= 180) return name
  let hash = 0
  for (const byte of Buffer.from(name)) hash = (Math.imul(hash, 31) + byte) >>> 0
  return `${Buffer.from(name).subarray(0, 160).toString('utf8').replaceAll('\ufffd', '')}~${hash.toString(36)}`
}

async function followed(path: string, depth = 0): Promise<string> {
  const found = await lstat(path).catch(() => null)
  if (found?.isSymbolicLink()) {
    // A link to nothing yet names the file to make.
    if (depth > 40) throw new ConfigError('TOO_MANY_LINKS', { message: `"${path}" is a link that leads to itself.` })
    return await followed(resolve(dirname(path), await readlink(path)), depth + 1)
  }
  const parent = await realpath(dirname(path)).catch(() => dirname(path))
  return join(parent, basename(path))
}

const extensions = { none: '', gzip: '.gz', zstd: '.zst' } as const

export function partName(index: number, { format, compression }: FileTarget): string {
  const outer = format === 'parquet' ? '' : extensions[compression]
  return `part-${String(index).padStart(5, '0')}.${format}${outer}`
}

/** The number of a part file of ours; null for any other name. */
export function partIndex(name: string): number | null {
  const match = /^part-(\d{5,})\.(csv|ndjson|parquet)(\.gz|\.zst)?$/.exec(name)
  return match ? Number(match[1]) : null
}
