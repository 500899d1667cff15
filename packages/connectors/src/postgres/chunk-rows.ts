import { ConfigError } from '@millrace/core'
import type { Chunk } from '../kit/source.ts'
import { quoteName } from '../kit/sql-quote.ts'
import type { PgTable } from './catalog.ts'
import { otherParts, type Part, pageRange, partsOf, rangeSource } from './chunks.ts'
import { quoteTable } from './identifiers.ts'
import type { RowsSql } from './read.ts'
import type { Session } from './session.ts'
import type { Snapshot } from './snapshot.ts'
import type { PgColumn } from './types.ts'

/**
 * Where the rows of a planned chunk lie now. The plan may be older than the snapshot, when a load is
 * taken up again: partitions that were dropped or detached since then hold no rows of the table any
 * more, and those that came since belong to the last chunk.
 */
export async function chunkRows(
  snapshot: Snapshot,
  session: Session,
  table: PgTable,
  columns: readonly PgColumn[],
  chunk: Chunk,
): Promise<RowsSql> {
  const whole = quoteTable(table.schema, table.name)
  const others = otherParts(chunk)
  if (others) {
    const parts = (await partsOf(session, table)).filter((part) => !others.knownParts.includes(part.oid))
    return parts.length === 0 ? { from: whole, conditions: ['false'] } : await unionOf(snapshot, columns, parts)
  }
  const range = pageRange(chunk)
  if (!range) return { from: whole, conditions: [] }
  if (!range.isPart) {
    if (table.kind === 'r') return pagesOf({ ...range, schema: table.schema, table: table.name })
    throw new ConfigError('PLAN_OUTDATED', {
      message: `${whole} is no plain table any more, as it was when this load began. Start the load anew with --restart.`,
      details: { table: whole },
    })
  }
  const part = (await partsOf(session, table)).find((candidate) => candidate.oid === range.oid)
  return part ? pagesOf({ ...range, schema: part.schema, table: part.name }) : { from: whole, conditions: ['false'] }
}

function pagesOf(range: Parameters<typeof rangeSource>[0]): RowsSql {
  const { from, condition } = rangeSource(range)
  return { from, conditions: [condition] }
}

async function unionOf(snapshot: Snapshot, columns: readonly PgColumn[], parts: readonly Part[]): Promise<RowsSql> {
  for (const part of parts) if (part.kind === 'r') await snapshot.holdFile(part)
  // By name, because partitions may have their columns in another order.
  const list = columns.map((column) => quoteName(column.name)).join(', ')
  const selects = parts.map((part) => `select ${list} from only ${quoteTable(part.schema, part.name)}`)
  return { from: `(${selects.join(' union all ')}) as "parts"`, conditions: [] }
}
