import { DataError } from '@millrace/core'
import { type Column, type LogicalType, type RowBlock, UnrepresentableValueError } from '@millrace/formats'
import type { SqliteValue } from './database.ts'
import { logicalType } from './types.ts'

export type Bind = (data: Buffer, start: number, end: number) => SqliteValue

/** How a column's canonical text becomes the value that its destination stores. */
export function bindColumn(column: Column, declared: string): Bind {
  const stored = logicalType(declared) ?? { kind: 'text' }
  // A text column takes whatever comes as its canonical text.
  if (stored.kind === 'text') return text
  return bindAs(column.type, stored, column.name)
}

const text: Bind = (data, start, end) => data.toString('utf8', start, end)

function bindAs(type: LogicalType, stored: LogicalType, name: string): Bind {
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
        if (value !== BigInt.asIntN(64, value)) throw new UnrepresentableValueError(name, 'integer-range', digits)
        return value
      }
    case 'float':
      return (data, start, end) => {
        const digits = data.toString('latin1', start, end)
        // SQLite makes NULL of NaN and 0 of -0; the first it keeps as text, which every column may hold.
        if (digits === 'NaN') return digits
        if (digits === '-0') throw new UnrepresentableValueError(name, 'negative-zero', digits)
        const value = Number(digits)
        return Number.isNaN(value) ? refuse(name, 'number', digits) : value
      }
    case 'binary':
      return (data, start, end) => Buffer.from(data.toString('latin1', start + 2, end), 'hex')
    default:
      return text
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
