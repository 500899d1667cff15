/** Bits that hold every integer from 0 to `max`; at least 1, since some readers refuse a width of 0. */
export function bitWidth(max: number): number {
  return Math.max(1, 32 - Math.clz32(max))
}

/** Room that `writeHybrid` may need. */
export function maxHybridBytes(count: number, width: number): number {
  return Math.ceil(count / 8) * (width + 2) + 32
}

/**
 * Parquet's RLE / bit-packing hybrid without a length prefix: runs of 16 and more equal values
 * become (count, value), everything between is packed in groups of eight. Returns the end.
 */
export function writeHybrid(
  values: Uint8Array | Int32Array,
  count: number,
  width: number,
  out: Uint8Array,
  at: number,
): number {
  let end = at
  let literals = 0
  let i = 0
  while (i < count) {
    const value = values[i] as number
    let run = 1
    while (i + run < count && values[i + run] === value) run++
    // Literals come in groups of eight: the run lends what the last group lacks.
    const lent = -(i - literals) & 7
    if (run - lent >= 16) {
      if (i > literals) end = writePacked(values, literals, i + lent, width, out, end)
      end = writeRun(value, run - lent, width, out, end)
      literals = i + run
    }
    i += run
  }
  return literals < count ? writePacked(values, literals, count, width, out, end) : end
}

function writeRun(value: number, count: number, width: number, out: Uint8Array, at: number): number {
  let end = writeVarint(count * 2, out, at)
  for (let bits = 0; bits < width; bits += 8) out[end++] = value >>> bits
  return end
}

function writePacked(
  values: Uint8Array | Int32Array,
  from: number,
  to: number,
  width: number,
  out: Uint8Array,
  at: number,
): number {
  const groups = Math.ceil((to - from) / 8)
  let end = writeVarint(groups * 2 + 1, out, at)
  const stop = end + groups * width
  let buffer = 0
  let bits = 0
  for (let i = from; i < to; i++) {
    buffer |= (values[i] as number) << bits
    bits += width
    while (bits >= 8) {
      out[end++] = buffer
      buffer >>>= 8
      bits -= 8
    }
  }
  if (bits > 0) out[end++] = buffer
  while (end < stop) out[end++] = 0
  return end
}

function writeVarint(value: number, out: Uint8Array, at: number): number {
  let rest = value
  let end = at
  while (rest >= 128) {
    out[end++] = (rest & 127) | 128
    rest >>>= 7
  }
  out[end++] = rest
  return end
}
