import type { RowBlock } from '@millrace/formats'
import { maxPacketPayload, type RawChannel } from './raw-channel.ts'

/** An error that the server sent, as the driver would name it. */
export interface ErrorPacket extends Error {
  readonly errno: number
  readonly sqlState: string
  readonly sqlMessage: string
}

/** The end of a result or of a statement without one. */
export interface StatementEnd {
  readonly affectedRows: number
  readonly warnings: number
}

export type RowsState = 'more' | 'end'

/**
 * Packets in one growing buffer. Rows are parsed to positions in it without looking at their
 * bytes; a payload of more than one packet is first made contiguous.
 */
export class PacketBuffer {
  readonly #channel: RawChannel
  #data = Buffer.allocUnsafe(512 * 1024)
  #at = 0
  #end = 0
  #starts = new Int32Array(1 << 14)
  #lengths = new Int32Array(1 << 14)
  #rows = 0
  /** Set when the rows have ended. */
  ending: StatementEnd | undefined

  constructor(channel: RawChannel) {
    this.#channel = channel
  }

  /** Reads on from the server. Positions given out before are void. */
  async fill(): Promise<void> {
    const chunks = await this.#channel.take()
    let bytes = 0
    for (const chunk of chunks) bytes += chunk.length
    const left = this.#end - this.#at
    if (left + bytes > this.#data.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#data.length * 2, left + bytes))
      this.#data.copy(grown, 0, this.#at, this.#end)
      this.#data = grown
    } else if (this.#at > 0) {
      this.#data.copyWithin(0, this.#at, this.#end)
    }
    this.#at = 0
    this.#end = left
    for (const chunk of chunks) {
      this.#data.set(chunk, this.#end)
      this.#end += chunk.length
    }
  }

  /** The payload of the next packet; valid until the next call. */
  async packet(): Promise<Buffer> {
    for (;;) {
      const length = this.#payload(this.#at)
      if (length >= 0) {
        const start = this.#at + 4
        this.#at = start + length
        return this.#data.subarray(start, start + length)
      }
      await this.fill()
    }
  }

  /** Parses the rows that have arrived; the block is valid until `fill`. */
  rows(columnCount: number): { readonly state: RowsState; readonly block: RowBlock } {
    this.#rows = 0
    const state = this.#parse(columnCount)
    return {
      state,
      block: {
        data: this.#data,
        rowCount: this.#rows,
        columnCount,
        starts: this.#starts,
        lengths: this.#lengths,
      },
    }
  }

  #parse(columnCount: number): RowsState {
    let starts = this.#starts
    let lengths = this.#lengths
    let cell = 0
    for (;;) {
      const length = this.#payload(this.#at)
      if (length < 0) return 'more'
      const data = this.#data
      let p = this.#at + 4
      const end = p + length
      const first = data[p] as number
      if (first === 0xfe && length < 9) {
        this.ending = { affectedRows: this.#rows, warnings: data.readUInt16LE(p + 1) }
        this.#at = end
        return 'end'
      }
      if (first === 0xff) {
        // Rows before the error are dropped: the statement has failed as a whole.
        this.#at = end
        throw errorPacket(data.subarray(p, end))
      }
      if (cell + columnCount > starts.length) {
        const size = Math.max(starts.length * 2, cell + columnCount)
        starts = new Int32Array(size)
        starts.set(this.#starts)
        lengths = new Int32Array(size)
        lengths.set(this.#lengths)
        this.#starts = starts
        this.#lengths = lengths
      }
      const last = cell + columnCount
      for (; cell < last; cell++) {
        let size = data[p++] as number
        if (size > 250) {
          if (size === 251) {
            starts[cell] = p
            lengths[cell] = -1
            continue
          }
          if (size === 252) {
            size = (data[p] as number) | ((data[p + 1] as number) << 8)
            p += 2
          } else if (size === 253) {
            size = (data[p] as number) | ((data[p + 1] as number) << 8) | ((data[p + 2] as number) << 16)
            p += 3
          } else {
            size = data.readUInt32LE(p)
            p += 8
          }
        }
        starts[cell] = p
        lengths[cell] = size
        p += size
      }
      this.#at = end
      this.#rows++
    }
  }

  /** Length of the whole payload at `at`, or -1 when it has not arrived. Joins continued packets in place. */
  #payload(at: number): number {
    const data = this.#data
    const end = this.#end
    if (end - at < 4) return -1
    const length = (data[at] as number) | ((data[at + 1] as number) << 8) | ((data[at + 2] as number) << 16)
    if (length < maxPacketPayload) return end - at - 4 >= length ? length : -1
    return this.#joinPayload(at)
  }

  #joinPayload(at: number): number {
    const parts: number[] = []
    let next = at
    for (;;) {
      if (this.#end - next < 4) return -1
      const length = this.#data.readUIntLE(next, 3)
      if (this.#end - next - 4 < length) return -1
      parts.push(length)
      next += 4 + length
      if (length < maxPacketPayload) break
    }
    let to = at + 4
    let from = at + 4
    for (const length of parts) {
      if (to !== from) this.#data.copyWithin(to, from, from + length)
      to += length
      from += length + 4
    }
    // The joined payload is longer than its header can say: what follows moves up to it.
    this.#data.copyWithin(to, next, this.#end)
    this.#end -= next - to
    return to - at - 4
  }
}

export function errorPacket(payload: Buffer): ErrorPacket {
  const errno = payload.readUInt16LE(1)
  const marked = payload[3] === 0x23
  const message = payload.toString('utf8', marked ? 9 : 3)
  const sqlState = marked ? payload.toString('latin1', 4, 9) : 'HY000'
  return Object.assign(new Error(message), { errno, sqlState, sqlMessage: message })
}

export function okPacket(payload: Buffer): StatementEnd {
  let at = 1
  const number = () => {
    const first = payload[at++] as number
    if (first < 251) return first
    const size = first === 252 ? 2 : first === 253 ? 3 : 8
    const value = size === 8 ? Number(payload.readBigUInt64LE(at)) : payload.readUIntLE(at, size)
    at += size
    return value
  }
  const affectedRows = number()
  number()
  return { affectedRows, warnings: payload.readUInt16LE(at + 2) }
}
