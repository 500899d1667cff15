import { DataError } from '@millrace/core'
import {
  type Column,
  type LogicalType,
  type LossLedger,
  type RowBlock,
  type UnrepresentablePolicy,
  UnrepresentableValueError,
} from '@millrace/formats'
import type { SqliteValue } from './database.ts'
import { logicalType } from './types.ts'

/** Takes a value that SQLite cannot hold: throws, or counts it and lets NULL stand for it. */
export type Refuse = (column: string, reason: string, value: string) => null

export type Bind = (data: Buffer, start: number, end: number) => SqliteValue

/** How a column's canonical text becomes the value that its destination stores. */
export function bindColumn(column: Column, declared: string, lost: Refuse): Bind {
  const stored = logicalType(declared) ?? { kind: 'text' }
  // A text column takes whatever comes as its canonical text.
  if (stored.kind === 'text') return text
  return bindAs(column.type, stored, column.name, lost)
}

const text: Bind = (data, start, end) => data.toString('utf8', start, end)

function bindAs(type: LogicalType, stored: LogicalType, name: string, lost: Refuse): Bind {
  switch (type.kind) {
    case 'boolean':
      return (data, start, end) => {
        const value = data.toString('latin1', start, end)
        if (value === 't') return 1n
        return value === 'f' ? 0n : refuse(name, 'boolean', value)
      }
    case 'integer':
      if (stored.kind !== 'integer') return text
      return (data, start, end) => {
        const digits = data.toString('latin1', start, end)
        if (!/^-?\d+$/.test(digits)) return refuse(name, 'integer', digits)
        // Bound as BigInt: a number would be stored as a float.
        const value = BigInt(digits)
        if (value !== BigInt.asIntN(64, value)) return lost(name, 'integer-range', digits)
        return value
      }
    case 'float':
      return (data, start, end) => {
        const digits = data.toString('latin1', start, end)
        // SQLite makes NULL of NaN and 0 of -0; the first it keeps as text, which every column may hold.
        if (digits === 'NaN') return digits
        if (digits === '-0') return lost(name, 'negative-zero', digits)
        const value = Number(digits)
        return Number.isNaN(value) ? refuse(name, 'number', digits) : value
      }
    case 'binary':
      return (data, start, end) => Buffer.from(data.toString('latin1', start + 2, end), 'hex')
    default:
      return text
  }
}

/** How the policy of a load treats values that SQLite cannot hold. */
export function refuseBy(policy: UnrepresentablePolicy, ledger: LossLedger): Refuse {
  return (column, reason, value) => {
    if (policy !== 'null') throw new UnrepresentableValueError(column, reason, value)
    ledger.record(column, reason, 'nulled')
    return null
  }
}

function refuse(column: string, what: string, value: string): never {
  throw new DataError('DATA_REJECTED', {
    message: `Column "${column}" holds ${JSON.stringify(value.slice(0, 80))}, which is not a ${what}. Copy the column as text, or correct the value at the source.`,
    details: { column },
  })
}

/** The values of one row. */
export function bindRow(block: RowBlock, row: number, binds: readonly Bind[], into: SqliteValue[], at: number): void {
  const { data, starts, lengths, columnCount } = block
  for (let column = 0; column < binds.length; column++) {
    const cell = row * columnCount + column
    const length = lengths[cell] as number
    const start = starts[cell] as number
    into[at + column] = length < 0 ? null : (binds[column] as Bind)(data, start, start + length)
  }
}
