import {
  type Column,
  type LossLedger,
  type RowBlock,
  type UnrepresentablePolicy,
  UnrepresentableValueError,
} from '@millrace/formats'
import { geometryNames, parseDeclaration } from './types.ts'
import { isText } from './widening.ts'

/** What happens to values that the server has no place for. */
export interface StorePolicy {
  readonly policy: UnrepresentablePolicy
  readonly ledger: LossLedger
}

/** How a column's stored value is made from its field. */
export type StoredAs = 'text' | 'hex' | 'wkb-hex' | 'bits'

export function storedAs(column: Column, declaration: string): StoredAs {
  const declared = parseDeclaration(declaration)
  if (declared.name === 'bit') return 'bits'
  if (geometryNames.has(declared.name)) return 'wkb-hex'
  return column.type.kind === 'binary' && !isText(declared) ? 'hex' : 'text'
}

type Check = (block: RowBlock, index: number, column: Column, losses: StorePolicy) => void

/**
 * Changes blocks of canonical text, in place, to what the destination's columns take: `t` and `f` to
 * 1 and 0, no `+00` and no `\x`. Values that MySQL does not have, such as infinity, follow the policy.
 */
export function createStoredText(
  columns: readonly Column[],
  declarations: readonly string[],
  losses: StorePolicy,
): (block: RowBlock) => void {
  const checks = columns.map((column, index) => checkOf(column, declarations[index] ?? 'longtext'))
  return (block) => {
    for (let index = 0; index < checks.length; index++) checks[index]?.(block, index, columns[index] as Column, losses)
  }
}

function checkOf(column: Column, declaration: string): Check | null {
  const declared = parseDeclaration(declaration)
  // Text columns keep the canonical text, whatever it stands for.
  if (isText(declared)) return null
  switch (column.type.kind) {
    case 'boolean':
      return booleans
    case 'binary':
      return withoutPrefix
    case 'timestamp':
      return times('infinite-timestamp', 'timestamp-range', column.type.utc ? 3 : 0)
    case 'date':
      return times('infinite-date', 'date-range', 0)
    case 'decimal':
    case 'float':
      return numbers(column.type.kind)
    default:
      return null
  }
}

const booleans: Check = ({ data, starts, lengths, rowCount, columnCount }, index) => {
  for (let row = 0, cell = index; row < rowCount; row++, cell += columnCount) {
    if ((lengths[cell] as number) < 0) continue
    const start = starts[cell] as number
    data[start] = data[start] === 0x74 ? 0x31 : 0x30
    lengths[cell] = 1
  }
}

const withoutPrefix: Check = ({ starts, lengths, rowCount, columnCount }, index) => {
  for (let row = 0, cell = index; row < rowCount; row++, cell += columnCount) {
    if ((lengths[cell] as number) < 2) continue
    starts[cell] = (starts[cell] as number) + 2
    lengths[cell] = (lengths[cell] as number) - 2
  }
}

/** Years have four digits here and begin with 0. */
function times(infinite: string, range: string, zone: number): Check {
  return (block, index, column, losses) => {
    const { data, starts, lengths, rowCount, columnCount } = block
    for (let row = 0, cell = index; row < rowCount; row++, cell += columnCount) {
      const length = lengths[cell] as number
      if (length < 0) continue
      const start = starts[cell] as number
      const last = data[start + length - 1] as number
      if (last === 0x79) refuse(block, cell, column, infinite, losses)
      else if (last === 0x43 || data[start + 4] !== 0x2d) refuse(block, cell, column, range, losses)
      else lengths[cell] = length - zone
    }
  }
}

function numbers(kind: 'decimal' | 'float'): Check {
  return (block, index, column, losses) => {
    const { data, starts, lengths, rowCount, columnCount } = block
    for (let row = 0, cell = index; row < rowCount; row++, cell += columnCount) {
      const length = lengths[cell] as number
      if (length < 2) continue
      const start = starts[cell] as number
      const last = data[start + length - 1] as number
      // The server stores 0, without the sign.
      if (kind === 'float' && length === 2 && last === 0x30 && data[start] === 0x2d)
        refuse(block, cell, column, 'negative-zero', losses)
      if (last === 0x4e) refuse(block, cell, column, `${kind}-nan`, losses)
      else if (last === 0x79) refuse(block, cell, column, `${kind}-infinity`, losses)
    }
  }
}

function refuse(block: RowBlock, cell: number, column: Column, reason: string, losses: StorePolicy): void {
  if (losses.policy === 'null') {
    losses.ledger.record(column.name, reason, 'nulled')
    block.lengths[cell] = -1
    return
  }
  const start = block.starts[cell] as number
  const value = block.data.toString('utf8', start, start + (block.lengths[cell] as number))
  throw new UnrepresentableValueError(column.name, reason, value)
}
