import { parseClickhouseType } from '../kit/clickhouse-type.ts'

/** Whether a column declared `to` keeps every value of type `from` unchanged; NULL is left aside. Text keeps anything. */
export function holds(to: string, from: string): boolean {
  const have = parseClickhouseType(to)
  const want = parseClickhouseType(from)
  if (have.base === 'String') return true
  if (have.base === want.base && have.args.join() === want.args.join()) return true
  const wide = integer(have.base)
  const narrow = integer(want.base)
  if (wide && narrow) {
    if (wide.unsigned === narrow.unsigned) return wide.bits >= narrow.bits
    return narrow.unsigned && wide.bits > narrow.bits
  }
  if (have.base === 'Decimal') {
    const scale = Number(have.args[1] ?? 0)
    const whole = Number(have.args[0]) - scale
    if (narrow) return whole >= Math.ceil((narrow.bits - (narrow.unsigned ? 0 : 1)) * Math.log10(2))
    const [precision = '0', needed = '0'] = want.args
    return want.base === 'Decimal' && scale >= Number(needed) && whole >= Number(precision) - Number(needed)
  }
  // A number of digits that fits says nothing about which numbers do; only types that are read as such digits get here.
  if (wide && want.base === 'Decimal' && Number(want.args[1] ?? 0) === 0) {
    return Number(want.args[0]) <= Math.floor((wide.bits - (wide.unsigned ? 0 : 1)) * Math.log10(2)) && !wide.unsigned
  }
  if (want.base === 'Float32') return have.base === 'Float64' || have.base === 'Float32'
  if (want.base === 'Date') return have.base === 'Date32'
  if (have.base === 'DateTime64') {
    const digits = Number(have.args[0] ?? 3)
    if (want.base === 'DateTime') return true
    return want.base === 'DateTime64' && digits >= Number(want.args[0] ?? 3) && digits <= 8
  }
  if (have.base === 'DateTime') return want.base === 'DateTime'
  if (have.base === 'Array' && want.base === 'Array')
    return holds(have.args[0] ?? '', want.args[0] ?? '') && !isText(have.args[0])
  return (
    have.base.startsWith('Enum') &&
    want.base.startsWith('Enum') &&
    want.args.every((label) => have.args.includes(label))
  )
}

/** The declaration to which a column can be altered without a loss in the rows that it has; null when there is none. Nothing grows into text. */
export function widened(want: string, have: string): string | null {
  const wanted = parseClickhouseType(want)
  const existing = parseClickhouseType(have)
  if (wanted.base === 'String' || wanted.base === 'Array' || have.startsWith('LowCardinality') || !holds(want, have))
    return null
  const plain = wanted.args.length === 0 ? wanted.base : `${wanted.base}(${wanted.args.join(', ')})`
  return existing.nullable ? `Nullable(${plain})` : plain
}

function isText(type: string | undefined): boolean {
  return parseClickhouseType(type ?? '').base === 'String'
}

function integer(base: string): { readonly bits: number; readonly unsigned: boolean } | null {
  const match = /^(U?)Int(\d+)$/.exec(base)
  return match ? { bits: Number(match[2]), unsigned: match[1] === 'U' } : null
}
