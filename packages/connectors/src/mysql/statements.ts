import type { ConfigValues } from '../kit/config-schema.ts'
import type { SqlSession } from '../kit/connector.ts'
import { connect, killQuery } from './connect.ts'
import { mysqlError } from './errors.ts'
import { scalarOf } from './scalar.ts'
import type { ResultField } from './session.ts'
import { guarded } from './statement.ts'

/** One session in the server's own SQL mode for statements of a person; rows beyond the limit go by without being kept. */
export async function openStatements(config: ConfigValues, signal?: AbortSignal): Promise<SqlSession> {
  signal?.throwIfAborted()
  const session = await connect(config, null)
  return {
    async run(sql, { rowLimit = 1000, signal: stopSignal } = {}) {
      const kept: (string | null)[][] = []
      let count = 0
      let fields: readonly ResultField[] | null = null
      let changed: number | null = null
      await guarded(
        session,
        (running) => killQuery(config, running),
        stopSignal,
        () =>
          new Promise<void>((resolve, reject) => {
            const query = session.connection.query({ sql, rowsAsArray: true, typeCast: (field) => field.string() })
            query.on('error', (error) => reject(mysqlError(error, session.label)))
            query.on('fields', (found: unknown) => {
              fields ??= (found as readonly ResultField[] | undefined) ?? null
            })
            query.on('result', (row: unknown) => {
              if (Array.isArray(row)) {
                if (++count <= rowLimit) kept.push(row as (string | null)[])
              } else changed = (row as { affectedRows?: number }).affectedRows ?? null
            })
            query.on('end', () => resolve())
          }),
      )
      const columns = fields as readonly ResultField[] | null
      return {
        changed: columns === null ? changed : null,
        columns: columns?.map(({ name }) => name) ?? null,
        rows: kept.map((row) => (columns ?? []).map((field, index) => scalarOf(row[index] ?? null, field))),
        cut: count > rowLimit,
      }
    },
    [Symbol.asyncDispose]: () => session.close(),
  }
}
