/** Makes requests fail on purpose, for the tests of clients. */
export interface Fault {
  /** Only requests whose path begins with this, such as `/v0/events`. Default: all. */
  readonly path?: string
  readonly method?: string
  /** The answer's status, or `cut` for a connection that ends in the middle. */
  readonly status: number | 'cut'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** How many matching requests fail. Default 1. */
  readonly times?: number
  /** How many matching requests pass before. Default 0. */
  readonly after?: number
}

/** Requests in any 60 seconds; more are answered with 429, `Retry-After` and the `X-RateLimit` headers. */
export interface RateLimits {
  /** Loads from data, files and URLs, all data sources together. */
  readonly loadsPerMinute?: number
  readonly eventsPerMinute?: number
  readonly createsPerMinute?: number
}

export interface TinybirdLocalOptions {
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default 0: any free one. */
  readonly port?: number
  /** Where ClickHouse keeps its data; a temporary folder, removed at the end, when absent. */
  readonly dataDirectory?: string
  /** The admin token. Default: a random one, kept in the data directory. */
  readonly token?: string
  readonly rateLimits?: RateLimits
  readonly faults?: readonly Fault[]
  /** Most bytes of a body that is no multipart upload. Default 8,000,000. */
  readonly maxBodyBytes?: number
  /** Most bytes of a multipart upload. Default: no limit, unlike Tinybird's 500 MB. */
  readonly maxUploadBytes?: number
  /** Most bytes of one Events request. Default 10,000,000. */
  readonly maxEventsBytes?: number
  /** One line for every request: method, path without query values, status, milliseconds. */
  readonly onRequest?: (line: string) => void
}

export interface TinybirdLocal extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  readonly token: string
  /** The ClickHouse HTTP interface of the same data, for look-ups beside the API. User `default`, password: the token. */
  readonly clickhouseUrl: string
  /** Adds faults to a running server. */
  fault(fault: Fault): void
  /** Requests so far: method, path and status. */
  requests(): readonly { readonly method: string; readonly path: string; readonly status: number }[]
}

export interface ClickhouseHttpOptions {
  readonly host?: string
  readonly port?: number
  readonly dataDirectory?: string
  /** Default `default`. */
  readonly user?: string
  /** Default: none wanted. */
  readonly password?: string
}

/** ClickHouse's HTTP interface over ClickHouse in process. */
export interface ClickhouseHttp extends AsyncDisposable {
  readonly url: string
  readonly user: string
  readonly password: string
}
