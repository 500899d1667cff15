import { quoteName, quoteText } from '../engine/quote.ts'
import { rowsOf } from './column.ts'
import type { Load, LoadContext } from './load-context.ts'

/**
 * Shows the staged rows to readers, in one step. The number of rows that were taken, when it is not all
 * of them.
 */
export async function publish(
  context: LoadContext,
  mode: Load['mode'],
  condition: string | null,
): Promise<number | null> {
  const { engine, names, table } = context
  const target = quoteName(table)
  if (mode === 'append') {
    const { parts, dependents } = await traits(context)
    // Parts are linked, not copied; only views need the rows themselves.
    const sql =
      parts && dependents === 0
        ? `ALTER TABLE ${target} ATTACH PARTITION ALL FROM ${names.rows}`
        : `INSERT INTO ${target} SELECT * FROM ${names.rows}`
    await engine.run({ sql })
    return null
  }
  if (condition === null) {
    await engine.run({ sql: `EXCHANGE TABLES ${names.rows} AND ${target}` })
    return null
  }
  const { parts } = await traits(context)
  await engine.run({ sql: `CREATE TABLE ${names.next} AS ${target}` })
  if (parts) {
    await engine.run({ sql: `ALTER TABLE ${names.next} ATTACH PARTITION ALL FROM ${target}` })
    await engine.run({ sql: `ALTER TABLE ${names.next} DELETE WHERE (${condition}\n) SETTINGS mutations_sync = 2` })
  } else {
    await engine.run({ sql: `INSERT INTO ${names.next} SELECT * FROM ${target} WHERE NOT ifNull((${condition}\n), 0)` })
  }
  const { rowsWritten } = await engine.run({
    sql: `INSERT INTO ${names.next} SELECT * FROM ${names.rows} WHERE (${condition}\n)`,
    writes: true,
  })
  await engine.run({ sql: `EXCHANGE TABLES ${names.next} AND ${target}` })
  return rowsWritten
}

async function traits({ engine, table }: LoadContext): Promise<{ parts: boolean; dependents: number }> {
  const [found] = await rowsOf<{ engine: string; dependents: number }>(
    engine,
    `SELECT engine, toUInt32(length(dependencies_table)) AS dependents FROM system.tables
     WHERE database = 'default' AND name = ${quoteText(table)}`,
  )
  return { parts: /MergeTree$/.test(found?.engine ?? ''), dependents: found?.dependents ?? 0 }
}
