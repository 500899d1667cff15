import type { Column } from '@millrace/formats'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { OpenOptions } from '../kit/connector.ts'
import { createRowSource, type RowDialect } from '../kit/row-source.ts'
import { createSessionPool } from '../kit/session-pool.ts'
import type { Source } from '../kit/source.ts'
import { describeRelation, listTables } from './catalog.ts'
import { openSession, type Session } from './session.ts'
import { quoteName, quoteText } from './sql-text.ts'
import { cellText, hasSevenDigits, readExpression } from './types.ts'

/**
 * One connection reads all. Where the database allows snapshot isolation, all of it is one snapshot;
 * elsewhere each statement sees what was committed when it read.
 */
export async function openMssqlSource(config: ConfigValues, { signal }: OpenOptions = {}): Promise<Source> {
  const session = await openSession(config, signal)
  // A stream holds the connection until it ends.
  const turns = createSessionPool<Session>(1, async () => session)
  try {
    const snapshot = await beginSnapshot(session)
    const source = createRowSource({
      dialect: 'mssql',
      position: { snapshot },
      sql: dialect,
      listTables: (patterns) => turns.use((own) => listTables(own, patterns)),
      describe: (relation) => turns.use((own) => describeRelation(own, relation)),
      async *rows(sql, columns, stop) {
        const texts = columns.map(cellText)
        const own = await turns.acquire(stop)
        try {
          for await (const { rows } of own.stream(sql, stop)) {
            yield rows.map((row) => texts.map((text, index) => (row[index] == null ? null : text(row[index]))))
          }
        } finally {
          turns.release(own, false)
        }
      },
      close: () => session.close(),
    })
    return {
      ...source,
      async *read(request) {
        const { columns } = await turns.use((own) => describeRelation(own, request.relation))
        const fine = columns.filter(
          ({ name, sourceType }) =>
            hasSevenDigits(sourceType) && request.columns.some((column) => column.name === name),
        )
        for (const { name } of fine) {
          const cut = await turns.use((own) => countCut(own, request.relation, name))
          if (cut > 0) request.ledger.record(name, 'nanoseconds', 'altered', cut)
        }
        yield* source.read(request)
      },
    }
  } catch (error) {
    await session.close()
    throw error
  }
}

async function beginSnapshot(session: Session): Promise<boolean> {
  const { rows } = await session.all('SELECT snapshot_isolation_state FROM sys.databases WHERE database_id = DB_ID()')
  if (Number(rows[0]?.[0]) !== 1) return false
  await session.run('SET TRANSACTION ISOLATION LEVEL SNAPSHOT')
  await session.run('BEGIN TRANSACTION')
  session.keepTransaction()
  // The snapshot is taken by the first statement that reads.
  await session.all('SELECT TOP (1) object_id FROM sys.objects')
  return true
}

/** Rows whose last digit of a second is not zero. */
async function countCut(
  session: Session,
  relation: Parameters<typeof describeRelation>[1],
  name: string,
): Promise<number> {
  const { from } = await describeRelation(session, relation)
  const { rows } = await session.all(
    `SELECT COUNT_BIG(*) AS n FROM ${from} WHERE DATEPART(nanosecond, ${quoteName(name)}) % 1000 <> 0`,
  )
  return Number(rows[0]?.[0])
}

const dialect: RowDialect = {
  quote: quoteName,
  read: readExpression,
  literal: typedLiteral,
  earlier(column, literal, amount) {
    switch (column.type.kind) {
      case 'timestamp': {
        const seconds = Math.trunc(amount)
        return `DATEADD(microsecond, -${Math.round((amount - seconds) * 1_000_000)}, DATEADD(second, -${seconds}, ${literal}))`
      }
      case 'date':
        return `DATEADD(day, -${Math.floor(amount / 86_400)}, ${literal})`
      case 'integer':
        return `(CONVERT(decimal(38, 0), ${literal}) - ${Math.ceil(amount)})`
      case 'decimal':
      case 'float':
        return `(${literal} - ${amount})`
      default:
        return null
    }
  },
}

/** Canonical text back to a value of the column's type. */
function typedLiteral({ type, sourceType }: Column, text: string): string {
  switch (type.kind) {
    case 'boolean':
      return text === 't' ? '1' : '0'
    case 'integer':
      return text
    case 'binary':
      return `0x${text.slice(2)}`
    case 'text':
      return quoteText(text)
    case 'timestamp':
      return `CONVERT(${sourceType}, ${quoteText(text.replace(/\+00$/, '+00:00'))}, 121)`
    default:
      return `CONVERT(${sourceType}, ${quoteText(text)})`
  }
}
