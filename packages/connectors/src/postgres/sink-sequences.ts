import type { Column } from '@millrace/formats'
import { quoteName } from '../kit/sql-quote.ts'
import { quoteTable } from './identifiers.ts'
import { type TargetTable, text } from './sink-catalog.ts'
import type { Session } from './sink-sessions.ts'

/**
 * Moves the sequences of serial and identity columns past the loaded values, so that the next
 * application's insert does not collide with a copied row.
 */
export async function advanceSequences(
  session: Session,
  target: TargetTable,
  columns: readonly Column[],
): Promise<void> {
  const rows = await session.select(
    `SELECT a.attname::text AS column, n.nspname::text AS schema, s.relname::text AS name
       FROM pg_depend d
       JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
       JOIN pg_namespace n ON n.oid = s.relnamespace
       JOIN pg_sequence q ON q.seqrelid = s.oid AND q.seqincrement > 0
       JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
       JOIN pg_type t ON t.oid = a.atttypid AND t.typname IN ('int2', 'int4', 'int8')
      WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = $1::oid
        AND d.deptype IN ('a', 'i') AND a.attname = ANY ($2::text[]) AND has_sequence_privilege(s.oid, 'UPDATE')`,
    [target.oid, columns.map((column) => column.name)],
  )
  for (const row of rows) {
    const sequence = quoteTable(text(row, 'schema'), text(row, 'name'))
    await session.execute(
      `SELECT setval($1::regclass, m.greatest) FROM (SELECT max(${quoteName(text(row, 'column'))})::bigint AS greatest FROM ${target.sql}) AS m, ${sequence} AS s
        WHERE m.greatest BETWEEN greatest(s.last_value, 1) AND (SELECT seqmax FROM pg_sequence WHERE seqrelid = $1::regclass)`,
      [sequence],
    )
  }
}
