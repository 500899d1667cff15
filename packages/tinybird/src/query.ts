import { numberOf, record, textOf } from './parse-answer.ts'
import type { Request } from './request.ts'
import { bytesBody } from './request-body.ts'
import type { QueryOptions, QueryResult, TinybirdRow, TinybirdScalar } from './types.ts'

/** Longer statements are sent as a body: servers and proxies limit the length of addresses. */
const longestInUrl = 2000

export async function runQuery(request: Request, sql: string, options: QueryOptions = {}): Promise<QueryResult> {
  const { pipe, signal } = options
  const statement = withFormat(sql)
  const path = '/v0/sql'
  const answer =
    encodeURIComponent(statement).length <= longestInUrl
      ? await request({ method: 'GET', path, query: { q: statement, pipeline: pipe }, signal, wantsJson: true })
      : await request({
          method: 'POST',
          path,
          query: { pipeline: pipe },
          body: bytesBody(statement, 'text/plain; charset=utf-8'),
          signal,
          wantsJson: true,
        })
  const { status, headers, body } = answer
  const { meta, data, rows, statistics } = record(body)
  const found = Array.isArray(data) ? (data as TinybirdRow[]) : []
  return {
    status,
    headers,
    body,
    meta: Array.isArray(meta)
      ? meta.map((column) => ({ name: textOf(record(column).name) ?? '', type: textOf(record(column).type) ?? '' }))
      : [],
    data: found,
    rows: numberOf(rows) ?? found.length,
    statistics: statisticsOf(statistics),
  }
}

/** The first value of the first row; null when there is none. */
export function scalarOf({ meta, data }: QueryResult): TinybirdScalar {
  const [row] = data
  if (row === undefined) return null
  const name = meta[0]?.name
  const value = name !== undefined && Object.hasOwn(row, name) ? row[name] : Object.values(row)[0]
  if (value === undefined || value === null) return null
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  return JSON.stringify(value)
}

/** On a line of its own, so that a comment at the end does not swallow it. */
function withFormat(sql: string): string {
  const statement = sql.replace(/[;\s]+$/, '')
  return /\bFORMAT\s+JSON$/i.test(statement) ? statement : `${statement}\n FORMAT JSON`
}

function statisticsOf(value: unknown): QueryResult['statistics'] {
  const { elapsed, rows_read: rowsRead, bytes_read: bytesRead } = record(value)
  const elapsedSeconds = numberOf(elapsed)
  if (elapsedSeconds === null) return null
  return { elapsed: elapsedSeconds, rowsRead: numberOf(rowsRead) ?? 0, bytesRead: numberOf(bytesRead) ?? 0 }
}
