import type { ConfigValues } from '../kit/config-schema.ts'
import type { ConnectorDefinition, Row, Scalar, SqlConnector } from '../kit/connector.ts'
import { exportQuery } from '../kit/export-query.ts'
import { redactText, secretsOf } from '../kit/redact.ts'
import { cancelRequest } from './cancel.ts'
import { labelOf } from './config.ts'
import { listScope, suggestSchema } from './scopes.ts'
import { connectClient, openSession, type PgClient, type Session, type TextResult } from './session.ts'
import { openPostgresSource } from './source.ts'

type SqlDefinition = ConnectorDefinition & { readonly kind: 'sql' }

/** Types whose values are plain in an object: small integers and booleans. */
const smallIntegers = new Set([21, 23])
const boolean = 16

export function createPostgresConnector(definition: SqlDefinition, config: ConfigValues): SqlConnector {
  const label = labelOf(config)
  const opened = new Set<AsyncDisposable>()
  /** Look-ups share one session, one after the other. */
  let shared: Promise<Session> | null = null
  let last: Promise<unknown> = Promise.resolve()

  function withSession<T>(fn: (session: Session) => Promise<T>): Promise<T> {
    const next = last.then(async () => {
      shared ??= openSession(config)
      const current = shared
      try {
        return await fn(await current)
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
    options?: { readonly scalar?: boolean; readonly signal?: AbortSignal },
  ): Promise<Row[] | Scalar> {
    const result = await withSession(async (session) => {
      await session.query('begin read only')
      const found = await session.query(sql, [], options?.signal)
      await session.query('rollback')
      return found
    })
    return options?.scalar ? scalarOf(result) : rowsOf(result)
  }

  const connector: SqlConnector = {
    definition,
    label,
    async testConnection(signal) {
      try {
        const session = await openSession(config, signal)
        const version = (await session.query('show server_version', [], signal)).rows[0]?.[0] ?? ''
        await session.close()
        return { ok: true, message: `Connected to ${label}, PostgreSQL ${version}.`, serverVersion: version }
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        return { ok: false, message: redactText(message, secretsOf(definition.configSchema, config)) }
      }
    },
    openSource: async (options) => track(await openPostgresSource(config, options)),
    async openSink({ parallel = 1, signal } = {}) {
      const { openPostgresSink } = await import('./sink.ts')
      return track(
        openPostgresSink({
          connect: () => connectClient(config, label, signal),
          cancel: (client) => cancelRequest(client as PgClient, config),
          parallel,
          label,
          ...(signal ? { signal } : {}),
        }),
      )
    },
    query: query as SqlConnector['query'],
    execute: (sql, signal) =>
      withSession(async (session) => (await session.query(sql, undefined, signal)).rowCount ?? 0),
    scopes: () => ['schema', 'table'],
    listScope: (parents) => withSession((session) => listScope(session, parents)),
    suggestSchema: (scopes) => withSession((session) => suggestSchema(session, scopes)),
    export: (sql, options) =>
      exportQuery(() => openPostgresSource(config, options.signal ? { signal: options.signal } : {}), sql, options),
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

function rowsOf(result: TextResult): Row[] {
  return result.rows.map((row) =>
    Object.fromEntries(result.fields.map((field, index) => [field.name, value(row[index] ?? null, field.dataTypeID)])),
  )
}

function scalarOf(result: TextResult): Scalar {
  const [field] = result.fields
  return field ? value(result.rows[0]?.[0] ?? null, field.dataTypeID) : null
}

function value(text: string | null, type: number): Scalar {
  if (text === null) return null
  if (smallIntegers.has(type)) return Number(text)
  return type === boolean ? text === 't' : text
}
