/** What the first rows are written into; it grows to what a block needs and is used again. */
const initialBytes = 1 << 20

/**
 * A growing buffer that encoders write into by index: `reserve` once for what a row can need at
 * worst, write to `bytes` from `pos`, then set `pos`. `bytes` may be another buffer after `reserve`.
 */
export class OutputBuffer {
  bytes = Buffer.allocUnsafeSlow(initialBytes)
  pos = 0

  reserve(size: number): void {
    if (this.pos + size > this.bytes.length) this.#grow(this.pos + size)
  }

  #grow(size: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(size, this.bytes.length * 2))
    larger.set(this.bytes.subarray(0, this.pos))
    this.bytes = larger
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.pos)
    this.pos += bytes.length
  }

  /** What was written, valid until `pos` is set back. */
  written(): Buffer {
    return this.bytes.subarray(0, this.pos)
  }
}
