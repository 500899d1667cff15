import { type Column, type ContentHash, createRowHasher, type RowBlock, readCsv } from '@millrace/formats'
import { postgresListText } from '../kit/clickhouse-list.ts'
import type { StoredColumn } from './columns.ts'

/** The hash of rows as they were written for Tinybird, in the canonical text of the columns' logical types. */
export async function hashStagedRows(
  content: AsyncIterable<Uint8Array>,
  layout: readonly StoredColumn[],
  columns: readonly Column[],
): Promise<ContentHash> {
  const hasher = createRowHasher(columns)
  const canonical = createCanonicalizer(layout, columns)
  for await (const block of readCsv(content, { columnCount: layout.length })) hasher.update(canonical(block))
  return hasher.digest()
}

/** Picks the cells of `columns` and puts those whose text is another one back into canonical form. */
function createCanonicalizer(
  layout: readonly StoredColumn[],
  columns: readonly Column[],
): (block: RowBlock) => RowBlock {
  const places = columns.map(({ name }) => layout.findIndex((column) => column.name === name))
  const rewrites = columns.map(({ type }, index) => rewriteOf(type, layout[places[index] as number]?.type ?? ''))
  if (places.length === layout.length && places.every((place, index) => place === index && !rewrites[index])) {
    return (block) => block
  }
  return ({ data, starts, lengths, rowCount, columnCount }) => {
    const size = rowCount * columns.length
    const picked = { starts: new Int32Array(size), lengths: new Int32Array(size) }
    const added: Buffer[] = [data]
    let end = data.length
    for (let row = 0, out = 0; row < rowCount; row++) {
      for (let c = 0; c < columns.length; c++, out++) {
        const cell = row * columnCount + (places[c] as number)
        const start = starts[cell] as number
        const length = lengths[cell] as number
        const rewrite = rewrites[c]
        picked.starts[out] = start
        picked.lengths[out] = length
        if (!rewrite || length < 0) continue
        const text = Buffer.from(rewrite(data.toString('utf8', start, start + length)))
        picked.starts[out] = end
        picked.lengths[out] = text.length
        added.push(text)
        end += text.length
      }
    }
    const bytes = added.length === 1 ? data : Buffer.concat(added, end)
    return { data: bytes, rowCount, columnCount: columns.length, ...picked }
  }
}

function rewriteOf(type: Column['type'], stored: string): ((text: string) => string) | null {
  if (type.kind === 'list' && stored.startsWith('Array(')) {
    const { element } = type
    const utc = element.kind === 'timestamp' && element.utc
    return (text) => postgresListText(text, element, utc)
  }
  const isTime = /DateTime/.test(stored)
  return type.kind === 'timestamp' && type.utc && isTime ? (text) => `${text}+00` : null
}
