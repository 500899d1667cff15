import { condition, dataSourceName, dataSourcePath } from './checks.ts'
import { HTTPError } from './errors.ts'
import { type JobWatch, jobIdOf, waitForJob } from './jobs.ts'
import { numberOf, record, textOf } from './parse-answer.ts'
import { runQuery } from './query.ts'
import type { Request } from './request.ts'
import { formBody } from './request-body.ts'
import type { DataSource, DeleteResult, QuarantineOptions, QueryResult, TinybirdResponse } from './types.ts'

export async function listDataSources(request: Request, signal?: AbortSignal): Promise<DataSource[]> {
  const { body } = await request({ method: 'GET', path: '/v0/datasources', signal, wantsJson: true })
  const { datasources } = record(body)
  return Array.isArray(datasources) ? datasources.map((value) => dataSourceOf(value)) : []
}

export async function readDataSource(request: Request, name: string, signal?: AbortSignal): Promise<DataSource | null> {
  try {
    const { body } = await request({ method: 'GET', path: dataSourcePath(name), signal, wantsJson: true })
    return dataSourceOf(body)
  } catch (error) {
    if (error instanceof HTTPError && error.status === 404) return null
    throw error
  }
}

export async function createDataSource(
  request: Request,
  name: string,
  options: {
    readonly schema: string
    readonly engine?: Readonly<Record<string, string>>
    readonly signal?: AbortSignal
  },
): Promise<DataSource> {
  const { body } = await request({
    method: 'POST',
    path: '/v0/datasources',
    query: { name: dataSourceName(name), mode: 'create' },
    body: formBody({ ...options.engine, schema: options.schema }),
    signal: options.signal,
    wantsJson: true,
  })
  const { datasource } = record(body)
  return dataSourceOf(datasource ?? body, name)
}

export async function truncateDataSource(request: Request, name: string, signal?: AbortSignal) {
  return responseOf(await request({ method: 'POST', path: dataSourcePath(name, 'truncate'), signal }))
}

export async function dropDataSource(request: Request, name: string, signal?: AbortSignal) {
  return responseOf(await request({ method: 'DELETE', path: dataSourcePath(name), signal }))
}

export async function alterDataSource(
  request: Request,
  name: string,
  schema: string,
  { dryRun = false, signal }: { readonly dryRun?: boolean; readonly signal?: AbortSignal } = {},
): Promise<TinybirdResponse> {
  const body = formBody({ schema, dry: dryRun ? 'true' : undefined })
  return responseOf(await request({ method: 'POST', path: dataSourcePath(name, 'alter'), body, signal }))
}

export async function deleteRows(
  watch: JobWatch,
  name: string,
  where: string,
  { dryRun = false, signal }: { readonly dryRun?: boolean; readonly signal?: AbortSignal } = {},
): Promise<DeleteResult> {
  const answer = await watch.request({
    method: 'POST',
    path: dataSourcePath(name, 'delete'),
    body: formBody({ delete_condition: condition(where), dry_run: dryRun ? 'true' : undefined }),
    signal,
  })
  const rows = numberOf(record(answer.body).rows_to_be_deleted)
  const jobId = jobIdOf(answer.body)
  if (jobId === null || dryRun) return { ...responseOf(answer), rows, jobId }
  const ended = await waitForJob(watch, jobId, { signal })
  return { ...responseOf(ended.answer), rows: rows ?? numberOf(ended.job.body.rows_to_be_deleted), jobId }
}

export async function readQuarantine(
  request: Request,
  name: string,
  { importId, limit = 100, signal }: QuarantineOptions = {},
): Promise<QueryResult> {
  const filter = importId === undefined ? '' : ` WHERE c__import_id = ${sqlText(importId)}`
  const sql = `SELECT * FROM ${dataSourceName(name)}_quarantine${filter} ORDER BY insertion_date DESC LIMIT ${Math.trunc(limit)}`
  return await runQuery(request, sql, signal === undefined ? {} : { signal })
}

function dataSourceOf(value: unknown, name = ''): DataSource {
  const body = record(value)
  const { row_count: rows, bytes } = record(body.statistics)
  return {
    id: textOf(body.id) ?? '',
    name: textOf(body.name) ?? name,
    columns: Array.isArray(body.columns) ? body.columns.map(columnOf) : [],
    rows: numberOf(rows),
    bytes: numberOf(bytes),
    body,
  }
}

function columnOf(value: unknown): DataSource['columns'][number] {
  const { name, type, nullable } = record(value)
  return { name: textOf(name) ?? '', type: textOf(type) ?? '', nullable: nullable === true }
}

function responseOf({ status, headers, body }: TinybirdResponse): TinybirdResponse {
  return { status, headers, body }
}

function sqlText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
