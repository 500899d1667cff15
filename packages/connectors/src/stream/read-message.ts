import { isUtf8 } from 'node:buffer'
import type { StreamMessage } from '../kit/stream.ts'
import type { Rejection, StreamRow } from './destination.ts'

export interface ReadMessageOptions {
  readonly payload: 'json' | 'text'
  readonly metadata: boolean
  readonly maxBytes: number
}

/** A message as one line of JSON, or why it is none. The digits of its numbers stay as they are. */
export function readMessage(message: StreamMessage, options: ReadMessageOptions): StreamRow | Rejection {
  const value = Buffer.from(message.value.buffer, message.value.byteOffset, message.value.byteLength)
  const reject = (code: string, reason: string): Rejection => ({ message, code, reason })
  if (value.length > options.maxBytes) {
    return reject('MESSAGE_TOO_LARGE', `The message has ${value.length} bytes; the limit is ${options.maxBytes}.`)
  }
  if (!isUtf8(value)) return reject('NOT_UTF8', 'The message is not UTF-8.')
  const object = options.payload === 'text' ? Buffer.from(JSON.stringify({ payload: value.toString() })) : value
  if (options.payload === 'json' && !isJsonObject(value))
    return reject('NOT_JSON', 'The message is not one JSON object.')
  const json = oneLine(object)
  return { message, json: options.metadata ? withMetadata(json, message) : json }
}

function isJsonObject(value: Buffer): boolean {
  try {
    const parsed: unknown = JSON.parse(value.toString())
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
  } catch {
    return false
  }
}

/** In valid JSON line breaks are only space between tokens. */
function oneLine(json: Buffer): Buffer {
  if (!json.includes(0x0a) && !json.includes(0x0d)) return json
  return Buffer.from(json.toString().replace(/[\r\n]/g, ' '))
}

/** Set before the object's own keys, so that numbers are not read and written anew. */
function withMetadata(json: Buffer, { key, position, time }: StreamMessage): Buffer {
  const own = JSON.stringify({ _key: key, _position: position, _time: time?.toISOString() ?? null })
  const open = json.indexOf('{') + 1
  const rest = json.subarray(open)
  const isEmpty = /^\s*\}\s*$/.test(rest.subarray(0, 100).toString())
  return Buffer.concat([Buffer.from(own.slice(0, -1)), Buffer.from(isEmpty ? '' : ','), rest])
}
