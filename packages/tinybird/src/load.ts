import { randomUUID } from 'node:crypto'
import { basename } from 'node:path'
import { condition, dataSourceName } from './checks.ts'
import { fileContent, fileLength } from './file-content.ts'
import { contentTypes, formatParameters } from './format-parameters.ts'
import { type JobWatch, jobIdOf, rejectedRows, waitForJob } from './jobs.ts'
import { multipartBody } from './multipart.ts'
import { numberOf, record, textOf } from './parse-answer.ts'
import { refuseRejectedRows } from './rejected-rows.ts'
import type { CallResult } from './request.ts'
import { bytesBody, formBody, type RequestBody } from './request-body.ts'
import type { LoadResult, ReplaceOptions, Replayable } from './types.ts'

export interface Loader extends JobWatch {
  readonly rawBodyBytes: number
  readonly maxRejectedRows: number | undefined
}

export type LoadMode = 'append' | 'replace'

export interface Load {
  readonly mode: LoadMode
  readonly dataSource: string
  readonly options: ReplaceOptions
}

export async function loadData(loader: Loader, load: Load, data: Uint8Array | string): Promise<LoadResult> {
  const { format } = load.options
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  if (bytes.byteLength <= loader.rawBodyBytes) return await post(loader, load, bytesBody(bytes, contentTypes[format]))
  return await post(
    loader,
    load,
    upload(load, `data.${format}`, bytes.byteLength, () => [bytes]),
  )
}

/** `.csv.gz` and the like pass as they are: the server sees by the name what they hold. */
export async function loadFile(loader: Loader, load: Load, path: string): Promise<LoadResult> {
  const size = await fileLength(path)
  const content = () => fileContent(path, size)
  return await post(loader, load, upload(load, basename(path), size, content))
}

export async function loadStream(loader: Loader, load: Load, content: Replayable): Promise<LoadResult> {
  return await post(loader, load, upload(load, `data.${load.options.format}`, null, content))
}

/** The address goes into the body: signed addresses are secrets, and URLs get logged. */
export async function loadUrl(loader: Loader, load: Load, url: string): Promise<LoadResult> {
  const { replaceCondition, signal } = load.options
  const { call, runId } = prepare(load)
  const secrets = secretsOf(url)
  const body = formBody({ url, replace_condition: replaceCondition })
  const started = await loader.request({ ...call, body, secrets })
  const jobId = jobIdOf(started.body)
  if (jobId === null) return checked(loader, load, resultOf(started, runId))
  const { job, answer } = await waitForJob(loader, jobId, { signal, secrets })
  return checked(loader, load, {
    ...resultOf({ ...answer, failures: started.failures }, runId),
    successfulRows: job.rows,
    jobId,
  })
}

async function post(loader: Loader, load: Load, body: RequestBody): Promise<LoadResult> {
  const { call, runId } = prepare(load)
  const query = { ...call.query, replace_condition: load.options.replaceCondition }
  return checked(loader, load, resultOf(await loader.request({ ...call, query, body }), runId))
}

function prepare({ dataSource, mode, options }: Load) {
  if (options.replaceCondition !== undefined) condition(options.replaceCondition)
  const runId = options.runId ?? randomUUID()
  const call = {
    method: 'POST',
    path: '/v0/datasources',
    query: { name: dataSourceName(dataSource), mode, ...formatParameters(options.format) },
    runId,
    signal: options.signal,
    wantsJson: true,
  } as const
  return { call, runId }
}

function upload({ options }: Load, filename: string, length: number | null, open: RequestBody['open']): RequestBody {
  const { format, onProgress } = options
  return multipartBody({
    field: format,
    filename,
    contentType: filename.endsWith('.gz') ? 'application/gzip' : contentTypes[format],
    length,
    open: onProgress === undefined ? open : () => counted(open(), onProgress),
  })
}

async function* counted(
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  onProgress: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of content) {
    yield chunk
    bytes += chunk.byteLength
    onProgress(bytes)
  }
}

function resultOf({ status, headers, body, failures }: CallResult, runId: string): LoadResult {
  const { successful_rows: rows, import_id: importId } = record(body)
  return {
    status,
    headers,
    body,
    successfulRows: numberOf(rows),
    ...rejectedRows(body),
    importId: textOf(importId),
    jobId: jobIdOf(body),
    runId,
    attemptsTimedOut: failures.timedOut,
  }
}

function checked(loader: Loader, { dataSource, options }: Load, result: LoadResult): LoadResult {
  refuseRejectedRows(dataSource, options.maxRejectedRows ?? loader.maxRejectedRows, result)
  return result
}

/** Signed addresses carry their secrets in the parameters. */
function secretsOf(url: string): string[] {
  const parsed = URL.parse(url)
  if (parsed === null || parsed.search === '') return []
  return [url, parsed.search.slice(1), ...[...parsed.searchParams.values()].filter((value) => value.length >= 16)]
}
