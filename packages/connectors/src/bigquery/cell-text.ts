import { canonicalFloatText } from '@millrace/formats'
import { type Field, scalarType } from './types.ts'

interface Cell {
  readonly v: unknown
}

type Writer = (value: unknown) => string

/** Turns the value of a cell as the API has it into canonical text. */
export function cellWriter(field: Field): (value: unknown) => string | null {
  const write = field.mode === 'REPEATED' ? listWriter(field) : scalarWriter(field)
  return (value) => (value === null || value === undefined ? null : write(value))
}

function scalarWriter(field: Field): Writer {
  const type = scalarType(field)
  switch (field.type) {
    case 'RECORD':
    case 'STRUCT':
      return jsonWriter(field)
    case 'INTERVAL':
      return (value) => intervalText(String(value))
    case 'TIMESTAMP':
      return (value) => timestampText(String(value))
    case 'DATETIME':
      return (value) => withoutZeros(String(value).replace('T', ' '))
  }
  switch (type.kind) {
    case 'boolean':
      return (value) => (String(value) === 'true' ? 't' : 'f')
    case 'float':
      return (value) => canonicalFloatText(Number(String(value).replace(/^([+-]?)inf(inity)?$/i, '$1Infinity')), 64)
    case 'binary':
      return (value) => `\\x${Buffer.from(String(value), 'base64').toString('hex')}`
    case 'time':
      return (value) => withoutZeros(String(value))
    case 'decimal':
      return type.scale === null ? String : (value) => withScale(String(value), type.scale as number)
    default:
      return String
  }
}

/** PostgreSQL's array literal; records are a JSON array. */
function listWriter(field: Field): Writer {
  if (scalarType(field).kind === 'json') return jsonWriter(field)
  const write = cellWriter({ ...field, mode: 'REQUIRED' })
  return (value) => `{${(value as readonly Cell[]).map(({ v }) => element(write(v))).join(',')}}`
}

function element(text: string | null): string {
  if (text === null) return 'NULL'
  return text === '' || /[{}",\\\s]/.test(text) || /^null$/i.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : text
}

/** Numbers keep their digits; what JSON lacks is text. */
function jsonWriter(field: Field): Writer {
  if (field.mode === 'REPEATED') {
    const write = jsonWriter({ ...field, mode: 'NULLABLE' })
    return (value) => `[${((value ?? []) as readonly Cell[]).map(({ v }) => write(v)).join(',')}]`
  }
  if (field.fields) {
    const parts = field.fields.map((inner) => ({ key: JSON.stringify(inner.name), write: jsonWriter(inner) }))
    return (value) => {
      if (value === null || value === undefined) return 'null'
      const cells = (value as { readonly f: readonly Cell[] }).f
      return `{${parts.map(({ key, write }, index) => `${key}:${write(cells[index]?.v)}`).join(',')}}`
    }
  }
  const type = scalarType(field)
  const text = scalarWriter(field)
  return (value) => {
    if (value === null || value === undefined) return 'null'
    const own = text(value)
    switch (type.kind) {
      case 'boolean':
        return own === 't' ? 'true' : 'false'
      case 'integer':
      case 'json':
        return own
      case 'decimal':
      case 'float':
        return /^-?\d/.test(own) ? own : JSON.stringify(own)
      case 'timestamp':
        return JSON.stringify(own.replace(' ', 'T').replace(/\+00$/, '+00:00'))
      default:
        return JSON.stringify(own)
    }
  }
}

/** Microseconds since 1970. */
function timestampText(micros: string): string {
  const value = BigInt(micros)
  const fraction = ((value % 1_000_000n) + 1_000_000n) % 1_000_000n
  const seconds = (value - fraction) / 1_000_000n
  const date = new Date(Number(seconds) * 1000).toISOString().slice(0, 19).replace('T', ' ')
  return `${withoutZeros(`${date}.${String(fraction).padStart(6, '0')}`)}+00`
}

function withoutZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

/** The API leaves out zeros at the end, a column of this type shows them. */
function withScale(text: string, scale: number): string {
  if (/[^\d.+-]/.test(text)) return text
  const [whole = '', fraction = ''] = text.split('.')
  return scale === 0 && fraction === '' ? whole : `${whole}.${fraction.padEnd(scale, '0')}`
}

/** `Y-M D H:M:S.F` with signs of its own for each part. */
function intervalText(text: string): string {
  const match = /^([+-]?)(\d+)-(\d+) ([+-]?\d+) ([+-]?)(\d+):(\d+):(\d+)(\.\d+)?$/.exec(text)
  if (!match) return text
  const [, sign, years, months, days, timeSign, hours, minutes, seconds, fraction = ''] = match
  const minus = sign === '-' ? '-' : ''
  const timeMinus = timeSign === '-' ? '-' : ''
  const part = (amount: string | undefined, unit: string, before: string) =>
    Number(amount) === 0 ? '' : `${before}${Number(amount)}${unit}`
  const rest = fraction.replace(/\.?0+$/, '')
  const whole = Number(seconds) === 0 && rest === '' ? '' : `${timeMinus}${Number(seconds)}${rest}S`
  const time = part(hours, 'H', timeMinus) + part(minutes, 'M', timeMinus) + whole
  const date = part(years, 'Y', minus) + part(months, 'M', minus) + (Number(days) === 0 ? '' : `${Number(days)}D`)
  return date === '' && time === '' ? 'PT0S' : `P${date}${time === '' ? '' : `T${time}`}`
}
