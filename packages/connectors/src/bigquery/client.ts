import { randomUUID } from 'node:crypto'
import type { BigQueryOptions } from '@google-cloud/bigquery'
import { abortable, retry } from '@millrace/core'
import type { ConfigValues } from '../kit/config-schema.ts'
import { parseGoogleCredentials, readGoogleCredentials, useGoogleCredentials } from '../kit/google-credentials.ts'
import { importDriver } from '../kit/import-driver.ts'
import { labelOf } from './config.ts'
import { bigqueryError } from './errors.ts'
import type { Field } from './types.ts'

/** A finished job. */
export interface Job {
  readonly id: string
  readonly location: string | undefined
  readonly statementType: string
  readonly schema: readonly Field[]
  readonly affectedRows: number
  /** Of EXPORT DATA. */
  readonly exportedRows: number | null
}

export interface Page {
  readonly rows: readonly { readonly f: readonly { readonly v: unknown }[] }[]
  readonly schema: readonly Field[]
  readonly totalRows: number
  readonly next: string | null
}

/** What is used of the REST API, over the driver's own authentication and retries. */
export interface Client {
  readonly label: string
  readonly config: ConfigValues
  project(): Promise<string>
  /** `path` is relative to the project, or begins with a slash and is relative to the API. */
  get<T>(path: string, query?: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<T>
  /** All items of a paged list. */
  list<T>(path: string, items: string, query?: Readonly<Record<string, unknown>>): Promise<T[]>
  /** What a statement is and yields, without running it. */
  dryRun(sql: string, signal?: AbortSignal): Promise<Pick<Job, 'statementType' | 'schema'>>
  /** Runs a statement and waits for it; an abort cancels it at the server. */
  run(sql: string, signal?: AbortSignal): Promise<Job>
  page(job: Pick<Job, 'id' | 'location'>, token: string | null, signal?: AbortSignal): Promise<Page>
}

interface JobResource {
  readonly jobReference?: { readonly jobId: string; readonly location?: string }
  readonly status?: {
    readonly state: string
    readonly errorResult?: { readonly reason?: string; readonly message?: string }
  }
  readonly statistics?: {
    readonly query?: {
      readonly statementType?: string
      readonly schema?: { readonly fields?: readonly Field[] }
      readonly numDmlAffectedRows?: string
      readonly exportDataStatistics?: { readonly rowCount?: string }
    }
  }
}

interface ResultResource {
  readonly jobComplete: boolean
  readonly schema?: { readonly fields?: readonly Field[] }
  readonly totalRows?: string
  readonly rows?: Page['rows']
  readonly pageToken?: string
}

interface Driver {
  readonly BigQuery: new (
    options: BigQueryOptions,
  ) => {
    readonly projectId: string
    readonly authClient: object
    getProjectId(): Promise<string>
    request(options: object, callback: (error: unknown, body: unknown) => void): void
  }
}

/** How long one request waits for a running job, in ms. */
const waitMs = 10_000

export async function openClient(config: ConfigValues): Promise<Client> {
  const { BigQuery } = await importDriver<Driver>('@google-cloud/bigquery')
  const label = labelOf(config)
  const endpoint = String(config.endpoint ?? 'https://bigquery.googleapis.com').replace(/\/+$/, '')
  const api = new BigQuery({
    ...(config.project ? { projectId: String(config.project) } : {}),
    ...(config.location ? { location: String(config.location) } : {}),
    ...(config.endpoint ? { apiEndpoint: endpoint } : {}),
    userAgent: 'millrace',
  })
  const credentials = await credentialsOf(config)
  if (credentials) useGoogleCredentials(api, credentials)

  const request = <T>(options: object, signal?: AbortSignal): Promise<T> => {
    const answer = new Promise<T>((resolve, reject) => {
      api.request(options, (error, body) => (error ? reject(bigqueryError(error, label)) : resolve(body as T)))
    })
    return abortable(answer, signal)
  }
  const get = <T>(path: string, qs: object = {}, signal?: AbortSignal) =>
    request<T>({ uri: path.startsWith('/') ? `${endpoint}/bigquery/v2${path}` : path, qs }, signal)
  const project = async () => String(config.project ?? (await api.getProjectId()))

  const insert = (job: object, signal?: AbortSignal) =>
    request<JobResource>({ method: 'POST', uri: '/jobs', json: job }, signal)

  const configuration = async (sql: string) => ({
    query: {
      query: sql,
      useLegacySql: false,
      ...(config.dataset ? { defaultDataset: { projectId: await project(), datasetId: String(config.dataset) } } : {}),
    },
  })

  async function once(sql: string, signal?: AbortSignal): Promise<Job> {
    // The id is ours, so that a request that the driver repeats starts no second job.
    const id = `millrace_${randomUUID()}`
    const location = config.location ? { location: String(config.location) } : {}
    const reference = { projectId: await project(), jobId: id, ...location }
    let place = location.location
    const cancel = () =>
      request({ method: 'POST', uri: `/jobs/${id}/cancel`, qs: place ? { location: place } : {}, json: {} })
    try {
      const inserted = await insert({ jobReference: reference, configuration: await configuration(sql) }, signal).catch(
        (error: unknown) => {
          // The first of two requests got through, and only its answer was lost.
          if ((error as { details?: { status?: unknown } }).details?.status === 409) return {} as JobResource
          throw error
        },
      )
      place = inserted.jobReference?.location ?? place
      const query = place ? { location: place } : {}
      let result: ResultResource
      do {
        result = await get<ResultResource>(`queries/${id}`, { ...query, maxResults: 0, timeoutMs: waitMs }, signal)
      } while (!result.jobComplete)
      const job = await get<JobResource>(`jobs/${id}`, query, signal)
      if (job.status?.errorResult) throw bigqueryError({ errors: [job.status.errorResult] }, label)
      const statistics = job.statistics?.query
      return {
        id,
        location: job.jobReference?.location ?? place,
        statementType: statistics?.statementType ?? '',
        schema: result.schema?.fields ?? [],
        affectedRows: Number(statistics?.numDmlAffectedRows ?? 0),
        exportedRows: statistics?.exportDataStatistics?.rowCount
          ? Number(statistics.exportDataStatistics.rowCount)
          : null,
      }
    } catch (error) {
      if (signal?.aborted) await cancel().catch(() => {})
      throw error
    }
  }

  return {
    label,
    config,
    project,
    get,
    async list<T>(path: string, items: string, query: object = {}) {
      const found: T[] = []
      let token: string | undefined
      do {
        const page = await get<Record<string, unknown>>(path, { ...query, ...(token ? { pageToken: token } : {}) })
        found.push(...((page[items] as T[] | undefined) ?? []))
        token = page.nextPageToken as string | undefined
      } while (token)
      return found
    },
    async dryRun(sql, signal) {
      const job = await insert({ configuration: { ...(await configuration(sql)), dryRun: true } }, signal)
      const { statementType = '', schema } = job.statistics?.query ?? {}
      return { statementType, schema: schema?.fields ?? [] }
    },
    run: (sql, signal) => retry(() => once(sql, signal), { signal, shouldRetry: mayRunAgain(sql) }),
    async page({ id, location }, token, signal) {
      const result = await get<ResultResource>(
        `queries/${id}`,
        {
          ...(location ? { location } : {}),
          ...(token === null ? {} : { pageToken: token }),
          maxResults: Number(config.page_rows ?? 50_000),
          'formatOptions.useInt64Timestamp': true,
        },
        signal,
      )
      return {
        rows: result.rows ?? [],
        schema: result.schema?.fields ?? [],
        totalRows: Number(result.totalRows ?? 0),
        next: result.pageToken ?? null,
      }
    },
  }
}

/** A job that failed for a passing reason did nothing, but only of one that reads is that sure. */
function mayRunAgain(sql: string): (error: Error) => boolean {
  const reads = /^\s*(select|with|\()/i.test(sql)
  return (error) =>
    reads && /^BIGQUERY_(RATE_LIMITED|SERVER_UNAVAILABLE)$/.test((error as { code?: string }).code ?? '')
}

async function credentialsOf({ credentials_json: json, credentials_file: file }: ConfigValues) {
  if (json) return parseGoogleCredentials(String(json))
  return file ? await readGoogleCredentials(String(file)) : undefined
}
