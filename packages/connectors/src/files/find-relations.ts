import { glob, readdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { ConfigError } from '@millrace/core'
import type { Column } from '@millrace/formats'
import { type FileFormat, type FilesSourceConfig, guessFormat } from './config.ts'
import { isMissing } from './errors.ts'
import { partIndex } from './place.ts'

/** Files that are read as one table. */
export interface FileRelation {
  readonly name: string
  readonly files: readonly string[]
  readonly format: FileFormat
  readonly compression: 'none' | 'gzip' | 'zstd'
  /** Columns that stand in the paths of the files (`year=2024/`), and their values for each file. */
  readonly paths?: {
    readonly columns: readonly Column[]
    readonly values: readonly (readonly (string | null)[])[]
  }
  /** Parquet: the SELECT that reads the files, where they do not hold all columns. */
  readonly select?: string
}

export async function findRelations(config: FilesSourceConfig): Promise<FileRelation[]> {
  const path = resolve(config.path)
  const found = await stat(path).catch((error) => {
    if (isMissing(error)) return null
    throw error
  })
  if (found?.isDirectory()) return await folderRelations(path, config)
  if (found) return [relation(stem(path), [path], config)]
  if (!/[*?[]/.test(config.path)) {
    throw new ConfigError('FILE_NOT_FOUND', {
      message: `There is no file or folder "${config.path}". Check the path; it is taken from the current directory.`,
    })
  }
  const files: string[] = []
  for await (const match of glob(config.path)) {
    const file = resolve(match)
    if (!file.includes('._millrace-') && (await stat(file)).isFile()) files.push(file)
  }
  if (files.length === 0) {
    throw new ConfigError('FILE_NOT_FOUND', {
      message: `No file matches "${config.path}". Check the pattern; it is taken from the current directory.`,
    })
  }
  const name = stem(config.path)
    .replaceAll(/[*?[\]]+/g, '')
    .replaceAll(/^[-_.]+|[-_.]+$/g, '')
  return [relation(name || basename(resolve(config.path, '..')) || 'files', files.sort(), config)]
}

async function folderRelations(path: string, config: FilesSourceConfig): Promise<FileRelation[]> {
  const entries = (await readdir(path, { withFileTypes: true })).filter(({ name }) => !name.startsWith('.'))
  const files = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name)
  const parts = files.filter((name) => partIndex(name) !== null).sort()
  if (parts.length > 0)
    return [
      relation(
        basename(path),
        parts.map((name) => join(path, name)),
        config,
      ),
    ]
  const relations: FileRelation[] = []
  for (const name of files.sort()) {
    if (config.format === null && guessFormat(name).format === null) continue
    relations.push(relation(stem(name), [join(path, name)], config))
  }
  for (const { name } of entries.filter((entry) => entry.isDirectory())) {
    const inner = (await readdir(join(path, name))).filter((file) => partIndex(file) !== null).sort()
    if (inner.length > 0)
      relations.push(
        relation(
          name,
          inner.map((file) => join(path, name, file)),
          config,
        ),
      )
  }
  if (relations.length === 0) {
    throw new ConfigError('FILE_NOT_FOUND', { message: `The folder "${path}" holds no CSV, NDJSON or Parquet file.` })
  }
  return withDifferentNames(relations)
}

/** `orders.csv` beside `orders.parquet`: each keeps its ending, then. */
function withDifferentNames(relations: readonly FileRelation[]): FileRelation[] {
  const seen = new Map<string, number>()
  for (const { name } of relations) seen.set(name.toLowerCase(), (seen.get(name.toLowerCase()) ?? 0) + 1)
  return relations.map((one) => {
    const twice = (seen.get(one.name.toLowerCase()) ?? 0) > 1
    return twice ? { ...one, name: basename(one.files[0] ?? one.name) } : one
  })
}

function relation(name: string, files: readonly string[], config: FilesSourceConfig): FileRelation {
  const guessed = guessFormat(files[0] ?? '')
  const format = config.format ?? guessed.format
  if (format === null) {
    throw new ConfigError('FORMAT_REQUIRED', {
      message: `The name of "${files[0]}" does not tell its format. Add ?format=csv, ndjson or parquet to the path.`,
    })
  }
  return { name, files, format, compression: config.compression === 'none' ? guessed.compression : config.compression }
}

/** `orders.2024.csv.gz` → `orders.2024`. */
export function stem(path: string): string {
  const name = basename(path)
  return name.replace(/(\.[a-z][a-z0-9]{0,7})?(\.(gz|zst|zstd))?$/i, '') || name
}
