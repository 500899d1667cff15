import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, readFile, rename, rm, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ConfigError, DataError } from '@millrace/core'
import { fromBufferPromise } from 'yauzl'
import { installDependencies } from './install-dependencies.ts'
import { linkPlatform } from './link-platform.ts'
import { readPackageJson } from './package-json.ts'

/** Bytes after extraction. */
const largestExtraction = 1024 * 1024 * 1024
const mostEntries = 50_000

export interface InstallOptions {
  /** The bytes, or the path of a file with them. */
  readonly zip: Uint8Array | string
  /** Of the bytes, as hex. */
  readonly sha256: string
  readonly cacheFolder: string
  readonly signal?: AbortSignal
}

const underWay = new Map<string, Promise<string>>()

/**
 * Installs a built package into a folder of its own in the cache, named by its hash, and gives that folder; one that is
 * there is used as it is. The folder appears in one step when all is done, so that several processes may install at once,
 * and be killed while they do. Packages of the platform are linked to those of this process; others are installed by npm.
 *
 * @throws DataError `PACKAGE_CORRUPT`; ConfigError `PACKAGE_UNSAFE`, `PACKAGE_DEPENDENCY`; TransientError
 *   `PACKAGE_DEPENDENCY` when the registry cannot be reached
 */
export async function installPackage(options: InstallOptions): Promise<string> {
  const { sha256, cacheFolder } = options
  if (!/^[0-9a-f]{64}$/.test(sha256)) {
    throw new ConfigError('PACKAGE_UNSAFE', { message: `"${sha256}" is no SHA-256 as 64 hexadecimal digits.` })
  }
  const folder = join(cacheFolder, sha256)
  // Whoever began may have been told to stop, which is no reason for others not to install.
  if ((await underWay.get(folder)?.catch(() => undefined)) !== undefined) return folder
  const installing = install(folder, options).finally(() => underWay.delete(folder))
  underWay.set(folder, installing)
  return await installing
}

async function install(folder: string, { zip, sha256, cacheFolder, signal }: InstallOptions): Promise<string> {
  if (await isThere(folder)) return folder
  const bytes = typeof zip === 'string' ? await readFile(zip) : zip
  const found = createHash('sha256').update(bytes).digest('hex')
  if (found !== sha256) {
    throw new DataError('PACKAGE_CORRUPT', {
      message: `The package has the hash ${found}, and not ${sha256} as its manifest says. Fetch or deploy it again.`,
      details: { expected: sha256, found },
    })
  }
  await mkdir(cacheFolder, { recursive: true })
  const temporary = join(cacheFolder, `${temporaryPrefix}${sha256.slice(0, 16)}-${process.pid}-${crypto.randomUUID()}`)
  try {
    await extract(bytes, temporary, signal)
    const json = await readPackageJson(temporary)
    await installDependencies(temporary, json, signal)
    await linkPlatform(temporary, json)
    signal?.throwIfAborted()
    await rename(temporary, folder).catch(async (error: unknown) => {
      // Another process was faster, with the same content.
      if (!(await isThere(folder))) throw error
    })
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
  return folder
}

/** Also notes that it is in use. */
async function isThere(folder: string): Promise<boolean> {
  const now = new Date()
  return await utimes(folder, now, now).then(
    () => true,
    () => false,
  )
}

/** File by file, so that what is unpacked is on the disk and never as a whole in memory. */
async function extract(bytes: Uint8Array, folder: string, signal: AbortSignal | undefined): Promise<void> {
  await mkdir(folder)
  let total = 0
  try {
    const zip = await fromBufferPromise(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), {
      lazyEntries: true,
      decodeStrings: false,
    })
    if (zip.entryCount > mostEntries) throw unsafe(`has more than ${mostEntries} files`)
    for await (const entry of zip.eachEntry()) {
      signal?.throwIfAborted()
      const name = entry.fileNameRaw.toString('utf8')
      refuseOutside(name)
      total += entry.uncompressedSize
      if (total > largestExtraction)
        throw unsafe(`is larger than ${largestExtraction / 1024 / 1024} MiB when extracted`)
      if (name.endsWith('/')) continue
      const path = join(folder, name)
      await mkdir(dirname(path), { recursive: true })
      // An entry that holds more than it says fails here.
      await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(path), signal ? { signal } : {})
    }
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof ConfigError || (cause instanceof Error && 'syscall' in cause)) throw cause
    throw new DataError('PACKAGE_CORRUPT', { message: 'The package is no readable zip. Build it again.', cause })
  }
}

function refuseOutside(name: string): void {
  const isOutside = name.startsWith('/') || /[\\\0:]/.test(name) || name.split('/').includes('..')
  if (isOutside) throw unsafe(`has the entry ${JSON.stringify(name)}, which does not stay within its folder`)
}

function unsafe(what: string): ConfigError {
  return new ConfigError('PACKAGE_UNSAFE', {
    message: `The package ${what}, and is not installed. Build it by "millrace build".`,
  })
}

export const temporaryPrefix = '.installing-'
