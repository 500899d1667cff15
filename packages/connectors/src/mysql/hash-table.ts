import { type Column, type ContentHash, createRowHasher } from '@millrace/formats'
import { createCanonicalizer } from './canonical-block.ts'
import type { Session } from './session.ts'
import { quoteName } from './sql-text.ts'
import { type Kill, readRows } from './statement.ts'
import { parseDeclaration } from './types.ts'
import { isText } from './widening.ts'

/** The content hash of a table whose columns may be stored in other types than their logical ones. */
export async function hashTable(
  session: Session,
  kill: Kill,
  address: string,
  columns: readonly Column[],
  /** Declarations of the stored columns, in the same order. */
  stored: readonly string[],
  signal?: AbortSignal,
): Promise<ContentHash> {
  const expressions = columns.map((column, index) => storedExpression(column, stored[index] ?? 'longtext'))
  const canonical = createCanonicalizer(
    columns.map(({ name, type }, index) => {
      const declaration = stored[index] ?? 'longtext'
      // Text is hashed as it stands: it holds the canonical text already.
      return { name, type, declaration: isText(parseDeclaration(declaration)) ? 'longtext' : declaration }
    }),
  )
  const hasher = createRowHasher(columns)
  const sql = `SELECT ${expressions.join(', ') || '1'} FROM ${address}`
  for await (const block of readRows(session, sql, kill, signal)) hasher.update(canonical(block))
  return hasher.digest()
}

function storedExpression(column: Column, declaration: string): string {
  const name = quoteName(column.name)
  const declared = parseDeclaration(declaration)
  if (declared.name === 'float') return `CAST(${name} AS DOUBLE)`
  const { type } = column
  if (declared.name === 'decimal' && type.kind !== 'decimal') return `ROUND(${name}, 0)`
  if (declared.name === 'decimal' && type.kind === 'decimal' && type.scale !== null) {
    const scale = Math.max(0, type.scale)
    return scale === (declared.numbers[1] ?? 0) ? name : `ROUND(${name}, ${scale})`
  }
  return name
}
