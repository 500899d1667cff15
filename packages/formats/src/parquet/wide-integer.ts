const two32 = 0x1_0000_0000

/**
 * A magnitude of up to 128 bits for integers beyond a double's 53, built digit group by digit
 * group without BigInt. One instance serves a decoder for all its values.
 */
export class WideInteger {
  /** Least significant first. */
  readonly #limbs = new Uint32Array(4)

  clear(): void {
    this.#limbs.fill(0)
  }

  /** this = this × factor + addend; both below 2^20. Bits beyond 128 are lost: the caller counts digits. */
  multiplyAdd(factor: number, addend: number): void {
    const limbs = this.#limbs
    let carry = addend
    for (let i = 0; i < 4; i++) {
      const product = (limbs[i] as number) * factor + carry
      limbs[i] = product
      carry = Math.floor(product / two32)
    }
  }

  /** Divides by a number below 2^20 and returns the remainder. */
  divide(divisor: number): number {
    const limbs = this.#limbs
    let remainder = 0
    for (let i = 3; i >= 0; i--) {
      const dividend = remainder * two32 + (limbs[i] as number)
      limbs[i] = Math.floor(dividend / divisor)
      remainder = dividend % divisor
    }
    return remainder
  }

  /** Writes the value as a 64-bit integer to a pair of words; false when it does not fit. */
  store64(words: Int32Array, at: number, negative: boolean, unsigned: boolean): boolean {
    const [low, high, third, fourth] = this.#limbs as unknown as [number, number, number, number]
    if (third !== 0 || fourth !== 0) return false
    const zero = low === 0 && high === 0
    if (unsigned) {
      if (negative && !zero) return false
    } else if (high >= 0x80000000 && !(negative && high === 0x80000000 && low === 0)) return false
    words[at] = negative ? -low : low
    words[at + 1] = negative ? ~high + (low === 0 ? 1 : 0) : high
    return true
  }

  /** Writes the value as 16 bytes, big-endian two's complement; the caller knows that it fits 127 bits. */
  store128(view: DataView, at: number, negative: boolean): void {
    let carry = negative ? 1 : 0
    for (let i = 0; i < 4; i++) {
      let limb = this.#limbs[i] as number
      if (negative) {
        limb = (~limb >>> 0) + carry
        carry = limb >= two32 ? 1 : 0
      }
      view.setUint32(at + 12 - i * 4, limb)
    }
  }
}

/** Writes an integer of less than 2^53 as a pair of words. */
export function storeSafe64(words: Int32Array, at: number, value: number): void {
  words[at] = value
  words[at + 1] = Math.floor(value / two32)
}

const safeSeconds = 9_007_199_254

/** Writes `seconds` × 10^6 + `micros` (0 to 999,999) as a pair of words; false when it is beyond 64 bits. */
export function storeMicros(words: Int32Array, at: number, seconds: number, micros: number): boolean {
  if (seconds > -safeSeconds && seconds < safeSeconds) {
    storeSafe64(words, at, seconds * 1_000_000 + micros)
    return true
  }
  const upper = Math.floor(seconds / 65536)
  const product = upper * 1_000_000
  const productHigh = Math.floor(product / 65536)
  const low = (product - productHigh * 65536) * 65536 + (seconds - upper * 65536) * 1_000_000 + micros
  const high = productHigh + Math.floor(low / two32)
  if (high < -0x80000000 || high > 0x7fffffff) return false
  words[at] = low % two32
  words[at + 1] = high
  return true
}
