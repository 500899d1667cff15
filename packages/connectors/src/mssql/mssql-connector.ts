import { ConfigError } from '@millrace/core'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { Scalar, SqlConnector } from '../kit/connector.ts'
import { createQuery, type ResultTable } from '../kit/create-query.ts'
import { exportQuery } from '../kit/export-query.ts'
import { secretsOf } from '../kit/redact.ts'
import { createServerConnections } from '../kit/server-connections.ts'
import { suggestColumn } from '../kit/suggest-column.ts'
import { tryConnection } from '../kit/try-connection.ts'
import { describeRelation, describeStatement, listScope, type SqlDefinition } from './catalog.ts'
import { labelOf } from './config.ts'
import { codeOf, refuseOthers, refuseToLeaveParentheses } from './one-select.ts'
import { openSession, type Session } from './session.ts'
import { openMssqlSource } from './source.ts'
import { quoteName, trimQuery } from './sql-text.ts'
import { cellText, logicalType, readExpression, typeName } from './types.ts'

export function createMssqlConnector(definition: SqlDefinition, config: ConfigValues): SqlConnector {
  const label = labelOf(config)
  const connections = createServerConnections(() => openSession(config))
  const { lookUp, track } = connections

  return {
    definition,
    label,
    testConnection: (signal) =>
      tryConnection(
        async () => {
          const session = await openSession(config, signal)
          try {
            const { rows } = await session.all(
              "SELECT CONVERT(nvarchar(128), SERVERPROPERTY('ProductVersion')) AS version",
            )
            const serverVersion = String(rows[0]?.[0] ?? '')
            return { message: `Connected to ${label}, SQL Server ${serverVersion}.`, serverVersion }
          } finally {
            await session.close()
          }
        },
        { secrets: secretsOf(definition.configSchema, config), label },
      ),
    openSource: async (options) => track(await openMssqlSource(config, options)),
    openSink: async () => {
      throw new ConfigError('NOT_SUPPORTED', {
        message: 'SQL Server cannot be copied to yet; copy to files and load them with BULK INSERT.',
      })
    },
    query: createQuery((sql, signal) => lookUp((session) => readOnly(session, trimQuery(sql), signal), signal)),
    execute: (sql, signal) => lookUp((session) => session.run(sql, signal), signal),
    scopes: () => ['schema', 'table'],
    listScope: (parents) => lookUp((session) => listScope(session, parents)),
    suggestSchema: (scopes) =>
      lookUp(async (session) => {
        const table = { scope: scopes.slice(0, -1), name: scopes.at(-1) ?? '' }
        return (await describeRelation(session, { kind: 'table', table })).columns.map(suggestColumn)
      }),
    async export(sql, { rowLimit, ...options }) {
      refuseToLeaveParentheses(label, sql)
      // The dialect has TOP in front instead of LIMIT behind.
      const limited = rowLimit === undefined ? sql : `SELECT TOP (${rowLimit}) * FROM (${trimQuery(sql)}\n) AS limited`
      return await exportQuery(() => openMssqlSource(config), limited, options)
    },
    [Symbol.asyncDispose]: () => connections[Symbol.asyncDispose](),
  }
}

/** Whatever a statement changes is rolled back; one that cannot be a query is refused before it runs. */
async function readOnly(session: Session, sql: string, signal?: AbortSignal): Promise<ResultTable> {
  refuseOthers(session.label, sql)
  const described = await describeStatement(session, sql)
  const columns = described.map(({ name, declaration, nullable }) => ({
    name,
    type: logicalType(declaration),
    nullable,
    sourceType: declaration,
  }))
  const inexact = columns.find((column) => readExpression(column) !== quoteName(column.name))
  let statement = sql
  if (inexact) {
    // Named again from outside, which neither an ORDER BY nor a column without a name survives.
    if (/\border\s+by\b/i.test(codeOf(sql).code) || columns.some(({ name }) => name === '')) {
      throw new ConfigError('CAST_NEEDED', {
        message: `${session.label}: the column "${inexact.name}" is ${inexact.sourceType}, of which a sorted query, or one with a column without a name, would give a rounded value. Cast it to varchar in the query.`,
      })
    }
    const list = columns.map((column) => `${readExpression(column)} AS ${quoteName(column.name)}`)
    statement = `SELECT ${list.join(', ')} FROM (${sql}\n) AS _millrace_q`
  }
  await session.run('BEGIN TRANSACTION')
  try {
    const { rows } = await session.all(statement, signal)
    const values = columns.map((column) => scalarOf(cellText(column), typeName(column.sourceType)))
    return {
      names: columns.map(({ name }) => name),
      rows: rows.map((row) => values.map((value, index) => (row[index] == null ? null : value(row[index])))),
    }
  } finally {
    await session.run('IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION').catch(() => {})
  }
}

function scalarOf(text: (value: unknown) => string, type: string): (value: unknown) => Scalar {
  if (/^(tinyint|smallint|int)$/.test(type)) return Number
  if (type === 'bit') return (value) => text(value) === 't'
  return text
}
