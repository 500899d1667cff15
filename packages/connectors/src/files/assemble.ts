import { chmod, chown, open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Column, createCompressor, parquetFooter, type RowGroupIndex } from '@millrace/formats'
import { writeAll } from './durable.ts'
import type { Extent } from './journal.ts'
import type { FileTarget } from './place.ts'

/** A finished file in the staging folder. */
export interface Output {
  readonly path: string
  readonly rows: number
  readonly bytes: number
}

export interface AssembleOptions {
  readonly folder: string
  readonly target: FileTarget
  readonly columns: readonly Column[]
  readonly prefix: Uint8Array
  /** An existing file whose bytes come first, in place of the prefix. */
  readonly base?: { readonly path: string; readonly lineFeed: boolean }
}

const copyBytes = 4 * 1024 * 1024

/**
 * Makes one file of extents. The staging file that holds the first of them becomes the output, if its
 * rows follow each other from its beginning: they stay where they are, and the rows of other lanes are
 * added behind them, in their order. With one lane nothing is copied. Otherwise all go into a new file.
 */
export async function assembleFile(
  name: string,
  extents: readonly Extent[],
  options: AssembleOptions,
): Promise<Output> {
  const { folder, prefix, base } = options
  const home = base === undefined ? extents[0]?.file : undefined
  const staying = extents.filter(({ file }) => file === home).sort((a, b) => a.offset - b.offset)
  const inPlace = followEachOther(staying, prefix.length)
  const coming = inPlace ? extents.filter(({ file }) => file !== home) : extents
  const path = join(folder, inPlace && home !== undefined ? home : name)
  const handle = await open(path, inPlace ? 'r+' : 'w', 0o600)
  try {
    const placed: Placed[] = inPlace ? staying.map((extent) => ({ extent, start: extent.offset })) : []
    const last = inPlace ? staying.at(-1) : undefined
    let position: number
    if (last) position = last.offset + last.length
    else position = base ? await copyBase(handle, base, options.target) : await writeAll(handle, prefix, 0)
    for (const extent of coming) {
      placed.push({ extent, start: position })
      position = await copyRange(handle, position, join(folder, extent.file), extent.offset, extent.length)
    }
    position = await writeEnd(handle, position, placed, options)
    await handle.truncate(position)
    await handle.sync()
    return { path, rows: extents.reduce((sum, extent) => sum + extent.rows, 0), bytes: position }
  } finally {
    await handle.close()
  }
}

interface Placed {
  readonly extent: Extent
  /** Where it begins in the output. */
  readonly start: number
}

/** Of one file: without gaps, from `start`. False for none. */
function followEachOther(extents: readonly Extent[], start: number): boolean {
  let position = start
  for (const { offset, length } of extents) {
    if (offset !== position) return false
    position += length
  }
  return extents.length > 0
}

type Handle = Awaited<ReturnType<typeof open>>

async function writeEnd(
  handle: Handle,
  position: number,
  placed: readonly Placed[],
  { target, columns }: AssembleOptions,
): Promise<number> {
  if (target.format === 'parquet') {
    const groups: { index: RowGroupIndex; offset: number }[] = placed.flatMap(({ extent, start }) =>
      extent.groups.map((group) => ({ index: group.index, offset: start + group.offset })),
    )
    return await writeAll(handle, parquetFooter(columns, groups), position)
  }
  if (position > 0 || target.compression === 'none') return position
  // No rows and no header: an empty file is not a valid archive.
  return await writeAll(handle, await emptyArchive(target.compression), position)
}

export async function emptyArchive(compression: 'gzip' | 'zstd'): Promise<Uint8Array> {
  const { gzipSync, zstdCompressSync } = await import('node:zlib')
  return compression === 'gzip' ? gzipSync(new Uint8Array(0)) : zstdCompressSync(new Uint8Array(0))
}

async function copyBase(
  handle: Handle,
  base: { readonly path: string; readonly lineFeed: boolean },
  target: FileTarget,
): Promise<number> {
  const { size } = await stat(base.path)
  let position = await copyRange(handle, 0, base.path, 0, size)
  if (!base.lineFeed) return position
  const compressor = createCompressor(target.compression)
  const end = target.csv?.lineEnd === 'crlf' ? '\r\n' : '\n'
  for (const part of [...(await compressor.write(Buffer.from(end))), ...(await compressor.end())]) {
    position = await writeAll(handle, part, position)
  }
  return position
}

async function copyRange(to: Handle, position: number, path: string, offset: number, length: number): Promise<number> {
  const from = await open(path, 'r')
  try {
    const buffer = Buffer.allocUnsafe(Math.min(copyBytes, Math.max(1, length)))
    let done = 0
    while (done < length) {
      const { bytesRead } = await from.read(buffer, 0, Math.min(buffer.length, length - done), offset + done)
      if (bytesRead === 0) throw new Error(`The file ${path} is shorter than it was.`)
      await writeAll(to, buffer.subarray(0, bytesRead), position + done)
      done += bytesRead
    }
    return position + length
  } finally {
    await from.close()
  }
}

/** An output takes over the permissions of the file it replaces; a new one gets the usual ones. */
export async function adoptMode(output: string, existing: string | null): Promise<void> {
  const former = existing === null ? null : await stat(existing).catch(() => null)
  await chmod(output, former ? former.mode & 0o7777 : 0o666 & ~process.umask())
  if (former && process.getuid?.() === 0) await chown(output, former.uid, former.gid)
}
