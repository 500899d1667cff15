import { randomUUID } from 'node:crypto'
import type { Bucket, File } from '@google-cloud/storage'
import { objectNotFound } from '../kit/object-errors.ts'
import type { ObjectInfo } from '../kit/object-store.ts'
import { ask } from './client.ts'
import { statFile, writeFile } from './write.ts'

/** The service joins so many objects at once. */
const most = 32

/**
 * More than 32 objects are joined in steps over objects beside the first one, which are removed again. What
 * a killed process leaves of them goes with the folder of the parts, and never lies beside the result.
 */
export async function composeFiles(
  bucket: Bucket,
  keys: readonly string[],
  into: string,
  signal?: AbortSignal,
): Promise<ObjectInfo> {
  let sources: File[] = []
  for (const key of keys) {
    const found = await statFile(bucket, key, signal)
    if (found === null) throw objectNotFound(`gs://${bucket.name}/${key}`)
    const source = bucket.file(key)
    // The driver passes it on, so that nobody replaces the object in between.
    if (found.etag !== null) source.metadata = { generation: found.etag }
    sources.push(source)
  }
  if (sources.length === 0) return await writeFile(bucket, into, [], signal ? { signal } : {})
  const steps: File[] = []
  const join = async (some: readonly File[], target: File) => {
    await ask(bucket.name, () => bucket.combine([...some], target), into, signal)
    return target
  }
  try {
    while (sources.length > most) {
      const joined: File[] = []
      for (let at = 0; at < sources.length; at += most) {
        const step = bucket.file(`${keys[0]}._millrace-${randomUUID()}`)
        steps.push(step)
        joined.push(await join(sources.slice(at, at + most), step))
      }
      sources = joined
    }
    const only = sources[0]
    if (sources.length === 1 && only) await ask(bucket.name, () => only.copy(bucket.file(into)), into, signal)
    else await join(sources, bucket.file(into))
  } finally {
    for (const step of steps) await step.delete({ ignoreNotFound: true }).catch(() => {})
  }
  const made = await statFile(bucket, into, signal)
  if (made === null) throw objectNotFound(`gs://${bucket.name}/${into}`)
  return made
}
