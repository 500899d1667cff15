import { ConfigError } from '@millrace/core'
import type { Column } from '@millrace/formats'
import type { OpenOptions } from '../kit/connector.ts'
import { createRowSource, type RowDialect } from '../kit/row-source.ts'
import type { Source } from '../kit/source.ts'
import type { TextRow } from '../kit/text-cells.ts'
import { describeRelation, listTables, quoteName } from './catalog.ts'
import { cellWriter } from './cell-text.ts'
import type { Client, Job } from './client.ts'

/**
 * Tables are read as they were when the source was opened. Of anything else, each statement runs once
 * and its result, which BigQuery keeps for a day, is what is read, counted and hashed.
 */
export async function openBigquerySource(client: Client, { signal }: OpenOptions = {}): Promise<Source> {
  const openedAt = await currentTime(client, signal)
  const jobs = new Map<string, Promise<Job>>()
  const stop = new AbortController()

  const jobOf = (sql: string, abort: AbortSignal | undefined): Promise<Job> => {
    let job = jobs.get(sql)
    if (!job) {
      job = client.run(sql, AbortSignal.any([stop.signal, ...(abort ? [abort] : [])]))
      jobs.set(sql, job)
      job.catch(() => jobs.delete(sql))
    }
    return job
  }

  const source = createRowSource({
    dialect: 'bigquery',
    position: { project: await client.project(), openedAt },
    sql: dialect,
    listTables: (patterns) => listTables(client, patterns),
    describe: (relation) => describeRelation(client, relation, openedAt),
    async *rows(sql, _columns, abort) {
      const job = await jobOf(sql, abort)
      let token: string | null = null
      do {
        const page = await client.page(job, token, abort)
        const write = page.schema.map(cellWriter)
        yield page.rows.map(({ f }): TextRow => f.map(({ v }, index) => write[index]?.(v) ?? null))
        token = page.next
      } while (token !== null)
    },
    async countRows(sql, _columns, abort) {
      const job = await jobOf(sql, abort)
      return (await client.page(job, null, abort)).totalRows
    },
    async close() {
      stop.abort(new Error('The source was closed.'))
      await Promise.allSettled(jobs.values())
    },
  })

  return {
    ...source,
    async cursorMark(relation, cursor, keys) {
      // The greatest cursor and the rows below it have to be of one moment.
      const { hasHistory } = await describeRelation(client, relation, openedAt)
      if (hasHistory) return await source.cursorMark(relation, cursor, keys)
      throw new ConfigError('CURSOR_NEEDS_TABLE', {
        message:
          'BigQuery can read only tables as they were at one moment, which a copy with a cursor needs. Name a table instead of a query or a view.',
      })
    },
  }
}

async function currentTime(client: Client, signal?: AbortSignal): Promise<string> {
  const job = await client.run("SELECT FORMAT_TIMESTAMP('%F %H:%M:%E6S+00', CURRENT_TIMESTAMP()) AS now", signal)
  const page = await client.page(job, null, signal)
  return String(page.rows[0]?.f[0]?.v)
}

const dialect: RowDialect = {
  quote: quoteName,
  literal: typedLiteral,
  earlier(column, literal, amount) {
    switch (column.type.kind) {
      case 'timestamp': {
        const interval = Number.isInteger(amount) ? `${amount} SECOND` : `${Math.trunc(amount * 1_000_000)} MICROSECOND`
        return `${column.type.utc ? 'TIMESTAMP' : 'DATETIME'}_SUB(${literal}, INTERVAL ${interval})`
      }
      case 'date':
        return `DATE_SUB(${literal}, INTERVAL ${Math.ceil(amount / 86_400)} DAY)`
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
    case 'integer':
      return `CAST(${value} AS INT64)`
    case 'float':
      return `CAST(${value} AS FLOAT64)`
    case 'decimal':
      return `CAST(${value} AS ${sourceType.startsWith('BIG') ? 'BIGNUMERIC' : 'NUMERIC'})`
    case 'boolean':
      return text === 't' ? 'TRUE' : 'FALSE'
    case 'binary':
      return `FROM_HEX(${quoteText(text.slice(2))})`
    case 'timestamp':
      return `${type.utc ? 'TIMESTAMP' : 'DATETIME'} ${value}`
    case 'date':
      return `DATE ${value}`
    case 'time':
      return `TIME ${value}`
    default:
      return value
  }
}

/** A backslash begins an escape in BigQuery's literals. */
function quoteText(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`
}
