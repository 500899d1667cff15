import {
  type Column,
  createCsvEncoder,
  type LossLedger,
  type Piece,
  type RowBlock,
  type RowEncoder,
  type UnrepresentablePolicy,
  UnrepresentableValueError,
} from '@millrace/formats'

export interface PostgresLimits {
  readonly columns: readonly Column[]
  /** The columns before any was overridden to text: values that made it necessary are then counted. */
  readonly native: readonly Column[]
  readonly policy: UnrepresentablePolicy
  readonly ledger: LossLedger
}

/**
 * Canonical CSV for PostgreSQL: NUL bytes and dates that no calendar has, such as MySQL's
 * `0000-00-00`, follow the policy instead of being refused by the server in the middle of a load.
 */
export function createPostgresCsvEncoder(limits: PostgresLimits): RowEncoder {
  const encoder = createCsvEncoder({ columns: limits.columns })
  const dates = limits.columns.flatMap((column, index) => dateCheck(column, index, limits))
  return {
    encode(block): Piece[] {
      for (const check of dates) check(block)
      const pieces = encoder.encode(block) as Piece[]
      // One search through the written bytes costs next to nothing; hardly any text has a NUL.
      if (!pieces.some(({ bytes }) => bytes.includes(0))) return pieces
      refuseNulBytes(block, limits)
      return encoder.encode(block) as Piece[]
    },
    finish: () => [],
  }
}

function dateCheck(column: Column, index: number, limits: PostgresLimits): ((block: RowBlock) => void)[] {
  const { kind } = (limits.native[index] ?? column).type
  if (kind !== 'date' && kind !== 'timestamp') return []
  return [
    (block) => {
      const { data, starts, lengths, rowCount, columnCount } = block
      for (let row = 0, cell = index; row < rowCount; row++, cell += columnCount) {
        const length = lengths[cell] as number
        if (length < 10) continue
        const reason = whyNoDate(data, starts[cell] as number, length)
        if (reason === null) continue
        if (column.type.kind === 'text') limits.ledger.record(column.name, reason, 'kept-as-text')
        else refuse(block, cell, column, reason, limits)
      }
    },
  ]
}

const daysOfMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Why `YYYY-MM-DD…` is no date. Other shapes, such as infinity, are left to the server. */
function whyNoDate(data: Buffer, start: number, length: number): string | null {
  let year = 0
  let at = start
  const end = start + length - 6
  while (at < end && isDigit(data[at])) year = year * 10 + digit(data[at++])
  if (at - start < 4 || data[at] !== 0x2d || data[at + 3] !== 0x2d) return null
  if (!isDigit(data[at + 1]) || !isDigit(data[at + 2]) || !isDigit(data[at + 4]) || !isDigit(data[at + 5])) return null
  const month = digit(data[at + 1]) * 10 + digit(data[at + 2])
  const day = digit(data[at + 4]) * 10 + digit(data[at + 5])
  if (year === 0 || month === 0 || day === 0) return 'zero-date'
  if (month > 12 || day > (daysOfMonth[month - 1] as number)) return 'invalid-text'
  if (month !== 2 || day < 29) return null
  const bc = data[start + length - 1] === 0x43
  return isLeap(bc ? 1 - year : year) ? null : 'invalid-text'
}

const isDigit = (byte: number | undefined) => byte !== undefined && byte >= 0x30 && byte <= 0x39
const digit = (byte: number | undefined) => (byte as number) - 0x30
const isLeap = (year: number) => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)

function refuseNulBytes(block: RowBlock, limits: PostgresLimits): void {
  const { data, starts, lengths, rowCount, columnCount } = block
  for (let cell = 0; cell < rowCount * columnCount; cell++) {
    const length = lengths[cell] as number
    const start = starts[cell] as number
    if (length < 1 || !data.subarray(start, start + length).includes(0)) continue
    refuse(block, cell, limits.columns[cell % columnCount] as Column, 'nul-byte', limits)
  }
}

function refuse(block: RowBlock, cell: number, column: Column, reason: string, limits: PostgresLimits): void {
  if (limits.policy === 'null') {
    limits.ledger.record(column.name, reason, 'nulled')
    block.lengths[cell] = -1
    return
  }
  const start = block.starts[cell] as number
  const value = block.data.toString('utf8', start, start + (block.lengths[cell] as number))
  throw new UnrepresentableValueError(column.name, reason, value.replaceAll('\0', '\\0'))
}
