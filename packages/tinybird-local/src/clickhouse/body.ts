import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import zlib from 'node:zlib'
import { refusal } from '../engine/engine-error.ts'
import { analyse, type InsertStatement } from '../sql/statement.ts'
import { byteStream, quiet } from '../streams.ts'

/** A statement longer than this, without the rows of an INSERT, is refused. */
const maximumQueryBytes = 16 * 1024 * 1024
/** Up to here a body is looked at only once it is complete. */
const shortBytes = 256 * 1024

export type Work =
  | { readonly kind: 'statement'; readonly sql: string }
  | { readonly kind: 'insert'; readonly insert: InsertStatement; readonly rows: Readable }

/** The body as it was before its Content-Encoding. */
export function decoded(request: IncomingMessage): Readable {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  const decoder = decoderFor(encoding)
  if (decoder === null) return request
  // `pipe` alone would leave the decoder waiting when the client goes away.
  request.once('error', (error) => decoder.destroy(error))
  request.once('close', () => {
    if (!request.complete) decoder.destroy(new Error('The client went away.'))
  })
  return quiet(request.pipe(decoder))
}

function decoderFor(encoding: string) {
  switch (encoding.toLowerCase()) {
    case 'identity':
      return null
    case 'gzip':
    case 'x-gzip':
      return zlib.createGunzip()
    case 'deflate':
      return zlib.createInflate()
    case 'br':
      return zlib.createBrotliDecompress()
    case 'zstd':
      return zlib.createZstdDecompress()
    default:
      throw refusal(48, 'NOT_IMPLEMENTED', `The Content-Encoding ${encoding} is not part of this server.`)
  }
}

/** Tells the statement, which may stand in the URL, in the body or in both, from the rows behind it. */
export async function readWork(query: string, body: Readable): Promise<Work> {
  const chunks: Buffer[] = [Buffer.from(query)]
  let size = chunks[0]?.length ?? 0
  const iterator = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  if (query.trim() !== '') {
    const insert = insertHead(chunks, true)
    if (insert !== null && insert.format !== 'Values') return rowsAfter(insert, chunks, iterator)
  }
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
    chunks.push(next.value)
    size += next.value.length
    const insert = size > shortBytes ? insertHead(chunks, false) : null
    if (insert !== null) return rowsAfter(insert, chunks, iterator)
    if (size > maximumQueryBytes) {
      throw refusal(62, 'SYNTAX_ERROR', `The statement is longer than ${maximumQueryBytes} bytes.`)
    }
  }
  const insert = insertHead(chunks, true)
  // Values may be expressions with parameters, which only the parser of the statement knows.
  if (insert === null || insert.format === 'Values') {
    return { kind: 'statement', sql: Buffer.concat(chunks).toString() }
  }
  return rowsAfter(insert, chunks, iterator)
}

/** The statement in front of the rows; null when there is none, or when it may not be all there yet. */
function insertHead(chunks: readonly Buffer[], complete: boolean): InsertStatement | null {
  const head = Buffer.concat(chunks.slice(0, 8)).toString('latin1')
  if (!/^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*INSERT\b/i.test(head)) return null
  const insert = analyse(head)
  return insert.kind === 'insert' && (complete || insert.dataStart < head.length) ? insert : null
}

/** Positions were counted in bytes; names are UTF-8. */
function rowsAfter(head: InsertStatement, chunks: readonly Buffer[], rest: AsyncIterator<Buffer>): Work {
  const all = Buffer.concat(chunks)
  const insert = analyse(all.subarray(0, head.dataStart).toString())
  if (insert.kind !== 'insert') throw refusal(62, 'SYNTAX_ERROR', 'The statement is not valid UTF-8.')
  const first = all.subarray(head.dataStart)
  const rows = async function* () {
    if (first.length > 0) yield first
    yield* { [Symbol.asyncIterator]: () => rest }
  }
  return { kind: 'insert', insert, rows: byteStream(rows()) }
}
