import { HttpError, invalid } from './http-error.ts'
import { queryValues } from './validation.ts'

export interface BodyLimits {
  readonly maxBytes: number
  /** Of nested lists and maps. */
  readonly maxDepth: number
  /** Whether texts may hold null characters, which the database cannot store. */
  readonly allowNullCharacters: boolean
}

/**
 * @throws HttpError 413 as soon as the limit is passed, before the rest has arrived, and 415 for a body that is compressed:
 *   nothing is unpacked here, so that what is small cannot become large.
 */
export async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const encoding = request.headers.get('content-encoding')
  if (encoding !== null && encoding.toLowerCase() !== 'identity') {
    throw new HttpError(
      415,
      'CONTENT_ENCODING_UNKNOWN',
      'The body is compressed, which is not taken. Send it as it is, without the header Content-Encoding.',
    )
  }
  const announced = Number(request.headers.get('content-length') ?? 0)
  if (announced > maxBytes) throw tooLarge(maxBytes)
  if (request.body === null) return new Uint8Array()
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of request.body as ReadableStream<Uint8Array>) {
    size += piece.byteLength
    if (size > maxBytes) throw tooLarge(maxBytes)
    pieces.push(piece)
  }
  return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces, size)
}

/**
 * The body as JSON; undefined when there is none.
 *
 * @throws HttpError 400 for what is no JSON, 413, 415 for another content type, 422 for null characters, for halves of
 *   characters, and for lists in lists in lists.
 */
export async function readJson(request: Request, limits: BodyLimits): Promise<unknown> {
  const bytes = await readBytes(request, limits.maxBytes)
  if (bytes.byteLength === 0) return undefined
  // A form of a foreign page can send other types without being asked for permission first.
  if (!/^application\/([\w.+-]+\+)?json\b/i.test(request.headers.get('content-type') ?? '')) {
    throw new HttpError(
      415,
      'CONTENT_TYPE_UNKNOWN',
      'The body has to be JSON. Send the header Content-Type: application/json.',
    )
  }
  const text = decode(bytes)
  if (!limits.allowNullCharacters && hasNullEscape(text)) throw invalid('NULL_CHARACTER', 'Null byte found in request')
  checkDepth(text, limits.maxDepth)
  const value = parse(text)
  if (!limits.allowNullCharacters && /\\ud[89a-f]/i.test(text)) checkUnicode(value)
  return value
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new HttpError(400, 'JSON_INVALID', `The body is no valid JSON: ${(cause as Error).message}.`)
  }
}

/** Half of a character, such as the escape `\ud800` alone, would be stored as another one. */
function checkUnicode(value: unknown): void {
  // Written anew, halves are the only ones that are escapes still.
  if (!/(?<!\\)(\\\\)*\\ud[89a-f]/.test(JSON.stringify(value))) return
  throw invalid('TEXT_INVALID', 'A text of the body is no valid Unicode: it holds half of a surrogate pair.')
}

/**
 * The body as a form; its fields as texts, or lists of texts where they are repeated.
 *
 * @throws HttpError 413, 415 for another content type, 422 for null characters.
 */
export async function readForm(request: Request, maxBytes: number): Promise<Record<string, string | string[]>> {
  const bytes = await readBytes(request, maxBytes)
  const contentType = request.headers.get('content-type') ?? ''
  if (bytes.byteLength > 0 && !/^application\/x-www-form-urlencoded\b/i.test(contentType)) {
    throw new HttpError(
      415,
      'CONTENT_TYPE_UNKNOWN',
      'The body has to be a form. Send the header Content-Type: application/x-www-form-urlencoded.',
    )
  }
  const fields = new URLSearchParams(decode(bytes))
  if (fields.toString().includes('%00')) throw invalid('NULL_CHARACTER', 'Null byte found in request')
  return queryValues(fields)
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new HttpError(400, 'ENCODING_INVALID', 'The body is no valid UTF-8.')
  }
}

/** The escape `\u0000`, which the database cannot store; not the text of a backslash before `u0000`. */
function hasNullEscape(text: string): boolean {
  return text.includes('\\u0000') && /(?<!\\)(\\\\)*\\u0000/.test(text)
}

/** Looked at before the text is parsed: what is nested deeply makes recursive code run out of stack. */
function checkDepth(text: string, maxDepth: number): void {
  let depth = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (inString) {
      if (char === 0x5c) at++
      else if (char === 0x22) inString = false
    } else if (char === 0x22) inString = true
    else if (char === 0x5b || char === 0x7b) {
      if (++depth > maxDepth) {
        throw invalid('JSON_TOO_DEEP', `The body is nested more than ${maxDepth} levels deep. Make it flatter.`)
      }
    } else if (char === 0x5d || char === 0x7d) depth--
  }
}

function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, 'BODY_TOO_LARGE', `The body is larger than ${maxBytes.toLocaleString('en')} bytes.`, {
    // What is still to come of the body is not read, so nothing else can come over this connection.
    headers: { connection: 'close' },
  })
}
