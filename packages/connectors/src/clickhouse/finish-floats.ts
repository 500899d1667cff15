import { type Column, canonicalFloatText, type LogicalType, type RowBlock } from '@millrace/formats'

type Rewrite = (text: string) => string

/** Brings the floats of blocks, which are as ClickHouse prints them, into canonical text. */
export function createFloatFinisher(columns: readonly Column[]): (block: RowBlock) => RowBlock {
  const floats = columns.flatMap(({ type }, place) => {
    const bits = floatBits(type)
    return bits === null ? [] : [{ place, bits, rewrite: type.kind === 'list' ? inList(bits) : one(bits) }]
  })
  let extra = Buffer.alloc(0)

  return (block) => {
    if (floats.length === 0) return block
    const { data, starts, lengths, rowCount, columnCount } = block
    const changed: { cell: number; text: string }[] = []
    let size = 0
    for (const { place, bits, rewrite } of floats) {
      for (let row = 0, cell = place; row < rowCount; row++, cell += columnCount) {
        const length = lengths[cell] as number
        const start = starts[cell] as number
        if (length < 0 || isCanonical(data, start, length, bits)) continue
        const before = data.toString('latin1', start, start + length)
        const text = rewrite(before)
        if (text === before) continue
        changed.push({ cell, text })
        size += text.length
      }
    }
    if (changed.length === 0) return block
    // New texts stand behind a copy of the block's bytes.
    if (extra.length < data.length + size) extra = Buffer.allocUnsafeSlow((data.length + size) * 2)
    extra.set(data)
    let at = data.length
    for (const { cell, text } of changed) {
      starts[cell] = at
      lengths[cell] = extra.write(text, at, 'latin1')
      at += lengths[cell] as number
    }
    return { ...block, data: extra }
  }
}

function floatBits(type: LogicalType): 32 | 64 | null {
  if (type.kind === 'float') return type.bits
  return type.kind === 'list' && type.element.kind === 'float' ? type.element.bits : null
}

/** Few enough digits, and neither an exponent nor a word: both systems print such a number alike. */
function isCanonical(data: Buffer, start: number, length: number, bits: 32 | 64): boolean {
  if (length > (bits === 32 ? 6 : 15)) return false
  for (let at = start; at < start + length; at++) if ((data[at] as number) > 0x39) return false
  // 0.00001 is 1e-05.
  return length < 7 || data.toString('latin1', start, start + 7).search(/^-?0\.0{3}/) < 0
}

function one(bits: 32 | 64): Rewrite {
  return (text) => canonicalFloatText(numberOf(text), bits)
}

function inList(bits: 32 | 64): Rewrite {
  return (text) => {
    if (text.length === 2) return text
    const items = text.slice(1, -1).split(',')
    return `{${items.map((item) => (item === 'NULL' ? item : canonicalFloatText(numberOf(item), bits))).join(',')}}`
  }
}

function numberOf(text: string): number {
  if (text === 'nan' || text === '-nan') return Number.NaN
  if (text === 'inf') return Number.POSITIVE_INFINITY
  return text === '-inf' ? Number.NEGATIVE_INFINITY : Number(text)
}
