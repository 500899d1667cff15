import type { FieldDef, Query, QueryConfig } from 'pg'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { Scalar, SqlSession } from '../kit/connector.ts'
import { importDriver } from '../kit/import-driver.ts'
import { postgresError } from './errors.ts'
import { scalarOf } from './scalar.ts'
import { openSession } from './session.ts'

type TextResult = {
  readonly fields: readonly FieldDef[]
  readonly command: string | null
  readonly rowCount: number | null
}

/** One session for statements of a person; rows beyond the limit go by without being kept. */
export async function openStatements(config: ConfigValues, signal?: AbortSignal): Promise<SqlSession> {
  const session = await openSession(config, signal)
  const driver = await importDriver<{ default: { Query: new (config: QueryConfig) => Query } }>('pg')
  return {
    async run(sql, { rowLimit = 1000, signal: stopSignal } = {}) {
      stopSignal?.throwIfAborted()
      const stop = () => void session.cancel()
      stopSignal?.addEventListener('abort', stop, { once: true })
      const kept: (string | null)[][] = []
      let count = 0
      try {
        const result = await new Promise<TextResult>((resolve, reject) => {
          const query = new driver.default.Query({
            text: sql,
            queryMode: 'extended',
            rowMode: 'array',
            types: { getTypeParser: () => (value: string) => value },
          } as never)
          query.on('row', (row) => {
            if (++count <= rowLimit) kept.push(row as (string | null)[])
          })
          query.on('error', reject)
          query.on('end', (ended) => resolve(ended as unknown as TextResult))
          session.client.query(query)
        })
        const { fields, command } = result
        const reads = command === null || /^(SELECT|SHOW|FETCH|EXPLAIN|VALUES|TABLE)$/.test(command)
        const rows = kept.map((row): Scalar[] =>
          fields.map(({ dataTypeID }, index) => scalarOf(row[index] ?? null, dataTypeID)),
        )
        return {
          changed: reads ? null : result.rowCount,
          columns: fields.length > 0 ? fields.map(({ name }) => name) : null,
          rows,
          cut: count > rowLimit,
        }
      } catch (error) {
        stopSignal?.throwIfAborted()
        throw postgresError(error, session.label)
      } finally {
        stopSignal?.removeEventListener('abort', stop)
      }
    },
    [Symbol.asyncDispose]: () => session.close(),
  }
}
