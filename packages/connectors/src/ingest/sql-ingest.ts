import { ConfigError, isMillraceError } from '@millrace/core'
import { type Column, LossLedger, readCsv } from '@millrace/formats'
import type { Row, Scalar, SqlConnector } from '../kit/connector.ts'
import { bytesOf } from '../kit/encode-csv.ts'
import type { Source } from '../kit/source.ts'
import { findDataSource } from '../tinybird/columns.ts'
import type { IngestBase } from './base.ts'
import { UnsupportedFormatError } from './errors.ts'
import { CSV, checkFormat, type IngestFormat } from './formats.ts'
import { loadExport, removeExport } from './load-export.ts'
import { migration, type TargetColumn } from './migration.ts'
import { rewriteForDataSource } from './rewrite-csv.ts'
import type { AppendOptions, IngestResult, ReplaceOptions, SqlIngest } from './types.ts'

const sampleRows = 10

export function createSqlIngest(base: IngestBase, connector: SqlConnector): SqlIngest {
  const { log, tinybird, scope } = base

  async function load(
    mode: 'append' | 'replace',
    query: string,
    dataSource: string,
    { format = CSV, rowLimit, signal, ...options }: ReplaceOptions = {},
  ): Promise<IngestResult> {
    checkFormat(format)
    log.info(`${mode === 'append' ? 'Appending to' : 'Replacing'} ${dataSource} from ${connector.label} as ${format}.`)
    const exported = await scope.source(() =>
      exportQuery(connector, query, {
        format,
        ...(rowLimit === undefined ? {} : { rowLimit }),
        ...(signal ? { signal } : {}),
      }),
    )
    const local = exported.kind === 'local-file' || exported.kind === 'data'
    const rewritten = local && format === CSV && connector.definition.capabilities.source && exported.rows !== 0
    let rewrite: Awaited<ReturnType<typeof rewriteForDataSource>> | undefined
    try {
      if (rewritten) rewrite = await rewriteForDataSource(tinybird, connector, query, dataSource, signal)
    } catch (error) {
      await removeExport(exported, log)
      throw error
    }
    const source = `The query at ${connector.label}`
    const result = await loadExport(
      tinybird,
      exported,
      { dataSource, mode, format, signal, source, rewrite, ...options },
      log,
    )
    if (mode === 'append' && result && result.attemptsTimedOut > 0) {
      log.warning(`${dataSource}: an attempt timed out, and its rows may be there twice (run ${result.runId}).`)
    }
    if (result) log.info(`${dataSource}: ${result.successfulRows ?? 'an unknown number of'} rows loaded.`)
    return result
  }

  function queryDb(sql: string, options?: { readonly scalar?: false; readonly signal?: AbortSignal }): Promise<Row[]>
  function queryDb(sql: string, options: { readonly scalar: true; readonly signal?: AbortSignal }): Promise<Scalar>
  async function queryDb(
    sql: string,
    options: { readonly scalar?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<Row[] | Scalar> {
    const { scalar, ...rest } = options
    return await scope.source<Row[] | Scalar>(() =>
      scalar ? connector.query(sql, { ...rest, scalar: true }) : connector.query(sql, rest),
    )
  }

  return {
    ...base.shared(connector),
    connector,
    queryDb,
    append: (query, dataSource, options?: AppendOptions) => scope.run(() => load('append', query, dataSource, options)),
    replace: (query, dataSource, options) => scope.run(() => load('replace', query, dataSource, options)),
    scopes: () => connector.scopes(),
    listScope: (parents = []) => scope.source(() => connector.listScope(parents)),
    suggestSchema: (scopes) => scope.source(() => connector.suggestSchema(scopes)),
    sample: (scopes, columns) =>
      scope.source(async () => {
        if (connector.ingestQuery) return await sampleAsIngested(connector, connector.ingestQuery, scopes, columns)
        await using source = await connector.openSource()
        return await sample(source, scopes, columns)
      }),
    migration: (scopes, dataSource) =>
      scope.run(async () => {
        const wanted = await connector.suggestSchema(scopes)
        return migration(wanted, targetColumns(await findDataSource(tinybird, dataSource)))
      }),
  }
}

async function exportQuery(connector: SqlConnector, query: string, options: { readonly format: IngestFormat }) {
  try {
    return await connector.export(query, options)
  } catch (error) {
    if (!isMillraceError(error) || error.code !== 'UNSUPPORTED_FORMAT') throw error
    throw new UnsupportedFormatError({ message: error.message, details: error.details, cause: error })
  }
}

function targetColumns({ columns, body }: Awaited<ReturnType<typeof findDataSource>>): TargetColumn[] {
  const told = Array.isArray(body.columns) ? (body.columns as { name?: unknown; auto?: unknown }[]) : []
  const automatic = new Set(told.filter(({ auto }) => auto === true).map(({ name }) => name))
  return columns.map(({ name, type }) => ({ name, type, ...(automatic.has(name) ? { auto: true } : {}) }))
}

/** The query casts to what is loaded. */
async function sampleAsIngested(
  connector: SqlConnector,
  ingestQuery: NonNullable<SqlConnector['ingestQuery']>,
  scopes: readonly string[],
  names?: readonly string[],
): Promise<Row[]> {
  const suggested = chosen(await connector.suggestSchema(scopes), names)
  return await connector.query(`SELECT * FROM (\n${ingestQuery(scopes, suggested)}\n) AS q LIMIT ${sampleRows}`)
}

function chosen<C extends { readonly name: string }>(columns: readonly C[], names?: readonly string[]): readonly C[] {
  const unknown = names?.find((name) => !columns.some((column) => column.name === name))
  if (unknown === undefined) return names ? columns.filter(({ name }) => names.includes(name)) : columns
  throw new ConfigError('COLUMN_NOT_FOUND', {
    message: `There is no column "${unknown}". The columns are ${columns.map(({ name }) => name).join(', ')}.`,
    details: { column: unknown },
  })
}

/** Reads no further than it has to: the source is closed as soon as there are enough rows. */
async function sample(source: Source, scopes: readonly string[], names?: readonly string[]): Promise<Row[]> {
  const relation = { kind: 'table', table: { scope: scopes.slice(0, -1), name: scopes.at(-1) ?? '' } } as const
  const schema = await source.describe(relation)
  const columns = chosen(schema.columns, names)
  const chunks = await source.planChunks(relation, schema, { parallel: 1 })
  const rows: Row[] = []
  for (const chunk of chunks) {
    const signal = new AbortController().signal
    const ledger = new LossLedger()
    const pieces = source.read({
      relation,
      columns,
      chunk,
      format: 'csv',
      policy: 'error',
      ledger,
      options: {},
      signal,
    })
    for await (const block of readCsv(bytesOf(pieces), { columnCount: columns.length })) {
      for (let row = 0; row < block.rowCount && rows.length < sampleRows; row++) {
        const cells = columns.map((column, index) => {
          const cell = row * block.columnCount + index
          const start = block.starts[cell] as number
          const length = block.lengths[cell] as number
          return [column.name, length < 0 ? null : scalar(block.data.toString('utf8', start, start + length), column)]
        })
        rows.push(Object.fromEntries(cells))
      }
      if (rows.length === sampleRows) return rows
    }
  }
  return rows
}

function scalar(text: string, { type }: Column): Scalar {
  if (type.kind === 'integer' && type.bits < 64) return Number(text)
  return type.kind === 'boolean' ? text === 't' : text
}
