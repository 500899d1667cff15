import { FatalError } from '@millrace/core'
import type { LossLedger, UnrepresentablePolicy } from '../policy.ts'
import { UnrepresentableValueError } from '../policy.ts'
import type { Leaf } from './schema.ts'

/** What a decoder must know to treat a value that the column cannot hold. */
export interface ValuePolicy {
  readonly policy: UnrepresentablePolicy
  readonly ledger: LossLedger
  /** Infinite dates and timestamps become the extremes of their integer. */
  readonly infinityAsExtremes: boolean
}

/** Below this `copyBytes` beats a native call, above it loses. */
const shortCopy = 96
const largestPage = 0x7fff_0000

/**
 * The values of one leaf column that are not on a page yet, in PLAIN encoding and without the
 * NULLs: fixed-width values one after the other, others each behind its length. One class for all
 * types keeps every loop over it monomorphic; decoders write to its arrays directly.
 *
 * - `levels[0..rows)`: 1 for a value, 0 for NULL; of a list the elements are counted.
 * - `values`: how many are not NULL; value `i` stands at `i * width`, or at `starts[i]` (its length
 *   first, 4 bytes) when `width` is 0, and then `used` bytes are filled.
 * - `words`, `bytes`, `view` look at the same memory.
 * - `lists[0..listRows)`: of a list column the number of elements of each row, -1 for NULL.
 */
export class ColumnBuilder {
  readonly leaf: Leaf
  readonly width: number
  levels: Uint8Array
  rows = 0
  values = 0
  words!: Int32Array
  bytes!: Uint8Array
  view!: DataView
  used = 0
  starts: Int32Array
  lists: Int32Array
  listRows = 0
  readonly infinityAsExtremes: boolean
  readonly #valuePolicy: ValuePolicy

  constructor(leaf: Leaf, valuePolicy: ValuePolicy) {
    this.leaf = leaf
    this.width = leaf.width
    this.#valuePolicy = valuePolicy
    this.infinityAsExtremes = valuePolicy.infinityAsExtremes
    this.levels = new Uint8Array(64)
    this.starts = new Int32Array(leaf.width === 0 ? 64 : 0)
    this.lists = new Int32Array(leaf.list ? 64 : 0)
    this.#attach(new ArrayBuffer(1024))
  }

  /** Bytes of values held. */
  get size(): number {
    return this.width === 0 ? this.used : this.values * this.width
  }

  /** Makes room for `count` more levels and fixed-width values. Arrays read before are stale after it. */
  reserve(count: number): void {
    const rows = this.rows + count
    if (rows > this.levels.length) {
      const levels = new Uint8Array(Math.max(rows, this.levels.length * 2))
      levels.set(this.levels.subarray(0, this.rows))
      this.levels = levels
    }
    if (this.width === 0) {
      if (this.values + count > this.starts.length) {
        const starts = new Int32Array(Math.max(this.values + count, this.starts.length * 2))
        starts.set(this.starts.subarray(0, this.values))
        this.starts = starts
      }
    } else this.#reserveBytes((this.values + count) * this.width)
  }

  reserveLists(count: number): void {
    if (this.listRows + count <= this.lists.length) return
    const lists = new Int32Array(Math.max(this.listRows + count, this.lists.length * 2))
    lists.set(this.lists.subarray(0, this.listRows))
    this.lists = lists
  }

  /** Appends a value of varying length; `reserve` has made room for its level. `source` looks at the same bytes as `view`. */
  appendBytes(source: Uint8Array, view: DataView, start: number, length: number): void {
    const at = this.used
    if (at + length + 4 > this.bytes.length) this.#reserveBytes(at + length + 4)
    this.view.setInt32(at, length, true)
    if (length > shortCopy) this.bytes.set(source.subarray(start, start + length), at + 4)
    else copyBytes(view, start, this.view, at + 4, length)
    this.starts[this.values++] = at
    this.levels[this.rows++] = 1
    this.used = at + 4 + length
  }

  /** The same for a text of ASCII characters made by a decoder. */
  appendAscii(text: string): void {
    const at = this.used
    if (at + text.length + 4 > this.bytes.length) this.#reserveBytes(at + text.length + 4)
    this.view.setInt32(at, text.length, true)
    for (let i = 0; i < text.length; i++) this.bytes[at + 4 + i] = text.charCodeAt(i)
    this.starts[this.values++] = at
    this.levels[this.rows++] = 1
    this.used = at + 4 + text.length
  }

  /**
   * Follows the policy for a value that cannot be stored: throws, or counts it, and then the caller
   * stores NULL.
   */
  reject(reason: string, value: string): void {
    const { policy, ledger } = this.#valuePolicy
    if (policy !== 'null') throw new UnrepresentableValueError(this.leaf.column.name, reason, value)
    ledger.record(this.leaf.column.name, reason, 'nulled')
  }

  /** Counts a value whose form changes in a documented way. */
  altered(reason: string): void {
    this.#valuePolicy.ledger.record(this.leaf.column.name, reason, 'altered')
  }

  /** Forgets what it holds, and gives back memory that one huge value took. */
  clear(): void {
    this.rows = 0
    this.values = 0
    this.used = 0
    this.listRows = 0
    if (this.bytes.length > 8 * 1024 * 1024) this.#attach(new ArrayBuffer(1024 * 1024))
  }

  #reserveBytes(size: number): void {
    if (size <= this.bytes.length) return
    if (size > largestPage) {
      throw new FatalError('PARQUET_PAGE_TOO_LARGE', {
        message: `A page of column "${this.leaf.column.name}" would be larger than 2 GB, which Parquet cannot hold. Write this table as CSV or NDJSON.`,
      })
    }
    const filled = this.size
    const old = this.bytes
    this.#attach(new ArrayBuffer(Math.min(largestPage, Math.max(size, old.length * 2) + 15) & ~15))
    this.bytes.set(old.subarray(0, filled))
  }

  #attach(memory: ArrayBuffer): void {
    this.words = new Int32Array(memory)
    this.bytes = new Uint8Array(memory)
    this.view = new DataView(memory)
  }
}

function copyBytes(from: DataView, start: number, to: DataView, at: number, length: number): void {
  const whole = length - 7
  let i = 0
  for (; i < whole; i += 8) to.setBigInt64(at + i, from.getBigInt64(start + i))
  for (; i < length; i++) to.setUint8(at + i, from.getUint8(start + i))
}
