import { canonicalFloatText, type LogicalType } from '@millrace/formats'

/**
 * The canonical text of a JSON token in a column of this type; undefined when it does not fit.
 * Strings are taken for numbers and booleans that they spell, since many producers quote them.
 */
export function fitValue(type: LogicalType, token: string): string | undefined {
  const text = token[0] === '"' ? stringOf(token) : token
  if (text === undefined) return undefined
  const quoted = token[0] === '"'
  switch (type.kind) {
    case 'text':
      return text
    case 'json':
      return token
    case 'integer':
      return integer(text, type.bits, type.unsigned)
    case 'float':
      return float(text, type.bits)
    case 'decimal':
      return decimal(text, type.precision, type.scale)
    case 'boolean':
      return text === 'true' ? 't' : text === 'false' ? 'f' : undefined
    case 'list':
      return list(token, type.element)
    case 'enum':
      return quoted && (type.labels.length === 0 || type.labels.includes(text)) ? text : undefined
    case 'date':
      return quoted && /^\d{4}-\d\d-\d\d$/.test(text) && isDay(text) ? text : undefined
    case 'time':
      return quoted ? clock(text) : undefined
    case 'timestamp':
      return quoted ? timestamp(text, type.utc) : undefined
    case 'uuid':
      return quoted && /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text) ? text.toLowerCase() : undefined
    case 'binary':
      return quoted && /^\\x([\da-f]{2})*$/i.test(text) ? text.toLowerCase() : undefined
    default:
      // Intervals and durations have many spellings; the destination knows which it takes.
      return quoted ? text : undefined
  }
}

/** Undefined for half a surrogate pair, which is no character. */
function stringOf(token: string): string | undefined {
  const text = JSON.parse(token) as string
  return text.isWellFormed() ? text : undefined
}

const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d{1,3})?$/

function integer(text: string, bits: number, unsigned: boolean): string | undefined {
  const digits = /^-?[1-9]\d*$/.test(text) ? text : decimal(text, null, 0)
  if (digits === undefined) return undefined
  const whole = BigInt(digits)
  const fits = unsigned ? BigInt.asUintN(bits, whole) === whole : BigInt.asIntN(bits, whole) === whole
  return fits ? whole.toString() : undefined
}

/** Fractions are rounded to the nearest float, as everywhere; a whole number that would become another one does not fit. */
function float(text: string, bits: 32 | 64): string | undefined {
  if (/^(NaN|-?Infinity)$/.test(text)) return text
  if (!number.test(text)) return undefined
  const value = bits === 32 ? Math.fround(Number(text)) : Number(text)
  if (!Number.isFinite(value)) return undefined
  const canonical = canonicalFloatText(value, bits)
  if (/^-?\d+$/.test(text) && BigInt(text) !== BigInt(value) && decimal(canonical, null, 0) !== text) return undefined
  return canonical
}

/** Zeros are added up to the scale; digits beyond it must be zeros. */
function decimal(text: string, precision: number | null, scale: number | null): string | undefined {
  if (!number.test(text)) return undefined
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? []
  const point = whole.length + Number(exponent)
  const digits = (whole + fraction).padEnd(point, '0')
  const shifted = point <= 0 ? '0'.repeat(1 - point) + digits : digits
  const at = Math.max(1, point)
  const left = shifted.slice(0, at).replace(/^0+(?=\d)/, '')
  let right = shifted.slice(at)
  if (scale !== null) {
    if (/[1-9]/.test(right.slice(scale))) return undefined
    right = right.slice(0, scale).padEnd(scale, '0')
    const room = precision === null ? Number.POSITIVE_INFINITY : precision - scale
    if ((left === '0' ? 0 : left.length) > room) return undefined
  }
  const plain = right === '' ? left : `${left}.${right}`
  return /[1-9]/.test(plain) ? sign + plain : plain
}

function list(token: string, element: LogicalType): string | undefined {
  if (token[0] !== '[') return undefined
  // Numbers within arrays are read as floats: digits beyond a float's do not come through unharmed.
  const values = JSON.parse(token) as unknown[]
  const parts: string[] = []
  for (const value of values) {
    const text = value === null ? null : fitValue(element, JSON.stringify(value))
    if (text === undefined || (typeof value === 'number' && !isExact(value))) return undefined
    const nested = element.kind === 'list'
    parts.push(text === null ? 'NULL' : nested ? text : `"${text.replace(/["\\]/g, '\\$&')}"`)
  }
  return `{${parts.join(',')}}`
}

function isExact(value: number): boolean {
  return !Number.isInteger(value) || Number.isSafeInteger(value)
}

function isDay(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text) && !text.startsWith('0000')
}

function clock(text: string): string | undefined {
  const [, time, fraction = ''] = /^((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d{1,6}))?$/.exec(text) ?? []
  const rest = fraction.replace(/0+$/, '')
  return time === undefined ? undefined : rest === '' ? time : `${time}.${rest}`
}

const instant = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d(?:\.\d{1,6}0*)?)?(Z|[+-]\d\d(?::?\d\d)?)?$/

/** Moments become UTC; a time without a zone is taken to be UTC already. */
function timestamp(text: string, utc: boolean): string | undefined {
  const [, day, minutes, seconds = ':00', zone = 'Z'] = instant.exec(text) ?? []
  if (day === undefined || !isDay(day)) return undefined
  const [whole = '', fraction = ''] = seconds.split('.')
  const time = clock(`${minutes}${whole}${fraction === '' ? '' : `.${fraction.slice(0, 6)}`}`)
  if (time === undefined) return undefined
  const [, sign = '+', hours = '00', more = '00'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? []
  const offset = (Number(hours) * 60 + Number(more)) * (sign === '-' ? -1 : 1)
  if (Number(hours) > 15 || Number(more) > 59) return undefined
  if (offset === 0) return `${day} ${time}${utc ? '+00' : ''}`
  const moved = new Date(Date.parse(`${day}T${time.slice(0, 8)}Z`) - offset * 60_000)
  if (moved.getUTCFullYear() < 1 || moved.getUTCFullYear() > 9999) return undefined
  return `${moved.toISOString().slice(0, 19).replace('T', ' ')}${time.slice(8)}${utc ? '+00' : ''}`
}

/** Whether a string is a moment with its zone: only then does a new column become a timestamp. */
export function isMoment(token: string): boolean {
  return (
    /^"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:?\d\d)"$/.test(token) &&
    timestamp(token.slice(1, -1), true) !== undefined
  )
}
