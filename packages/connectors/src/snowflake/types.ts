import { DataError } from '@millrace/core'
import { type Column, canonicalFloatText, type LogicalType } from '@millrace/formats'
import type { SuggestedColumn, TypeMapping } from '../kit/connector.ts'
import { quoteName } from '../kit/sql-quote.ts'

/** A column as the protocol describes it. */
export interface RawColumn {
  readonly name: string
  /** In lower case: `fixed`, `text`, `timestamp_ntz`, … */
  readonly type: string
  readonly precision: number | null
  readonly scale: number | null
  readonly nullable: boolean
}

const text: LogicalType = { kind: 'text' }
const json: LogicalType = { kind: 'json' }
const smaller = 'The range is smaller there: values outside of 1900 to 2299 do not fit.'

const types: Readonly<Record<string, readonly [name: string, type: LogicalType, remark?: string]>> = {
  text: ['VARCHAR', text],
  real: ['FLOAT', { kind: 'float', bits: 64 }, 'With the digits that Snowflake hands out.'],
  boolean: ['BOOLEAN', { kind: 'boolean' }],
  binary: ['BINARY', { kind: 'binary' }],
  date: ['DATE', { kind: 'date' }],
  time: ['TIME', { kind: 'time' }, 'A fraction finer than microseconds is an error.'],
  timestamp_ntz: [
    'TIMESTAMP_NTZ',
    { kind: 'timestamp', utc: false },
    'A fraction finer than microseconds is an error.',
  ],
  timestamp_ltz: ['TIMESTAMP_LTZ', { kind: 'timestamp', utc: true }, 'A fraction finer than microseconds is an error.'],
  timestamp_tz: ['TIMESTAMP_TZ', { kind: 'timestamp', utc: true }, 'The moment is kept, its offset is not.'],
  variant: ['VARIANT', json],
  object: ['OBJECT', json],
  array: ['ARRAY', json],
  map: ['MAP', json],
  vector: ['VECTOR', json],
  geography: ['GEOGRAPHY', text, 'Well-known text.'],
  geometry: ['GEOMETRY', text, 'Well-known text.'],
}

export const typeMappings: readonly TypeMapping[] = [
  ...Object.entries(types).map(([name, [source, type, remark]]) => ({
    source,
    type,
    suggested: suggestion({ name: '', type: name, precision: null, scale: null, nullable: false })[0],
    ...(remark ? { remark } : {}),
  })),
  { source: 'NUMBER(p,0), p ≤ 18', type: { kind: 'integer', bits: 64, unsigned: false } },
  { source: 'NUMBER(p,0)', type: { kind: 'decimal', precision: 38, scale: 0 }, suggested: 'Int64' },
  {
    source: 'NUMBER(p,s), s ≥ 1',
    type: { kind: 'decimal', precision: 38, scale: 37 },
    suggested: 'Float64',
    remark: 'With its own digits.',
  },
]

export function toColumn({ name, type, precision, scale, nullable }: RawColumn): Column {
  if (type === 'fixed') {
    const [digits, places] = [precision ?? 38, scale ?? 0]
    const fits = places === 0 && digits <= 18
    return {
      name,
      nullable,
      type: fits
        ? { kind: 'integer', bits: digits <= 9 ? 32 : 64, unsigned: false }
        : { kind: 'decimal', precision: digits, scale: places },
      sourceType: `NUMBER(${digits},${places})`,
    }
  }
  const [declared, logical] = types[type] ?? [type.toUpperCase(), text]
  const fraction = /^time/.test(type) && scale !== null ? `(${scale})` : ''
  return { name, type: logical, nullable, sourceType: `${declared}${fraction}` }
}

/** How a column is read as text, so that no value depends on the session or on the driver. */
export function readExpression({ name, sourceType }: Column): string {
  const own = quoteName(name)
  switch (sourceType.replace(/\(.*$/, '')) {
    case 'VARCHAR':
    case 'FLOAT':
      return own
    case 'DATE':
      return `TO_VARCHAR(${own}, 'YYYY-MM-DD')`
    case 'TIME':
      return `TO_VARCHAR(${own}, 'HH24:MI:SS.FF9')`
    case 'TIMESTAMP_NTZ':
      return `TO_VARCHAR(${own}, 'YYYY-MM-DD HH24:MI:SS.FF9')`
    case 'TIMESTAMP_LTZ':
    case 'TIMESTAMP_TZ':
      return `TO_VARCHAR(CONVERT_TIMEZONE('UTC', ${own}), 'YYYY-MM-DD HH24:MI:SS.FF9')`
    case 'BINARY':
      return `TO_VARCHAR(${own}, 'HEX')`
    case 'VARIANT':
    case 'OBJECT':
    case 'ARRAY':
    case 'MAP':
      return `TO_JSON(${own})`
    case 'VECTOR':
      return `TO_JSON(TO_ARRAY(${own}))`
    case 'GEOGRAPHY':
    case 'GEOMETRY':
      return `ST_ASWKT(${own})`
    default:
      return `TO_VARCHAR(${own})`
  }
}

/** From the text that `readExpression` yields to the canonical one. */
export function canonicalCell({ name, type }: Column): ((text: string) => string) | null {
  switch (type.kind) {
    case 'boolean':
      return (value) => (/^(true|1)$/i.test(value) ? 't' : 'f')
    case 'float':
      return (value) => canonicalFloatText(Number(value.replace(/^(-?)inf(inity)?$/i, '$1Infinity')), 64)
    case 'binary':
      return (value) => `\\x${value.toLowerCase()}`
    case 'time':
      return (value) => microseconds(name, value)
    case 'timestamp':
      return (value) => `${microseconds(name, value)}${type.utc ? '+00' : ''}`
    default:
      return null
  }
}

function microseconds(column: string, text: string): string {
  const [whole = '', fraction = ''] = text.split('.')
  const digits = fraction.replace(/0+$/, '')
  if (digits.length <= 6) return digits === '' ? whole : `${whole}.${digits}`
  throw new DataError('FRACTION_TOO_FINE', {
    message: `Column "${column}" holds ${text}, which is finer than microseconds. Cast it in a query: to TIMESTAMP_NTZ(6) to round it, or to VARCHAR to keep it as text.`,
    details: { column },
  })
}

export function suggestRaw(raw: RawColumn): SuggestedColumn {
  const { sourceType } = toColumn(raw)
  const [type, remark] = suggestion(raw)
  return {
    name: raw.name,
    srcType: { name: sourceType, null: raw.nullable },
    chType: { name: raw.nullable ? `Nullable(${type})` : type, baseName: type, null: raw.nullable },
    ...(remark === undefined ? {} : { remark }),
  }
}

function suggestion({ type, precision, scale }: RawColumn): readonly [type: string, remark?: string] {
  switch (type) {
    case 'text':
      return ['String']
    case 'fixed':
      if ((scale ?? 0) > 0) return ['Float64', 'Digits beyond the 15th may be lost.']
      return (precision ?? 38) > 18 ? ['Int64', 'Numbers of more than 18 digits may not fit.'] : ['Int64']
    case 'real':
      return ['Float64']
    case 'timestamp_ntz':
      return ['DateTime64', smaller]
    case 'date':
      return ['Date32', smaller]
    default:
      return ['String', `${types[type]?.[0] ?? type.toUpperCase()}, kept as text.`]
  }
}

/** The query whose result loads into the suggested columns. */
export function ingestQuery(scopes: readonly string[], columns: readonly SuggestedColumn[]): string {
  const list = columns.map(({ name, srcType }) => {
    const own = quoteName(name)
    const cast = castOf(srcType.name.replace(/\(.*$/, ''), own)
    return cast === own ? own : `${cast} AS ${own}`
  })
  return `SELECT ${list.join(', ')} FROM ${scopes.map(quoteName).join('.')}`
}

function castOf(type: string, own: string): string {
  switch (type) {
    case 'VARCHAR':
    case 'NUMBER':
    case 'FLOAT':
    case 'DATE':
      return own
    case 'TIMESTAMP_NTZ':
      return `TO_VARCHAR(${own}, 'YYYY-MM-DD HH24:MI:SS.FF3')`
    case 'TIMESTAMP_LTZ':
    case 'TIMESTAMP_TZ':
      return `TO_VARCHAR(${own}, 'YYYY-MM-DD HH24:MI:SS.FF3TZHTZM')`
    case 'BINARY':
      return `BASE64_ENCODE(${own})`
    case 'VARIANT':
    case 'OBJECT':
    case 'ARRAY':
    case 'MAP':
      return `TO_JSON(${own})`
    case 'VECTOR':
      return `TO_JSON(TO_ARRAY(${own}))`
    case 'GEOGRAPHY':
    case 'GEOMETRY':
      return `ST_ASWKT(${own})`
    default:
      return `TO_VARCHAR(${own})`
  }
}
