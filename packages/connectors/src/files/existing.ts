import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isMissing } from './errors.ts'
import { type Place, partIndex } from './place.ts'

/** The files that a target consists of now, sorted. */
export async function existingFiles(place: Place): Promise<string[]> {
  try {
    if (!place.folder) return (await stat(place.path)).isFile() ? [place.path] : []
    const names = await readdir(place.path)
    return names
      .filter((name) => partIndex(name) !== null)
      .sort()
      .map((name) => join(place.path, name))
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

/** The first free number for a part. */
export async function existingPart(place: Place): Promise<number> {
  const files = await existingFiles(place)
  return files.reduce((next, path) => Math.max(next, (partIndex(path.slice(place.path.length + 1)) ?? -1) + 1), 0)
}

/** What else lies in the folder: a replace of the folder would take it along. */
export async function foreignFiles(place: Place): Promise<string[]> {
  const names = await readdir(place.path).catch((error) => {
    if (isMissing(error)) return [] as string[]
    throw error
  })
  return names.filter((name) => partIndex(name) === null && !name.includes('._millrace-')).sort()
}
