import { ConfigError } from '@millrace/core'
import type { Column } from '@millrace/formats'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { OpenOptions } from '../kit/connector.ts'
import { createRowSource, type RowDialect } from '../kit/row-source.ts'
import type { Source } from '../kit/source.ts'
import { quoteName } from '../kit/sql-quote.ts'
import type { TextRow } from '../kit/text-cells.ts'
import { describeRelation, listTables, quoteText } from './catalog.ts'
import { openSession, type Result } from './session.ts'
import { canonicalCell, readExpression } from './types.ts'

const batchRows = 1000

/**
 * Tables with time travel are read as they were when the source was opened. Of anything else, each
 * statement runs once and its result is what is read, counted and hashed.
 */
export async function openSnowflakeSource(config: ConfigValues, { signal }: OpenOptions = {}): Promise<Source> {
  const session = await openSession(config, 'tinybird_query', signal)
  const results = new Map<string, Promise<Result>>()
  try {
    const [now] = await session.all(
      "SELECT TO_VARCHAR(CONVERT_TIMEZONE('UTC', CURRENT_TIMESTAMP()), 'YYYY-MM-DD HH24:MI:SS.FF9') || ' +0000'",
      signal,
    )
    const openedAt = now?.[0] ?? ''
    const resultOf = (sql: string, stop: AbortSignal | undefined) => {
      let result = results.get(sql)
      if (!result) {
        result = session.run(sql, stop)
        results.set(sql, result)
        result.catch(() => results.delete(sql))
      }
      return result
    }
    const source = createRowSource({
      dialect: 'snowflake',
      position: { openedAt },
      sql: dialect,
      listTables: (patterns) => listTables(session, config, patterns),
      describe: (relation) => describeRelation(session, config, relation, openedAt),
      async *rows(sql, columns, stop) {
        const turn = columns.map(canonicalCell)
        const result = await resultOf(sql, stop)
        let batch: TextRow[] = []
        for await (const row of result.rows(stop)) {
          batch.push(row.map((cell, index) => (cell === null ? null : (turn[index]?.(cell) ?? cell))))
          if (batch.length < batchRows) continue
          yield batch
          batch = []
        }
        if (batch.length > 0) yield batch
      },
      countRows: async (sql, _columns, stop) => (await resultOf(sql, stop)).rowCount,
      close: () => session.close(),
    })
    return {
      ...source,
      async cursorMark(relation, cursor, keys) {
        // The greatest cursor and the rows below it have to be of one moment.
        const { hasHistory } = await describeRelation(session, config, relation, openedAt)
        if (hasHistory) return await source.cursorMark(relation, cursor, keys)
        throw new ConfigError('CURSOR_NEEDS_TABLE', {
          message:
            'Snowflake can read only tables with time travel as they were at one moment, which a copy with a cursor needs. Name such a table (DATA_RETENTION_TIME_IN_DAYS above 0) instead of a query or a view.',
        })
      },
    }
  } catch (error) {
    await session.close()
    throw error
  }
}

const dialect: RowDialect = {
  quote: quoteName,
  read: readExpression,
  literal: typedLiteral,
  earlier(column, literal, amount) {
    switch (column.type.kind) {
      case 'timestamp':
        return `DATEADD(microsecond, -${Math.trunc(amount * 1_000_000)}, ${literal})`
      case 'date':
        return `DATEADD(day, -${Math.ceil(amount / 86_400)}, ${literal})`
      case 'integer':
      case 'decimal':
      case 'float':
        return `${literal} - ${Number(amount)}`
      default:
        return null
    }
  },
}

function typedLiteral({ type, sourceType }: Column, text: string): string {
  const value = quoteText(text)
  switch (type.kind) {
    case 'boolean':
      return text === 't' ? 'TRUE' : 'FALSE'
    case 'binary':
      return `TO_BINARY(${quoteText(text.slice(2))}, 'HEX')`
    case 'timestamp':
      return `${quoteText(text.replace(/\+00$/, ' +0000'))}::${sourceType}`
    case 'text':
    case 'json':
      return value
    default:
      return `${value}::${sourceType}`
  }
}
