import { ConfigError, redact } from '@millrace/core'
import { systemClock } from './clock.ts'
import {
  alterDataSource,
  createDataSource,
  deleteRows,
  dropDataSource,
  listDataSources,
  readDataSource,
  readQuarantine,
  truncateDataSource,
} from './data-sources.ts'
import { createEventBatcher } from './event-batcher.ts'
import { type EventSettings, eventLine, sendEvents } from './events.ts'
import { listJobs, readJob, waitForJob } from './jobs.ts'
import { type Load, type Loader, type LoadMode, loadData, loadFile, loadStream, loadUrl } from './load.ts'
import { runQuery, scalarOf } from './query.ts'
import { createRequest } from './request.ts'
import type { LoadResult, QueryOptions, ReplaceOptions, TinybirdClient, TinybirdOptions } from './types.ts'

export const defaultEndpoint = 'https://api.tinybird.co'
const hourMs = 3_600_000

/**
 * The client of one workspace. The token leaves it in the `Authorization` header only. Connections are kept for some
 * seconds and hold no process up, so there is nothing to close.
 *
 * @throws ConfigError TINYBIRD_TOKEN_INVALID, TINYBIRD_TAG_INVALID, TINYBIRD_ENDPOINT_INVALID
 */
export function createTinybirdClient(options: TinybirdOptions): TinybirdClient {
  const { clock = systemClock, onMessage = () => {}, maxRejectedRows } = options
  const endpoint = checkedEndpoint(options.endpoint ?? defaultEndpoint)
  const clean = (text: string, secrets: readonly string[] = []) => redact(text, [options.token, ...secrets])
  const request = createRequest({
    token: headerValue(options.token, 'TINYBIRD_TOKEN_INVALID', 'token'),
    endpoint,
    tag: options.tag === undefined ? undefined : headerValue(options.tag, 'TINYBIRD_TAG_INVALID', 'tag'),
    timeouts: {
      connectMs: options.connectTimeoutMs ?? 5000,
      writeMs: options.writeTimeoutMs ?? 60_000,
      deadlineMs: options.requestDeadlineMs ?? hourMs,
    },
    retries: options.retries ?? 5,
    retryBudgetMs: options.retryBudgetMs ?? hourMs,
    clock,
    onMessage,
    clean,
  })
  const deadlineMs = options.jobDeadlineMs ?? hourMs
  const watch = { request, clock, deadlineMs, onMessage, clean }
  const loader: Loader = { ...watch, rawBodyBytes: options.rawBodyBytes ?? 8_000_000, maxRejectedRows }
  const events: EventSettings = { request, retryUnavailable: options.retryUnavailableEvents ?? false, maxRejectedRows }

  return {
    endpoint,
    ...loads(loader),

    appendEvent: async (dataSource, event, settings) =>
      await sendEvents(events, dataSource, [eventLine(event)], settings),
    appendEvents: async (dataSource, list, settings) =>
      await sendEvents(events, dataSource, list.map(eventLine), settings),
    batchEvents: (dataSource, settings) => createEventBatcher({ ...events, clock }, dataSource, settings),

    query: (async (sql: string, settings: QueryOptions & { scalar?: boolean } = {}) => {
      const result = await runQuery(request, sql, settings)
      return settings.scalar === true ? scalarOf(result) : result
    }) as TinybirdClient['query'],

    dataSources: (signal) => listDataSources(request, signal),
    dataSource: (name, signal) => readDataSource(request, name, signal),
    createDataSource: (name, settings) => createDataSource(request, name, settings),
    truncate: (name, signal) => truncateDataSource(request, name, signal),
    alter: (name, schema, settings) => alterDataSource(request, name, schema, settings),
    deleteRows: (name, condition, settings) => deleteRows(watch, name, condition, settings),
    dropDataSource: (name, signal) => dropDataSource(request, name, signal),
    quarantine: (name, settings) => readQuarantine(request, name, settings),

    jobs: (filter, signal) => listJobs(request, filter, signal),
    job: (id, signal) => readJob(request, id, signal),
    async waitForJob(id, settings = {}) {
      const limits = { ...watch, deadlineMs: settings.deadlineMs ?? deadlineMs }
      const { job } = await waitForJob(limits, id, { signal: settings.signal })
      return job
    },
  }
}

type Loads = Pick<
  TinybirdClient,
  | 'appendData'
  | 'appendFile'
  | 'appendStream'
  | 'appendUrl'
  | 'replaceData'
  | 'replaceFile'
  | 'replaceStream'
  | 'replaceUrl'
>

function loads(loader: Loader): Loads {
  const through =
    <Content>(mode: LoadMode, send: (loader: Loader, load: Load, content: Content) => Promise<LoadResult>) =>
    async (dataSource: string, content: Content, options: ReplaceOptions) =>
      await send(loader, { mode, dataSource, options }, content)
  return {
    appendData: through('append', loadData),
    appendFile: through('append', loadFile),
    appendStream: through('append', loadStream),
    appendUrl: through('append', loadUrl),
    replaceData: through('replace', loadData),
    replaceFile: through('replace', loadFile),
    replaceStream: through('replace', loadStream),
    replaceUrl: through('replace', loadUrl),
  }
}

function headerValue(text: string, code: string, what: string): string {
  if (/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(text)) return text
  throw new ConfigError(code, {
    message: `The ${what} for Tinybird is empty or has characters that cannot stand in an HTTP header. Check where it comes from.`,
  })
}

/** Does not repeat the address when it is wrong: it may hold a password. */
function checkedEndpoint(endpoint: string): string {
  const url = URL.parse(endpoint)
  const plain =
    url !== null && /^https?:$/.test(url.protocol) && url.username + url.password + url.search + url.hash === ''
  if (plain) return url.href.replace(/\/+$/, '')
  throw new ConfigError('TINYBIRD_ENDPOINT_INVALID', {
    message: `The endpoint for Tinybird must be an address such as ${defaultEndpoint}, without user, password or parameters.`,
  })
}
