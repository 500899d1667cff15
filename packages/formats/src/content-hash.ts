/**
 * The order-independent hash of a set of rows.
 *
 * The text of a row is the concatenation over its columns of `~` for NULL, or the canonical text's
 * length in bytes, a colon, and the canonical text (see `LogicalType`). Its MD5 is read as two
 * big-endian unsigned 64-bit halves; the hash is the two sums of these halves over all rows, each
 * modulo 2^64, written as 32 hexadecimal digits. Sums do not depend on order, count duplicates, add
 * up over chunks, and can be computed inside any database that has MD5.
 */
export interface ContentHash {
  readonly rows: number
  /** 32 lower-case hexadecimal digits. */
  readonly hash: string
}

const mask = (1n << 64n) - 1n

export function contentHash(rows: number, high: bigint, low: bigint): ContentHash {
  const hex = (half: bigint) => (half & mask).toString(16).padStart(16, '0')
  return { rows, hash: hex(high) + hex(low) }
}

/** The hash of the union of disjoint sets of rows. */
export function addContentHashes(parts: readonly ContentHash[]): ContentHash {
  let rows = 0
  let high = 0n
  let low = 0n
  for (const part of parts) {
    rows += part.rows
    high += BigInt(`0x${part.hash.slice(0, 16)}`)
    low += BigInt(`0x${part.hash.slice(16)}`)
  }
  return contentHash(rows, high, low)
}
