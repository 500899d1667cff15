import type { CreateResumableUploadOptions, File, FileMetadata } from '@google-cloud/storage'
import { abortable, retry } from '@millrace/core'
import { mayPass } from './errors.ts'

/** What the service answers to a chunk that is not the last. */
const incomplete = 308

/**
 * Sends parts one after the other to an upload that nobody sees until the last one is there. All but the
 * last are a multiple of 256 KiB. What the service has already is sent again after a failure, which it
 * allows. When anything fails, the upload is cancelled.
 */
export async function sendResumable(
  file: File,
  parts: AsyncGenerator<Buffer>,
  options: CreateResumableUploadOptions,
  signal: AbortSignal | undefined,
): Promise<FileMetadata> {
  const [uri] = await file.createResumableUpload(options)
  try {
    let at = 0
    let next = await abortable(parts.next(), signal)
    for (;;) {
      const part = next.value as Buffer
      next = await abortable(parts.next(), signal)
      const done = await sendPart(uri, part, at, next.done === true, signal)
      at += part.length
      if (done) return done
      if (next.done) throw Object.assign(new Error('The upload did not end with its last bytes.'), { code: 500 })
    }
  } catch (error) {
    // Content that hangs is not waited for.
    void parts.return(undefined).catch(() => {})
    // The address is its own permission.
    await fetch(uri, { method: 'DELETE', signal: AbortSignal.timeout(10_000) }).catch(() => {})
    throw error
  }
}

async function sendPart(
  uri: string,
  part: Buffer,
  start: number,
  last: boolean,
  signal: AbortSignal | undefined,
): Promise<FileMetadata | null> {
  const end = start + part.length
  let from = start
  for (;;) {
    const answer = await retry(() => put(uri, part.subarray(from - start), from, last ? `${end}` : '*', signal), {
      ...{ retries: 4, minDelayMs: 200, maxDelayMs: 8000, signal },
      shouldRetry: (error) => !signal?.aborted && mayPass(error),
    })
    if (answer.status !== incomplete) return (await answer.json()) as FileMetadata
    const { range } = Object.fromEntries(answer.headers)
    await answer.body?.cancel()
    // It may have kept less than it was sent.
    from = Number(/-(\d+)$/.exec(range ?? '')?.[1] ?? start - 1) + 1
    if (from >= end) return null
  }
}

async function put(uri: string, bytes: Buffer, start: number, total: string, signal: AbortSignal | undefined) {
  const answer = await fetch(uri, {
    method: 'PUT',
    headers: { 'content-range': `bytes ${start}-${start + bytes.length - 1}/${total}` },
    body: new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length),
    redirect: 'manual',
    ...(signal ? { signal } : {}),
  })
  if (answer.ok || answer.status === incomplete) return answer
  await answer.body?.cancel()
  throw Object.assign(new Error(`The upload was answered ${answer.status}.`), { code: answer.status })
}
