/** Time as the client sees it, so that tests can let an hour pass at once. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** @throws the signal's reason when it is aborted */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** At least 0, below 1. */
  random(): number
}

export interface TinybirdOptions {
  readonly token: string
  /** Default `https://api.tinybird.co`; a trailing slash is dropped. */
  readonly endpoint?: string
  /** Sent as `X-TB-CDK-TAG`: names the running script in the vendor's logs. */
  readonly tag?: string
  /** Retries wait no longer than this in all. Default 3,600,000 ms. */
  readonly retryBudgetMs?: number
  /** Retries of one request after 429, and as many after 408. Default 5. */
  readonly retries?: number
  /** How long a job may take. Default 3,600,000 ms. */
  readonly jobDeadlineMs?: number
  /** How long one request may take, imports included; for a stream it is counted from its end. Default 3,600,000 ms. */
  readonly requestDeadlineMs?: number
  /** How long connecting may take. Default 5,000 ms. */
  readonly connectTimeoutMs?: number
  /** How long the server may take no byte of what is sent. Default 60,000 ms, since an importing server may pause. */
  readonly writeTimeoutMs?: number
  /** Data up to this size is sent as the body itself, larger data as a multipart form. Default 8,000,000 bytes. */
  readonly rawBodyBytes?: number
  /** A load of which more rows than this went to quarantine, or could not be parsed, is an error. Default: no limit. */
  readonly maxRejectedRows?: number
  /** Also retries Events requests that were answered with 503. Default false. */
  readonly retryUnavailableEvents?: boolean
  readonly clock?: Clock
  /** Told before each wait and at every fifth look at a running job. */
  readonly onMessage?: (level: 'debug' | 'info' | 'warning', message: string) => void
}

export type TinybirdFormat = 'csv' | 'ndjson' | 'parquet'

export interface LoadOptions {
  readonly format: TinybirdFormat
  readonly signal?: AbortSignal
  /** Overrides the client's `maxRejectedRows`. */
  readonly maxRejectedRows?: number
  /** Bytes sent so far of a file or a stream; starts anew with a retry. */
  readonly onProgress?: (bytes: number) => void
  /** Names this load in the header `X-Millrace-Run` of every attempt and in the result. Default: a random UUID. */
  readonly runId?: string
}

export interface ReplaceOptions extends LoadOptions {
  /** Replaces only the rows for which this SQL filter holds; new rows that do not match it are not written. */
  readonly replaceCondition?: string
}

/** What the API answered, kept whole. */
export interface TinybirdResponse<Body = unknown> {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Body
}

export interface LoadResult extends TinybirdResponse {
  /** Null when the answer does not say. */
  readonly successfulRows: number | null
  readonly quarantinedRows: number
  readonly invalidLines: number
  readonly importId: string | null
  readonly jobId: string | null
  readonly runId: string
  /** Earlier attempts that were answered with 408. The server may have written the rows of each of them as well. */
  readonly attemptsTimedOut: number
}

export type TinybirdScalar = string | number | boolean | null
export type TinybirdRow = Readonly<Record<string, unknown>>

export interface QueryResult<Row = TinybirdRow> extends TinybirdResponse {
  readonly meta: readonly { readonly name: string; readonly type: string }[]
  readonly data: readonly Row[]
  readonly rows: number
  readonly statistics: { readonly elapsed: number; readonly rowsRead: number; readonly bytesRead: number } | null
}

export interface QueryOptions {
  /** A pipe whose nodes the statement may name. */
  readonly pipe?: string
  readonly signal?: AbortSignal
}

export type JobStatus = 'waiting' | 'working' | 'cancelling' | 'done' | 'error' | 'cancelled' | (string & {})

export interface Job {
  readonly id: string
  readonly kind: string
  readonly status: JobStatus
  readonly rows: number | null
  readonly quarantinedRows: number
  readonly invalidLines: number
  readonly error: string | null
  readonly body: Readonly<Record<string, unknown>>
}

export interface JobFilter {
  readonly kind?: string
  readonly status?: string
  readonly createdAfter?: Date
  readonly createdBefore?: Date
}

export interface DataSource {
  readonly id: string
  readonly name: string
  readonly columns: readonly { readonly name: string; readonly type: string; readonly nullable: boolean }[]
  readonly rows: number | null
  readonly bytes: number | null
  readonly body: Readonly<Record<string, unknown>>
}

export interface DeleteResult extends TinybirdResponse {
  /** Rows that the condition matches, from a dry run. */
  readonly rows: number | null
  readonly jobId: string | null
}

export interface EventOptions {
  /** Answered only when the rows are written. Default true. */
  readonly wait?: boolean
  /** Default true. */
  readonly gzip?: boolean
  /** Most bytes of one request before compression; larger batches are sent in parts. Default 10,000,000. */
  readonly maxBytes?: number
  readonly signal?: AbortSignal
  readonly maxRejectedRows?: number
  /** Names these events in the header `X-Millrace-Run` of every attempt, and in errors. Default: a random UUID for each call. */
  readonly runId?: string
}

export interface EventsResult {
  readonly successfulRows: number
  readonly quarantinedRows: number
  readonly requests: number
  /** Attempts that were answered with 408. The server may have written the events of each of them as well. */
  readonly attemptsTimedOut: number
}

export interface EventBatchOptions extends EventOptions {
  /** Sends when this many bytes have gathered. Default `maxBytes`. */
  readonly flushBytes?: number
  /** Sends when the oldest event has waited this long. Default 1,000 ms. */
  readonly flushMs?: number
}

/** Gathers events and sends them by size and time. Disposal sends what is left; a failed request surfaces at the next call. */
export interface EventBatcher extends AsyncDisposable {
  /** Resolves at once while there is room; waits for the running request when there is none. */
  append(event: object | string): Promise<void>
  flush(): Promise<EventsResult>
}

/** A stream that can be read again from the start, for a retry. */
export type Replayable = () => AsyncIterable<Uint8Array>

/** Rows of `X_quarantine`. */
export interface QuarantineOptions {
  readonly importId?: string
  /** Default 100. */
  readonly limit?: number
  readonly signal?: AbortSignal
}

export interface TinybirdClient {
  readonly endpoint: string
  appendData(dataSource: string, data: Uint8Array | string, options: LoadOptions): Promise<LoadResult>
  appendFile(dataSource: string, path: string, options: LoadOptions): Promise<LoadResult>
  appendStream(dataSource: string, content: Replayable, options: LoadOptions): Promise<LoadResult>
  /** Waits for the import's job. */
  appendUrl(dataSource: string, url: string, options: LoadOptions): Promise<LoadResult>
  replaceData(dataSource: string, data: Uint8Array | string, options: ReplaceOptions): Promise<LoadResult>
  replaceFile(dataSource: string, path: string, options: ReplaceOptions): Promise<LoadResult>
  replaceStream(dataSource: string, content: Replayable, options: ReplaceOptions): Promise<LoadResult>
  replaceUrl(dataSource: string, url: string, options: ReplaceOptions): Promise<LoadResult>

  appendEvent(dataSource: string, event: object | string, options?: EventOptions): Promise<EventsResult>
  /** One object a line; `Date` is written as ISO 8601. An empty list makes no request. */
  appendEvents(dataSource: string, events: readonly (object | string)[], options?: EventOptions): Promise<EventsResult>
  batchEvents(dataSource: string, options?: EventBatchOptions): EventBatcher

  query(sql: string, options: QueryOptions & { readonly scalar: true }): Promise<TinybirdScalar>
  query(sql: string, options?: QueryOptions & { readonly scalar?: false }): Promise<QueryResult>

  dataSources(signal?: AbortSignal): Promise<DataSource[]>
  /** Null when there is none of that name. */
  dataSource(name: string, signal?: AbortSignal): Promise<DataSource | null>
  /** `schema` as in "`id` Int64, `name` String"; engine settings as the API names them (`engine`, `engine_sorting_key`, …). */
  createDataSource(
    name: string,
    options: {
      readonly schema: string
      readonly engine?: Readonly<Record<string, string>>
      readonly signal?: AbortSignal
    },
  ): Promise<DataSource>
  truncate(name: string, signal?: AbortSignal): Promise<TinybirdResponse>
  /** `schema` is the whole new one: the columns there are, and the new ones behind them. The answer lists the operations. */
  alter(
    name: string,
    schema: string,
    options?: { readonly dryRun?: boolean; readonly signal?: AbortSignal },
  ): Promise<TinybirdResponse>
  /** Deletes the rows for which a SQL condition holds, and waits for the job; a dry run only counts them. */
  deleteRows(
    name: string,
    condition: string,
    options?: { readonly dryRun?: boolean; readonly signal?: AbortSignal },
  ): Promise<DeleteResult>
  /** Removes the data source itself. */
  dropDataSource(name: string, signal?: AbortSignal): Promise<TinybirdResponse>
  quarantine(name: string, options?: QuarantineOptions): Promise<QueryResult>

  jobs(filter?: JobFilter, signal?: AbortSignal): Promise<Job[]>
  job(id: string, signal?: AbortSignal): Promise<Job>
  /** @throws JobError when it fails, ends with an unknown status, or passes the deadline */
  waitForJob(id: string, options?: { readonly deadlineMs?: number; readonly signal?: AbortSignal }): Promise<Job>
}
