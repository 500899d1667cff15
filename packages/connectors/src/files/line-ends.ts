/** Canonical CSV with rows that end in CR LF. Line feeds within quotes are data and stay. */
export function withCarriageReturns(bytes: Uint8Array, rows: number): Uint8Array {
  const result = Buffer.allocUnsafe(bytes.length + rows)
  let quoted = false
  let at = 0
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number
    if (byte === 0x22) quoted = !quoted
    else if (byte === 0x0a && !quoted) result[at++] = 0x0d
    result[at++] = byte
  }
  return result.subarray(0, at)
}
