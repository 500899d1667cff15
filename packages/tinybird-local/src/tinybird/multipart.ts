import type { Readable } from 'node:stream'
import { byteStream } from '../streams.ts'
import { ApiError } from './api-error.ts'

export interface FilePart {
  readonly fileName: string | null
  readonly stream: Readable
}

const headerLimit = 16 * 1024
const fieldLimit = 1024 * 1024

/**
 * Finds the file in a multipart body and streams it. Fields before it are added to `parameters`; what
 * comes after it is passed over.
 *
 * @throws ApiError 400
 */
export async function readMultipart(
  body: Readable,
  contentType: string,
  parameters: URLSearchParams,
): Promise<FilePart | null> {
  const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType)
  const name = boundary?.[1] ?? boundary?.[2]
  if (name === undefined) throw new ApiError(400, 'The multipart body has no boundary.')
  const mark = Buffer.from(`\r\n--${name}`)
  const iterator = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  // The first boundary has no line before it.
  let held = Buffer.from('\r\n')
  const more = async () => {
    const next = await iterator.next()
    if (next.done === true) throw new ApiError(400, 'The multipart body ends before its last boundary.')
    held = Buffer.concat([held, next.value])
  }
  const upTo = async (what: Buffer, limit: number) => {
    let at = held.indexOf(what)
    for (; at === -1; at = held.indexOf(what)) {
      if (held.length > limit) throw new ApiError(400, 'A part of the multipart body is too long.')
      await more()
    }
    const before = held.subarray(0, at)
    held = held.subarray(at + what.length)
    return before
  }
  await upTo(mark, headerLimit)
  for (;;) {
    while (held.length < 2) await more()
    if (held.subarray(0, 2).toString() === '--') return null
    const headers = (await upTo(Buffer.from('\r\n\r\n'), headerLimit)).toString()
    const field = /\bname="([^"]*)"/i.exec(headers)?.[1] ?? ''
    const fileName = /\bfilename="([^"]*)"/i.exec(headers)?.[1] ?? null
    if (fileName === null && !['csv', 'ndjson', 'parquet', 'file'].includes(field)) {
      parameters.set(field, (await upTo(mark, fieldLimit)).toString())
      continue
    }
    const content = async function* () {
      for (let at = held.indexOf(mark); at === -1; at = held.indexOf(mark)) {
        // The boundary may have begun at the end of what is there.
        const sure = held.length - mark.length
        if (sure > 0) {
          yield held.subarray(0, sure)
          held = held.subarray(sure)
        }
        await more()
      }
      yield held.subarray(0, held.indexOf(mark))
      for (let rest = await iterator.next(); rest.done !== true; rest = await iterator.next());
    }
    return { fileName, stream: byteStream(content()) }
  }
}
