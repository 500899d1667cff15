import { type Column, canonicalFloatText, type LogicalType } from '@millrace/formats'
import type { TypeMapping } from '../kit/connector.ts'
import { decimalOf } from '../postgres/types.ts'

/** A column as the server describes a result. */
export interface RawColumn {
  readonly name: string
  readonly dataTypeID: number
  readonly dataTypeModifier: number
}

const text: LogicalType = { kind: 'text' }
const utc = (flag: boolean): LogicalType => ({ kind: 'timestamp', utc: flag })
const integer = (bits: 16 | 32 | 64): LogicalType => ({ kind: 'integer', bits, unsigned: false })

/** By the protocol's type number: the catalogue's own functions for it run on the leader node only. */
const types: Readonly<Record<number, readonly [name: string, type: LogicalType]>> = {
  16: ['boolean', { kind: 'boolean' }],
  17: ['bytea', { kind: 'binary' }],
  20: ['bigint', integer(64)],
  21: ['smallint', integer(16)],
  23: ['integer', integer(32)],
  25: ['text', text],
  26: ['oid', { kind: 'integer', bits: 32, unsigned: true }],
  700: ['real', { kind: 'float', bits: 32 }],
  701: ['double precision', { kind: 'float', bits: 64 }],
  1042: ['character', text],
  1043: ['character varying', text],
  1082: ['date', { kind: 'date' }],
  1083: ['time without time zone', { kind: 'time' }],
  1114: ['timestamp without time zone', utc(false)],
  1184: ['timestamp with time zone', utc(true)],
  1188: ['interval year to month', text],
  1190: ['interval day to second', text],
  1266: ['time with time zone', text],
  2935: ['hllsketch', text],
  3000: ['geometry', text],
  3001: ['geography', text],
  3999: ['geometry', text],
  4000: ['super', { kind: 'json' }],
  6551: ['varbyte', { kind: 'binary' }],
}

export const typeMappings: readonly TypeMapping[] = [
  ...Object.entries(types)
    .filter(([oid]) => !['17', '25', '26', '3999'].includes(oid))
    .map(([, [source, type]]) => ({ source, type })),
  { source: 'numeric(p,s)', type: { kind: 'decimal', precision: 38, scale: 37 }, remark: 'With its own digits.' },
]

export function toColumn(raw: RawColumn, nullable: boolean): Column {
  const { name, dataTypeID: oid, dataTypeModifier: modifier } = raw
  if (oid === 1700) {
    const type = decimalOf(modifier)
    const digits = type.kind === 'decimal' && type.precision !== null ? `(${type.precision},${type.scale})` : ''
    return { name, type, nullable, sourceType: `numeric${digits}` }
  }
  const [declared, type] = types[oid] ?? [`type ${oid}`, text]
  const sized = (oid === 1042 || oid === 1043) && modifier > 4
  return { name, type, nullable, sourceType: sized ? `${declared}(${modifier - 4})` : declared }
}

/** Turns the server's text into the canonical one. */
export function canonicalCell(type: LogicalType): ((text: string) => string) | null {
  switch (type.kind) {
    case 'float':
      return (value) => canonicalFloatText(Number(value.replace(/^(-?)inf(inity)?$/i, '$1Infinity')), type.bits)
    case 'binary':
      return (value) => (value.startsWith('\\x') ? value : `\\x${value.toLowerCase()}`)
    default:
      return null
  }
}
