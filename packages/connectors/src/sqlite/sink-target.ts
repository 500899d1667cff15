import type { DatabaseSync } from 'node:sqlite'
import { ConfigError } from '@millrace/core'
import type { Target } from '../kit/sink.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { selectCount, selectRows } from './database.ts'

export interface TargetColumn {
  readonly name: string
  readonly declared: string
  readonly nullable: boolean
  readonly hasDefault: boolean
  readonly generated: boolean
}

export interface TargetTable {
  readonly kind: 'table' | 'view'
  readonly columns: readonly TargetColumn[]
  /** Nothing hangs on the table that would be lost with it. */
  readonly plain: boolean
}

export interface TargetPlace {
  readonly name: string
  readonly address: string
  readonly table: TargetTable | null
}

export function findTarget(database: DatabaseSync, target: Target): TargetPlace {
  if (target.kind !== 'table') {
    throw new ConfigError('TABLE_REQUIRED', {
      message: 'A SQLite database takes rows into a table, not into a file. Name one with --into.',
    })
  }
  const { scope, name } = target.table
  if (scope.length > 0 && scope.at(-1) !== 'main') {
    throw new ConfigError('NO_SCHEMAS', {
      message: `SQLite has no schemas, so "${scope.join('.')}" cannot hold a table. Name the table alone.`,
    })
  }
  const address = quoteName(name)
  const [found] = selectRows(
    database,
    "SELECT type, sql FROM sqlite_schema WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE",
    name,
  )
  if (!found) return { name, address, table: null }
  const columns = selectRows(
    database,
    'SELECT name, type, "notnull", dflt_value, hidden, pk FROM pragma_table_xinfo(?) ORDER BY cid',
    name,
  )
  const sql = String(found[1] ?? '')
  const attached =
    selectCount(
      database,
      "SELECT count(*) FROM sqlite_schema WHERE tbl_name = ? COLLATE NOCASE AND type IN ('index', 'trigger')",
      name,
    ) +
    selectCount(
      database,
      'SELECT count(*) FROM sqlite_schema AS s, pragma_foreign_key_list(s.name) AS f WHERE s.type = \'table\' AND (f."table" = ? COLLATE NOCASE OR s.name = ? COLLATE NOCASE)',
      name,
      name,
    )
  return {
    name,
    address,
    table: {
      kind: found[0] === 'view' ? 'view' : 'table',
      columns: columns.map(([column, declared, required, fallback, hidden, key]) => ({
        name: String(column),
        declared: String(declared ?? ''),
        nullable: required === 0n && key === 0n,
        hasDefault: fallback !== null || key !== 0n,
        generated: hidden === 2n || hidden === 3n,
      })),
      plain:
        attached === 0 &&
        columns.every(([, , , fallback, hidden, key]) => fallback === null && hidden === 0n && key === 0n) &&
        !/\b(CHECK|COLLATE|UNIQUE|STRICT|WITHOUT|REFERENCES)\b/i.test(sql.replaceAll(/"([^"]|"")*"/g, '')),
    },
  }
}

export function tableExists(database: DatabaseSync, name: string): boolean {
  return selectCount(database, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?", name) > 0
}
