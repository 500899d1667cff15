import { isMillraceError } from '@millrace/core'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { ConnectorDefinition, Row, Scalar, SqlConnector } from '../kit/connector.ts'
import { exportQuery } from '../kit/export-query.ts'
import { redactText, secretsOf } from '../kit/redact.ts'
import { labelOf } from './config.ts'
import { connect, killQuery } from './connect.ts'
import { listScope, suggestSchema } from './scopes.ts'
import { type ResultField, readingMode, type Session } from './session.ts'
import { openMysqlSink } from './sink.ts'
import { openMysqlSource } from './source.ts'
import { guarded } from './statement.ts'

type SqlDefinition = ConnectorDefinition & { readonly kind: 'sql' }

/** Protocol types whose values are plain in an object: tinyint, smallint, int, mediumint, year. */
const smallIntegers = new Set([1, 2, 3, 9, 13])

export function createMysqlConnector(definition: SqlDefinition, config: ConfigValues): SqlConnector {
  const label = labelOf(config)
  const own = config.database ? String(config.database) : undefined
  const opened = new Set<AsyncDisposable>()
  /** Look-ups share one session, one after the other. */
  let shared: Promise<Session> | null = null
  let last: Promise<unknown> = Promise.resolve()

  function withSession<T>(signal: AbortSignal | undefined, work: (session: Session) => Promise<T>): Promise<T> {
    const next = last.then(async () => {
      signal?.throwIfAborted()
      shared ??= connect(config, readingMode)
      const current = shared
      try {
        const session = await current
        return await guarded(
          session,
          (one) => killQuery(config, one),
          signal,
          () => work(session),
        )
      } catch (error) {
        // Nothing is known of the session's state after a failure.
        shared = null
        await current.then((session) => session.close()).catch(() => {})
        throw error
      }
    })
    last = next.catch(() => {})
    return next
  }

  const track = <T extends AsyncDisposable>(resource: T): T => {
    opened.add(resource)
    return resource
  }

  async function query(
    sql: string,
    options: { readonly scalar?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<Row[] | Scalar> {
    const { fields, rows } = await withSession(options.signal, async (session) => {
      // A statement that commits by itself, such as TRUNCATE, ends the transaction before it is checked: the session refuses it.
      await session.execute('SET SESSION TRANSACTION READ ONLY')
      await session.execute('START TRANSACTION READ ONLY')
      const found = await session.table(sql)
      await session.execute('ROLLBACK')
      return found
    })
    if (options.scalar) return fields[0] ? value(rows[0]?.[0] ?? null, fields[0]) : null
    return rows.map((row) =>
      Object.fromEntries(fields.map((field, index) => [field.name, value(row[index] ?? null, field)])),
    )
  }

  const connector: SqlConnector = {
    definition,
    label,
    async testConnection(signal) {
      try {
        signal?.throwIfAborted()
        const session = await connect(config, readingMode)
        const { version, mariadb } = session.server
        await session.close()
        return {
          ok: true,
          message: `Connected to ${label}, ${mariadb ? 'MariaDB' : 'MySQL'} ${version}.`,
          serverVersion: version,
        }
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        const said = redactText(message, secretsOf(definition.configSchema, config))
        return { ok: false, message: isMillraceError(error) ? said : `${label}: ${said}` }
      }
    },
    openSource: async (options) => track(await openMysqlSource(config, options)),
    openSink: async (options) => track(await openMysqlSink(config, options)),
    query: query as SqlConnector['query'],
    async execute(sql, signal) {
      signal?.throwIfAborted()
      // The server's own SQL mode: what a person writes means what it means elsewhere.
      const session = await connect(config, null, { multipleStatements: true })
      try {
        const kill = (one: Session) => killQuery(config, one)
        return await guarded(session, kill, signal, async () => (await session.execute(sql)).affectedRows)
      } finally {
        await session.close()
      }
    },
    scopes: () => ['database', 'table'],
    listScope: (parents) => withSession(undefined, (session) => listScope(session, parents)),
    suggestSchema: (scopes) => withSession(undefined, (session) => suggestSchema(session, scopes, own)),
    export: (sql, options) => exportQuery(() => openMysqlSource(config), sql, options),
    async [Symbol.asyncDispose]() {
      const resources = [...opened]
      opened.clear()
      await Promise.all([
        ...resources.map((resource) => resource[Symbol.asyncDispose]()),
        shared?.then((session) => session.close()).catch(() => {}),
      ])
      shared = null
    },
  }
  return connector
}

function value(text: string | null, field: ResultField): Scalar {
  if (text === null) return null
  return smallIntegers.has(field.columnType) ? Number(text) : text
}
