const signedBits: Readonly<Record<string, number>> = {
  TINYINT: 8,
  SMALLINT: 16,
  INTEGER: 32,
  BIGINT: 64,
  HUGEINT: 128,
}

interface Parsed {
  readonly bits: number
  readonly unsigned: boolean
}

function integer(type: string): Parsed | null {
  const unsigned = type.startsWith('U') && type.slice(1) in signedBits
  const bits = signedBits[unsigned ? type.slice(1) : type]
  return bits === undefined ? null : { bits, unsigned }
}

/** Digits before and after the point that a type holds for certain; null when it is not a number of fixed size. */
function digits(type: string): { readonly whole: number; readonly scale: number } | null {
  const decimal = /^DECIMAL\((\d+),\s*(\d+)\)$/.exec(type)
  if (decimal) return { whole: Number(decimal[1]) - Number(decimal[2]), scale: Number(decimal[2]) }
  const whole = integer(type)
  if (!whole) return null
  const magnitude = whole.bits - (whole.unsigned ? 0 : 1)
  return { whole: Math.ceil(magnitude * Math.log10(2)), scale: 0 }
}

/** Whether every value of type `from` has a place in type `to`, unchanged. Anything has a place in text: its canonical text. */
export function holds(to: string, from: string): boolean {
  if (to === from || to === 'VARCHAR') return true
  const wide = integer(to)
  const narrow = integer(from)
  if (wide && narrow) {
    if (wide.unsigned === narrow.unsigned) return wide.bits >= narrow.bits
    return narrow.unsigned && wide.bits > narrow.bits
  }
  const room = digits(to)
  const need = digits(from)
  // A DECIMAL(38,0) is what a HUGEINT is called outside of DuckDB.
  if (wide && from === 'DECIMAL(38,0)') return to === 'HUGEINT'
  if (room && need && !wide) return room.whole >= need.whole && room.scale >= need.scale
  if (wide && need)
    return need.scale === 0 && 10 ** need.whole <= 2 ** (wide.bits - (wide.unsigned ? 0 : 1)) && !wide.unsigned
  if (from === 'FLOAT') return to === 'DOUBLE'
  if (from === 'DATE') return to === 'TIMESTAMP'
  if (from.endsWith('[]') && to.endsWith('[]')) return to !== 'VARCHAR[]' && holds(to.slice(0, -2), from.slice(0, -2))
  const labels = enumLabels(from)
  const known = enumLabels(to)
  return labels !== null && known !== null && labels.every((label) => known.includes(label))
}

/**
 * Whether a column can be altered to the wider type without a loss in the rows that it has. Text is
 * excepted: only labels grow into text, or a table would lose its types step by step.
 */
export function widens(to: string, from: string): boolean {
  return to !== from && holds(to, from) && (to !== 'VARCHAR' || enumLabels(from) !== null)
}

/** The type that holds the values of both, for numbers of which neither holds the other's; null when there is none. */
export function commonType(a: string, b: string): string | null {
  const one = digits(a)
  const other = digits(b)
  if (!one || !other) return null
  const scale = Math.max(one.scale, other.scale)
  const whole = Math.max(one.whole, other.whole)
  if (scale === 0)
    return ['SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT'].find((type) => holds(type, a) && holds(type, b)) ?? null
  return whole + scale <= 38 ? `DECIMAL(${whole + scale},${scale})` : null
}

/** The labels of an ENUM's type text, unquoted; null for other types. */
export function enumLabels(type: string): string[] | null {
  if (!type.startsWith('ENUM(')) return null
  return [...type.matchAll(/'((?:[^']|'')*)'/g)].map((match) => (match[1] ?? '').replaceAll("''", "'"))
}
