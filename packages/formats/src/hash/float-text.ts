/** Magnitudes from which on PostgreSQL writes an exponent, as powers of ten. */
const scientificFrom = { 32: 6, 64: 15 } as const

const smallestNormalFloat32 = 2 ** -126

/** A float in PostgreSQL's shape: the shortest digits that read back as the same number, `1e+21`, `-0`, `NaN`, `Infinity`. */
export function canonicalFloatText(value: number, bits: 32 | 64): string {
  if (Number.isNaN(value)) return 'NaN'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const magnitude = Math.abs(value)
  if (magnitude === Number.POSITIVE_INFINITY) return `${sign}Infinity`
  if (magnitude === 0) return `${sign}0`
  const { digits, exponent } = decimalParts(
    bits === 64 ? magnitude.toExponential() : shortestFloat32(Math.fround(magnitude)),
  )
  return sign + layOut(digits, exponent, scientificFrom[bits])
}

function decimalParts(scientific: string): { digits: string; exponent: number } {
  const e = scientific.indexOf('e')
  return { digits: scientific.slice(0, e).replace('.', ''), exponent: Number(scientific.slice(e + 1)) }
}

function layOut(digits: string, exponent: number, limit: number): string {
  if (exponent < -4 || exponent >= limit) {
    const size = Math.abs(exponent).toString().padStart(2, '0')
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : ''
    return `${digits[0]}${fraction}e${exponent < 0 ? '-' : '+'}${size}`
  }
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`
  if (digits.length <= exponent + 1) return digits + '0'.repeat(exponent + 1 - digits.length)
  return `${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`
}

/** In scientific form without trailing zeros. */
function shortestFloat32(value: number): string {
  // Six digits survive a normal float, so a shorter form shows up as zeros at the end of six.
  for (let digits = value < smallestNormalFloat32 ? 1 : 6; digits < 9; digits++) {
    const nearest = value.toExponential(digits - 1)
    if (Math.fround(Number(nearest)) === value) return withoutTrailingZeros(nearest)
    // Below a power of two floats lie twice as close, so the next decimal above can do where the nearest cannot.
    const above = nextDecimal(nearest)
    if (Math.fround(Number(above)) === value) return withoutTrailingZeros(above)
  }
  return withoutTrailingZeros(value.toExponential(8))
}

function nextDecimal(scientific: string): string {
  const { digits, exponent } = decimalParts(scientific)
  const next = String(Number(digits) + 1)
  const carried = next.length > digits.length ? 1 : 0
  return `${next[0]}.${next.slice(1, digits.length)}e${exponent + carried}`
}

function withoutTrailingZeros(scientific: string): string {
  return scientific.replace(/\.?0*e/, 'e')
}
