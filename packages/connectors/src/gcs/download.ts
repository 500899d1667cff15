import { type ClientRequest, get as getPlain, type IncomingMessage } from 'node:http'
import { get as getSecure } from 'node:https'
import type { Bucket } from '@google-cloud/storage'
import { retry } from '@millrace/core'
import { mayPass } from './errors.ts'

/** Without a byte, also because nobody takes them: reading then goes on by another request. */
const silenceMs = 60_000

export interface Download {
  /** The one content that is meant. */
  readonly generation: string | null
  readonly start: number
  /** First byte that is not read; more than `start`. */
  readonly end: number
  readonly signal: AbortSignal | undefined
}

/**
 * The bytes of an object as they are stored. They are asked for directly: the driver's own stream unpacks
 * some of them, and prints warnings about its listeners.
 */
export async function download(bucket: Bucket, key: string, wanted: Download): Promise<IncomingMessage> {
  const { signal } = wanted
  return await retry(() => open(bucket, key, wanted), {
    ...{ retries: 3, minDelayMs: 200, maxDelayMs: 8000, signal },
    shouldRetry: (error) => !signal?.aborted && mayPass(error),
  })
}

async function open({ storage, name }: Bucket, key: string, { generation, start, end, signal }: Download) {
  const url = new URL(`${storage.baseUrl}/b/${encodeURIComponent(name)}/o/${encodeURIComponent(key)}?alt=media`)
  if (generation !== null) url.searchParams.set('generation', generation)
  const headers = new Headers({ range: `bytes=${start}-${end - 1}`, 'accept-encoding': 'gzip' })
  // As the driver does it: who runs an emulator gets nobody's token.
  if (url.host === 'storage.googleapis.com') {
    for (const [header, value] of await storage.authClient.getRequestHeaders(url.href)) headers.set(header, value)
  }
  const get = url.protocol === 'https:' ? getSecure : getPlain
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { headers: Object.fromEntries(headers), timeout: silenceMs, ...(signal ? { signal } : {}) }
    const request: ClientRequest = get(url, options, resolve).on('error', reject)
    request.on('timeout', () => request.destroy(new Error(`It timed out: nothing came for ${silenceMs / 1000} s.`)))
  })
  const { statusCode = 0 } = answer
  if (statusCode === 206) return answer
  answer.destroy()
  throw Object.assign(new Error(`The download was answered ${statusCode}.`), { code: statusCode })
}
