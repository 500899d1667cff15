import { randomUUID } from 'node:crypto'
import type { RequestBody } from './request-body.ts'

export interface MultipartFile {
  readonly field: string
  readonly filename: string
  readonly contentType: string
  /** Bytes, or null when unknown. */
  readonly length: number | null
  open(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

/** A form with one file in it. Nothing of the file is kept: its bytes pass between two short texts. */
export function multipartBody(file: MultipartFile): RequestBody {
  const boundary = `millrace-${randomUUID()}`
  const head = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(file.field)}"; filename="${quoted(file.filename)}"\r\n` +
      `Content-Type: ${file.contentType}\r\n\r\n`,
  )
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`)
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    length: file.length === null ? null : head.byteLength + file.length + tail.byteLength,
    async *open() {
      yield head
      yield* file.open()
      yield tail
    },
  }
}

/** The way browsers write names of files: only what would end the quoted text is encoded. */
function quoted(text: string): string {
  return text.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22')
}
