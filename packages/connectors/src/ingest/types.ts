import type { KitLogger } from '@millrace/core'
import type { LoadResult, QueryOptions, TinybirdClient, TinybirdRow, TinybirdScalar } from '@millrace/tinybird'
import type { Row, Scalar, ScopeItem, SqlConnector, SuggestedColumn } from '../kit/connector.ts'
import type { ObjectStoreConnector } from '../kit/object-store.ts'
import type { StreamConnector } from '../kit/stream.ts'
import type { StreamOptions, StreamSpec, StreamTotals } from '../stream/types.ts'
import type { KitConfig } from './config.ts'
import type { IngestFormat } from './formats.ts'

/** What a script has in its hands, whatever the source is. Disposal ends connections; temporary things are gone by then. */
export interface IngestConnector extends AsyncDisposable {
  readonly name: string
  /** Lines on standard output that carry the tag of the script. */
  readonly log: KitLogger
  readonly config: KitConfig
  readonly tinybird: TinybirdClient
  /** The rows of a query at Tinybird. */
  queryTb(sql: string, options?: QueryOptions & { readonly scalar?: false }): Promise<readonly TinybirdRow[]>
  /** The first value of the first row, null when there is none. */
  queryTb(sql: string, options: QueryOptions & { readonly scalar: true }): Promise<TinybirdScalar>
  /** Logs an exception that leaves the scope and makes it one of ours; `withConnector` calls it. */
  leave(error: unknown): Error
}

export interface AppendOptions {
  /** One of the constants CSV, NDJSON and PARQUET. Default CSV. */
  readonly format?: IngestFormat
  /** Loads at most so many rows. Default: all. */
  readonly rowLimit?: number
  readonly signal?: AbortSignal
}

export interface ReplaceOptions extends AppendOptions {
  /** Replaces only the rows for which this SQL filter of Tinybird holds. */
  readonly replaceCondition?: string
  /** Lets a source without rows clear the data source, or the rows of the condition. Default false: that is an error. */
  readonly allowEmpty?: boolean
}

/** What the load came to; null when there was nothing to load and no request was made. */
export type IngestResult = LoadResult | null

export interface SqlIngest extends IngestConnector {
  readonly connector: SqlConnector
  /** For cheap look-ups, such as where an incremental load goes on: the whole result as objects. */
  queryDb(sql: string, options?: { readonly scalar?: false; readonly signal?: AbortSignal }): Promise<Row[]>
  queryDb(sql: string, options: { readonly scalar: true; readonly signal?: AbortSignal }): Promise<Scalar>
  /**
   * Loads the result of a query. Its columns go to those of the same name, or by position when the names
   * differ; a data source that does not exist is made with the suggested types.
   *
   * @throws UnsupportedFormatError
   */
  append(query: string, dataSource: string, options?: AppendOptions): Promise<IngestResult>
  /**
   * Readers see the old rows or the new ones.
   *
   * @throws ConfigError `EMPTY_REPLACE` when the query has no rows and the data source has some
   */
  replace(query: string, dataSource: string, options?: ReplaceOptions): Promise<IngestResult>
  scopes(): readonly string[]
  listScope(parents?: readonly string[]): Promise<ScopeItem[]>
  suggestSchema(scopes: readonly string[]): Promise<SuggestedColumn[]>
  /** The first 10 rows of a table as they would be loaded. Default: all columns. */
  sample(scopes: readonly string[], columns?: readonly string[]): Promise<Row[]>
  /**
   * What has to be added to a data source so that it fits a table as it is now; empty when it fits.
   *
   * @throws NonSupportedMigration
   */
  migration(scopes: readonly string[], dataSource: string): Promise<string[]>
}

export interface CloudIngest extends IngestConnector {
  readonly connector: ObjectStoreConnector
  /** Has Tinybird fetch an object by a signed address, and waits. `bucket` null: the one of the configuration. */
  append(bucket: string | null, key: string, dataSource: string, options?: CloudOptions): Promise<IngestResult>
  replace(bucket: string | null, key: string, dataSource: string, options?: CloudReplaceOptions): Promise<IngestResult>
}

export type CloudOptions = Omit<AppendOptions, 'rowLimit'>
export type CloudReplaceOptions = Omit<ReplaceOptions, 'rowLimit'>

export interface StreamIngest extends IngestConnector {
  readonly connector: StreamConnector
  /**
   * Carries messages into a data source over the Events API until the signal asks it to stop, at least
   * once each. Default for messages that cannot be taken: the file `<stream>.dead-letters.ndjson`.
   */
  stream(stream: string, dataSource: string, options?: StreamIngestOptions): Promise<StreamTotals>
}

export interface StreamIngestOptions extends StreamOptions, Partial<Omit<StreamSpec, 'from' | 'to'>> {
  readonly group?: string
  readonly position?: 'earliest' | 'latest'
}

export type SqlName =
  | 'bigquery'
  | 'clickhouse'
  | 'duckdb'
  | 'mssql'
  | 'mysql'
  | 'postgres'
  | 'postgresql'
  | 'redshift'
  | 'snowflake'
  | 'sqlite'
  | 'tinybird'
export type CloudName = 's3' | 'gcs' | 'azure-blob'
export type StreamName = 'kafka' | 'kinesis' | 'mqtt' | 'nats' | 'rabbitmq' | 'redis-streams'

/** The interface that a connector's name stands for. */
export type IngestFor<Name extends string> = Name extends SqlName
  ? SqlIngest
  : Name extends CloudName
    ? CloudIngest
    : Name extends StreamName
      ? StreamIngest
      : SqlIngest | CloudIngest | StreamIngest
