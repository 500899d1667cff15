import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError } from '@millrace/core'
import { type Zippable, zipSync } from 'fflate'

/** Bytes before compression. */
const largestPackage = 256 * 1024 * 1024

export interface PackageZip {
  readonly bytes: Uint8Array
  /** Of the bytes, as hex: what an installation is checked against and named by. */
  readonly sha256: string
}

/** The same files give the same bytes, on any machine and at any time. @throws ConfigError `PACKAGE_TOO_LARGE` */
export async function packageZip(folder: string, files: readonly string[]): Promise<PackageZip> {
  const entries: Zippable = {}
  let total = 0
  let largest = { file: '', bytes: 0 }
  for (const file of files) {
    const content = await readFile(join(folder, file))
    total += content.length
    if (content.length > largest.bytes) largest = { file, bytes: content.length }
    if (total > largestPackage) {
      throw new ConfigError('PACKAGE_TOO_LARGE', {
        message: `The files of ${folder} take more than ${largestPackage / 1024 / 1024} MiB; the largest so far is ${largest.file}. Name what workflows do not need in .gitignore.`,
        details: { folder, largest },
      })
    }
    entries[file] = content
  }
  const bytes = zipSync(entries, { level: 6, mtime: new Date(1980, 0, 1), os: 3 })
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
}
