// The parts of MS-TDS 7.4 that a client of queries meets: packets, the login, and the tokens of an answer.

export const packetTypes = { batch: 1, rpc: 3, reply: 4, attention: 6, login: 16, prelogin: 18 } as const

const header = 8
const packetBytes = 4096

export interface TdsMessage {
  readonly type: number
  readonly data: Buffer
}

/** Puts packets together to messages; returns those that are whole. */
export function createMessageReader(): (bytes: Buffer) => TdsMessage[] {
  let waiting: Buffer = Buffer.alloc(0)
  let parts: Buffer[] = []
  return (bytes) => {
    waiting = Buffer.concat([waiting, bytes])
    const messages: TdsMessage[] = []
    while (waiting.length >= header && waiting.length >= waiting.readUInt16BE(2)) {
      const length = waiting.readUInt16BE(2)
      parts.push(waiting.subarray(header, length))
      if ((waiting[1] as number) & 1) {
        messages.push({ type: waiting[0] as number, data: Buffer.concat(parts) })
        parts = []
      }
      waiting = waiting.subarray(length)
    }
    return messages
  }
}

/** An answer's bytes in packets; `last` ends the message. */
export function packets(data: Buffer, last: boolean): { readonly bytes: Buffer; readonly rest: Buffer } {
  const room = packetBytes - header
  const out: Buffer[] = []
  let at = 0
  for (; data.length - at > room || (last && at <= data.length); at += room) {
    const body = data.subarray(at, at + room)
    const end = last && at + room >= data.length
    const head = Buffer.from([packetTypes.reply, end ? 1 : 0, 0, 0, 0, 0, 1, 0])
    head.writeUInt16BE(body.length + header, 2)
    out.push(head, body)
    if (end) return { bytes: Buffer.concat(out), rest: Buffer.alloc(0) }
  }
  return { bytes: Buffer.concat(out), rest: Buffer.from(data.subarray(at)) }
}

/** Answer to PRELOGIN: this server has no TLS. */
export function preloginReply(): Buffer {
  const options: [number, Buffer][] = [
    [0, Buffer.from([16, 0, 0x10, 0, 0, 0])],
    [1, Buffer.from([2])],
    [2, Buffer.from([0])],
    [3, Buffer.alloc(0)],
    [4, Buffer.from([0])],
  ]
  const head = Buffer.alloc(options.length * 5 + 1, 0xff)
  let offset = head.length
  options.forEach(([token, value], index) => {
    head.writeUInt8(token, index * 5)
    head.writeUInt16BE(offset, index * 5 + 1)
    head.writeUInt16BE(value.length, index * 5 + 3)
    offset += value.length
  })
  return Buffer.concat([head, ...options.map(([, value]) => value)])
}

export interface Login {
  readonly user: string
  readonly password: string
  readonly database: string
}

export function readLogin(data: Buffer): Login {
  const at = (place: number) => {
    const start = data.readUInt16LE(place)
    return Buffer.from(data.subarray(start, start + data.readUInt16LE(place + 2) * 2))
  }
  // Every byte of the password has its halves exchanged and some bits turned.
  const hidden = at(44).map((byte) => {
    const turned = byte ^ 0xa5
    return ((turned << 4) | (turned >> 4)) & 0xff
  })
  return {
    user: at(40).toString('utf16le'),
    password: Buffer.from(hidden).toString('utf16le'),
    database: at(68).toString('utf16le'),
  }
}

/** The text of a batch, behind its headers. */
export function readBatch(data: Buffer): string {
  return data.subarray(data.readUInt32LE(0)).toString('utf16le')
}

const u16 = (value: number) => {
  const out = Buffer.alloc(2)
  out.writeUInt16LE(value)
  return out
}
const u32 = (value: number) => {
  const out = Buffer.alloc(4)
  out.writeInt32LE(value)
  return out
}
const utf16 = (text: string) => Buffer.from(text, 'utf16le')
const shortText = (text: string) => Buffer.concat([Buffer.from([text.length]), utf16(text)])
const longText = (text: string) => Buffer.concat([u16(text.length), utf16(text)])

export function loginAck(): Buffer {
  const body = Buffer.concat([
    Buffer.from([1, 0x74, 0, 0, 4]),
    shortText('Microsoft SQL Server'),
    Buffer.from([16, 0, 0x10, 0]),
  ])
  return Buffer.concat([Buffer.from([0xad]), u16(body.length), body])
}

export const doneStatus = { more: 1, error: 2, count: 0x10, attention: 0x20 } as const

export function done(status: number, rows = 0): Buffer {
  const out = Buffer.alloc(13)
  out[0] = 0xfd
  out.writeUInt16LE(status, 1)
  out.writeUInt16LE(status & doneStatus.count ? 0xc1 : 0, 3)
  out.writeBigUInt64LE(BigInt(rows), 5)
  return out
}

export function errorToken(number: number, message: string): Buffer {
  const body = Buffer.concat([
    u32(number),
    Buffer.from([1, 16]),
    longText(message),
    shortText('fake'),
    shortText(''),
    u32(1),
  ])
  return Buffer.concat([Buffer.from([0xaa]), u16(body.length), body])
}

export type TdsType = 'int' | 'bigint' | 'bit' | 'float' | 'real' | 'nvarchar'

export interface TdsColumn {
  readonly name: string
  readonly type: TdsType
}

const collation = Buffer.from([0x09, 0x04, 0xd0, 0x00, 0x34])
const typeInfo: Readonly<Record<TdsType, Buffer>> = {
  int: Buffer.from([0x26, 4]),
  bigint: Buffer.from([0x26, 8]),
  bit: Buffer.from([0x68, 1]),
  float: Buffer.from([0x6d, 8]),
  real: Buffer.from([0x6d, 4]),
  nvarchar: Buffer.concat([Buffer.from([0xe7, 0xff, 0xff]), collation]),
}

export function columnsToken(columns: readonly TdsColumn[]): Buffer {
  const parts = columns.flatMap(({ name, type }) => [u32(0), u16(1), typeInfo[type], shortText(name)])
  return Buffer.concat([Buffer.from([0x81]), u16(columns.length), ...parts])
}

export function rowToken(columns: readonly TdsColumn[], row: readonly unknown[]): Buffer {
  return Buffer.concat([Buffer.from([0xd1]), ...columns.map(({ type }, index) => valueBytes(type, row[index] ?? null))])
}

function valueBytes(type: TdsType, value: unknown): Buffer {
  if (type === 'nvarchar') {
    if (value === null) return Buffer.alloc(8, 0xff)
    const text = utf16(String(value))
    const size = Buffer.alloc(8)
    size.writeBigUInt64LE(BigInt(text.length))
    return text.length === 0 ? Buffer.concat([size, u32(0)]) : Buffer.concat([size, u32(text.length), text, u32(0)])
  }
  if (value === null) return Buffer.from([0])
  const size = { int: 4, bigint: 8, bit: 1, float: 8, real: 4 }[type]
  const out = Buffer.alloc(size + 1)
  out[0] = size
  if (type === 'int') out.writeInt32LE(Number(value), 1)
  else if (type === 'bigint') out.writeBigInt64LE(BigInt(value as number | bigint), 1)
  else if (type === 'bit') out[1] = Number(value)
  else if (type === 'float') out.writeDoubleLE(Number(value), 1)
  else out.writeFloatLE(Number(value), 1)
  return out
}
