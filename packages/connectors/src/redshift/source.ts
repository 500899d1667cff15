import type { Column } from '@millrace/formats'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { OpenOptions } from '../kit/connector.ts'
import { createRowSource, type RowDialect } from '../kit/row-source.ts'
import { createSessionPool } from '../kit/session-pool.ts'
import type { Source } from '../kit/source.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { describeRelation, listTables } from './catalog.ts'
import { readRows } from './read-cursor.ts'
import { openSession, type Session } from './session.ts'

const begin = 'begin isolation level serializable read only'

/**
 * One session, whose transaction is the snapshot: Redshift has no way to share one between sessions.
 * After a failure or an abort the transaction is gone, and the source goes on in a new one.
 */
export async function openRedshiftSource(config: ConfigValues, { signal }: OpenOptions = {}): Promise<Source> {
  const sessions = createSessionPool(1, async (openSignal) => {
    const session = await openSession(config, openSignal)
    await session.run(begin)
    return session
  })
  try {
    // The snapshot is taken by the first statement that reads.
    await sessions.use((session) => session.one('select count(*) from pg_namespace'), signal)
  } catch (error) {
    await sessions[Symbol.asyncDispose]()
    throw error
  }
  const use = <T>(work: (session: Session) => Promise<T>) => sessions.use(work)

  return createRowSource({
    dialect: 'redshift',
    position: { openedAt: new Date().toISOString() },
    sql: dialect,
    listTables: (patterns) => use((session) => listTables(session, patterns)),
    describe: (relation) => use((session) => describeRelation(session, relation)),
    async *rows(sql, columns, stop) {
      const session = await sessions.acquire(stop)
      let broken = true
      try {
        yield* readRows(session, sql, columns, stop)
        broken = false
      } finally {
        sessions.release(session, broken)
      }
    },
    close: async () => await sessions[Symbol.asyncDispose](),
  })
}

const dialect: RowDialect = {
  quote: quoteName,
  // Single precision is printed with too few digits, as a double it has all.
  read: ({ name, type }) =>
    type.kind === 'float' && type.bits === 32 ? `${quoteName(name)}::double precision` : quoteName(name),
  literal: typedLiteral,
  earlier(column, literal, amount) {
    switch (column.type.kind) {
      case 'timestamp':
      case 'date':
        return `${literal} - interval '${Number(amount)} seconds'`
      case 'integer':
      case 'decimal':
      case 'float':
        return `${literal} - ${Number(amount)}`
      default:
        return null
    }
  },
}

function typedLiteral(column: Column, text: string): string {
  const value = textLiteral(text)
  switch (column.type.kind) {
    case 'text':
    case 'json':
      return value
    case 'binary':
      return column.sourceType === 'bytea' ? `${value}::bytea` : `from_hex(${textLiteral(text.slice(2))})`
    case 'decimal':
      // A bare numeric has no digits after the point there.
      return `${value}::${column.sourceType === 'numeric' ? 'numeric(38,10)' : column.sourceType}`
    default:
      return `${value}::${column.sourceType}`
  }
}

/** Whether a backslash in a literal stands for itself is a setting, so none is written. */
function textLiteral(text: string): string {
  return text
    .split('\\')
    .map((part) => `'${part.replaceAll("'", "''")}'`)
    .join(' || chr(92) || ')
    .replace(/^(.* \|\| .*)$/s, '($1)')
}
