import { readTableManifest } from './manifest.ts'
import { loadOfPart, type ObjectPlace, under } from './place.ts'
import { openLoadIds } from './records.ts'

/**
 * Removes the objects of ours that no manifest names and no load may still name: those a replace
 * left behind, and those of a load that is over (`dead`).
 *
 * The order matters. An object that is listed belongs to a load that is open then, or that had
 * published already: the records are read after the listing began, and the manifest after them.
 */
export async function sweepFolder(place: ObjectPlace, dead: string): Promise<void> {
  const { store, key } = place
  const found: string[] = []
  for await (const info of store.list(key)) if (loadOfPart(info.key) !== null) found.push(info.key)
  const open = await openLoadIds(place)
  open.delete(dead)
  const isClosed = (one: string) => {
    const load = loadOfPart(one)
    return load !== null && !open.has(load)
  }
  await store.abortUploads?.(key, isClosed)
  const manifest = await readTableManifest(store, key)
  const named = new Set(manifest?.value.objects.map((object) => under(key, object.key)))
  for (const one of found) if (!named.has(one) && isClosed(one)) await store.rm(one)
}
