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
    bits === 64 ? shortestFloat64(magnitude) : shortestFloat32(Math.fround(magnitude)),
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

// PostgreSQL wants a decimal strictly between the midpoints to the neighbouring floats. JavaScript
// also takes one that lies on a midpoint and would be rounded the right way.

/** In scientific form without trailing zeros. */
function shortestFloat64(value: number): string {
  const shortest = value.toExponential()
  // Elsewhere a midpoint has more digits than are needed.
  if (value < 2 ** 53 || value > 1e41) return shortest
  const doubled = BigInt(value) + BigInt(value)
  const [below, above] = neighbours(float64, value)
  const lower = BigInt(value) + BigInt(below)
  const upper = above === Number.POSITIVE_INFINITY ? doubled + (doubled - lower) : BigInt(value) + BigInt(above)
  const inside = (scientific: string) => {
    const { digits, exponent } = decimalParts(scientific)
    const power = exponent - digits.length + 1
    if (power < 0) return false
    const twice = 2n * BigInt(digits) * 10n ** BigInt(power)
    return twice > lower && twice < upper
  }
  if (inside(shortest)) return shortest
  return firstInside(value, decimalParts(shortest).digits.length, 17, inside)
}

function shortestFloat32(value: number): string {
  const [below, above] = neighbours(float32, value)
  const lower = (value + below) / 2
  const upper = above === Number.POSITIVE_INFINITY ? value + (value - lower) : (value + above) / 2
  // Six digits survive a normal float, so a shorter form shows up as zeros at the end of six.
  return firstInside(value, value < smallestNormalFloat32 ? 1 : 6, 9, (scientific) => {
    const decimal = Number(scientific)
    return decimal > lower && decimal < upper
  })
}

function firstInside(value: number, from: number, to: number, inside: (scientific: string) => boolean): string {
  for (let digits = from; digits < to; digits++) {
    const nearest = value.toExponential(digits - 1)
    if (inside(nearest)) {
      const even = isOddTie(value, nearest) ? neighbourDecimal(nearest, -1n) : nearest
      return withoutTrailingZeros(inside(even) ? even : nearest)
    }
    // Below a power of two floats lie twice as close, so the next decimal above can do where the nearest cannot.
    const above = neighbourDecimal(nearest, 1n)
    if (inside(above)) return withoutTrailingZeros(above)
  }
  return withoutTrailingZeros(value.toExponential(to - 1))
}

const float64 = new Float64Array(1)
const float32 = new Float32Array(1)

/** The floats next to a positive one. */
function neighbours(cell: Float64Array | Float32Array, value: number): [number, number] {
  const bits = cell.BYTES_PER_ELEMENT === 8 ? new BigInt64Array(cell.buffer) : new Int32Array(cell.buffer)
  const at = (offset: 1 | -1) => {
    cell[0] = value
    if (bits instanceof BigInt64Array) bits[0] = (bits[0] as bigint) + BigInt(offset)
    else bits[0] = (bits[0] as number) + offset
    return cell[0]
  }
  return [at(-1), at(1)]
}

/** Whether the value lies halfway between two decimals of this length; JavaScript takes the upper, PostgreSQL the even one. */
function isOddTie(value: number, scientific: string): boolean {
  const { digits } = decimalParts(scientific)
  if (Number(digits.at(-1)) % 2 === 0) return false
  const exact = decimalParts(value.toExponential(60)).digits
  return /^50*$/.test(exact.slice(digits.length))
}

function neighbourDecimal(scientific: string, step: 1n | -1n): string {
  const { digits, exponent } = decimalParts(scientific)
  const next = String(BigInt(digits) + step)
  const carried = next.length > digits.length ? 1 : 0
  return `${next[0]}.${next.slice(1, digits.length)}e${exponent + carried}`
}

function withoutTrailingZeros(scientific: string): string {
  return scientific.replace(/\.?0*e/, 'e')
}
