const integers = ['smallint', 'integer', 'bigint']
const integerDigits: Readonly<Record<string, number>> = { smallint: 5, integer: 10, bigint: 19 }

interface Parsed {
  readonly base: string
  readonly arguments: readonly number[]
}

function parse(type: string): Parsed {
  const match = /^([a-z ]+?)(?:\((\d+)(?:,(-?\d+))?\))?( with(?:out)? time zone)?$/.exec(type)
  if (match === null) return { base: type, arguments: [] }
  const given = [match[2], match[3]].filter((part) => part !== undefined).map(Number)
  return { base: `${match[1]}${match[4] ?? ''}`, arguments: given }
}

/**
 * Whether every value of type `from` has a place in type `to`, unchanged. Both as `format_type`
 * prints them. Anything has a place in text: its own canonical text.
 */
export function holds(to: string, from: string): boolean {
  if (to === from || to === 'text' || to === 'character varying') return true
  const wide = parse(to)
  const narrow = parse(from)
  if (integers.includes(narrow.base)) {
    if (integers.includes(wide.base)) return integers.indexOf(wide.base) >= integers.indexOf(narrow.base)
    return wide.base === 'numeric' && numericHolds(wide.arguments, [integerDigits[narrow.base] ?? 0, 0])
  }
  switch (narrow.base) {
    case 'numeric':
      return wide.base === 'numeric' && numericHolds(wide.arguments, narrow.arguments)
    case 'real':
      return wide.base === 'double precision'
    case 'character varying':
    case 'character':
      return wide.base === 'character varying' && (narrow.arguments[0] ?? Infinity) <= (wide.arguments[0] ?? Infinity)
    case 'bit varying':
      return wide.base === 'bit varying' && (narrow.arguments[0] ?? Infinity) <= (wide.arguments[0] ?? Infinity)
    case 'bit':
      return wide.base === 'bit varying' && (narrow.arguments[0] ?? 1) <= (wide.arguments[0] ?? Infinity)
    case 'timestamp without time zone':
    case 'timestamp with time zone':
    case 'time without time zone':
    case 'time with time zone':
    case 'interval':
      return wide.base === narrow.base && (narrow.arguments[0] ?? 6) <= (wide.arguments[0] ?? 6)
    case 'jsonb':
      return to === 'json'
    default:
      return false
  }
}

/** No arguments: any precision and scale. */
function numericHolds(wide: readonly number[], narrow: readonly number[]): boolean {
  const [precision, scale = 0] = wide
  if (precision === undefined) return true
  const [narrowPrecision, narrowScale = 0] = narrow
  return narrowPrecision !== undefined && scale >= narrowScale && precision - scale >= narrowPrecision - narrowScale
}

/**
 * Whether a column can be altered to the wider type without a loss in the rows that it has. Text is
 * excepted: only text grows into text, or a table would lose its types step by step.
 */
export function widens(to: string, from: string): boolean {
  if (to === from || !holds(to, from)) return false
  const narrow = parse(from).base
  if (to === 'text' || to === 'character varying') return narrow === 'character varying'
  // A cast from char(n) drops the padding, and one from jsonb cannot get the original text back.
  return narrow !== 'character' && from !== 'jsonb'
}
