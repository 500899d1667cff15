import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { DataError } from '@millrace/core'
import { decompress } from '@millrace/formats'

/**
 * Writes the values of NDJSON objects as CSV of raw JSON tokens, a column for each key in the order
 * of their first appearance; later keys make later rows longer. DuckDB's own JSON reader would turn
 * numbers into doubles and write documents anew.
 */
export async function spoolTokens(
  files: readonly string[],
  compression: 'none' | 'gzip' | 'zstd',
  into: string,
): Promise<string[]> {
  const out = createWriteStream(into, { mode: 0o600, highWaterMark: 1 << 20 })
  const failed = once(out, 'error').then(([error]) => Promise.reject(error))
  failed.catch(() => {})
  const places = new Map<string, number>()
  for (const file of files) {
    const bytes = decompress(createReadStream(file, { highWaterMark: 1 << 20 }), compression)
    const lines = createInterface({ input: Readable.from(copied(bytes)), crlfDelay: Number.POSITIVE_INFINITY })
    let number = 0
    let text = ''
    for await (const line of lines) {
      number++
      const object = number === 1 ? line.replace(/^\ufeff/, '') : line
      if (object.trim() === '') continue
      text += rowOf(object, places) ?? malformed(file, number)
      if (text.length < 1 << 18) continue
      if (!out.write(text)) await Promise.race([once(out, 'drain'), failed])
      text = ''
    }
    out.write(text)
  }
  out.end()
  await Promise.race([once(out, 'finish'), failed])
  return [...places.keys()]
}

/** The decompressor may use its buffer again. */
async function* copied(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const part of bytes) yield Buffer.from(part)
}

function malformed(file: string, line: number): never {
  throw new DataError('NDJSON_MALFORMED', {
    message: `Line ${line} of "${file}" is not one JSON object. NDJSON has an object on every line; correct the file, or say its format with ?format=.`,
    details: { file, line },
  })
}

/** A row of CSV, null when the line is not an object. */
function rowOf(line: string, places: Map<string, number>): string | null {
  const cells: (string | undefined)[] = []
  let at = skipSpace(line, 0)
  if (line[at] !== '{') return null
  at = skipSpace(line, at + 1)
  if (line[at] === '}')
    return skipSpace(line, at + 1) === line.length ? `${','.repeat(Math.max(0, places.size - 1))}\n` : null
  for (;;) {
    const keyEnd = tokenEnd(line, at)
    if (line[at] !== '"' || keyEnd < 0) return null
    const raw = line.slice(at, keyEnd)
    const key = raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1)
    at = skipSpace(line, keyEnd)
    if (line[at] !== ':') return null
    at = skipSpace(line, at + 1)
    const end = tokenEnd(line, at)
    if (end < 0) return null
    const place = places.get(key) ?? places.size
    places.set(key, place)
    const token = line.slice(at, end)
    cells[place] = token === 'null' ? undefined : `"${token.replaceAll('"', '""')}"`
    at = skipSpace(line, end)
    if (line[at] === ',') at = skipSpace(line, at + 1)
    else if (line[at] === '}') break
    else return null
  }
  if (skipSpace(line, at + 1) !== line.length) return null
  let row = ''
  for (let place = 0; place < places.size; place++) row += `${place > 0 ? ',' : ''}${cells[place] ?? ''}`
  return `${row}\n`
}

function skipSpace(line: string, from: number): number {
  let at = from
  while (line[at] === ' ' || line[at] === '\t' || line[at] === '\r') at++
  return at
}

/** Where the token that begins here ends, -1 when it does not. */
function tokenEnd(line: string, start: number): number {
  const first = line[start]
  if (first === '"') return stringEnd(line, start)
  if (first === '{' || first === '[') {
    let depth = 0
    for (let at = start; at < line.length; at++) {
      const char = line[at]
      if (char === '"') {
        at = stringEnd(line, at) - 1
        if (at < 0) return -1
      } else if (char === '{' || char === '[') depth++
      else if ((char === '}' || char === ']') && --depth === 0) return at + 1
    }
    return -1
  }
  const match = /-?\d[\d.eE+-]*|true|false|null/y
  match.lastIndex = start
  return match.test(line) ? match.lastIndex : -1
}

function stringEnd(line: string, start: number): number {
  for (let at = start + 1; ; at++) {
    const quote = line.indexOf('"', at)
    if (quote < 0) return -1
    let slashes = 0
    while (line[quote - 1 - slashes] === '\\') slashes++
    if (slashes % 2 === 0) return quote + 1
    at = quote
  }
}
