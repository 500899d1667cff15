import { readTableManifest } from './manifest.ts'
import { loadOfPart, type ObjectPlace, under } from './place.ts'
import { openLoadIds } from './records.ts'

/**
 * Removes the objects of ours that no manifest names and no load may still name: those a replace
 * left behind, and those of a load that is over (`dead`).
 *
 * The order matters. An object or upload that is listed belongs to a load that is open then, or that
 * had published already: the records are read after the listings began, and the manifest after them.
 */
export async function sweepFolder(place: ObjectPlace, dead: string): Promise<void> {
  const { store, key } = place
  const found: string[] = []
  for await (const info of store.list(key)) if (loadOfPart(info.key) !== null) found.push(info.key)
  const uploads = new Set<string>()
  const note = (one: string) => {
    uploads.add(one)
    return false
  }
  await store.abortUploads?.(key, note)
  const open = await openLoadIds(place)
  open.delete(dead)
  const isClosed = (one: string) => {
    const load = loadOfPart(one)
    return load !== null && !open.has(load)
  }
  if (uploads.size > 0) await store.abortUploads?.(key, (one) => uploads.has(one) && isClosed(one))
  const manifest = await readTableManifest(store, key)
  const named = new Set(manifest?.value.objects.map((object) => under(key, object.key)))
  for (const one of found) if (!named.has(one) && isClosed(one)) await store.rm(one)
}
