import type { LogicalType, WireFormat } from '@millrace/formats'
import type { ConfigSchema, ConfigValues } from './config-schema.ts'
import type { Export } from './export.ts'
import type { Sink, WriteMode } from './sink.ts'
import type { Source } from './source.ts'

/** What a connector is, and so which interface it has: `SqlConnector`, `ObjectStoreConnector`, `StreamConnector`, `NotifyConnector`, `TableConnector`. */
export type ConnectorKind = 'sql' | 'object-store' | 'stream' | 'notify' | 'api'

/** Declared, never probed. */
export interface Capabilities {
  /** Can be copied from. */
  readonly source: boolean
  /** Can be copied to. */
  readonly sink: boolean
  readonly query: boolean
  readonly scopes: boolean
  /** Of writing. Default, where it can be copied to: all. */
  readonly modes?: readonly WriteMode[]
  /** Table names that differ only in the case of ASCII letters name one table. */
  readonly foldsNames?: boolean
  /** Object stores: paths are those of this machine's file system, and a folder holds a file for each table. */
  readonly localPaths?: boolean
}

/** What the connector's own tests ran against; the documentation says so. */
export interface TestedAgainst {
  /** The system itself, its vendor's or a third party's emulator of it, or our own server that speaks its documented protocol. */
  readonly kind: 'real server' | 'emulator' | 'protocol fake'
  /** Such as `PostgreSQL 18 and 15`, `Azurite`. */
  readonly name: string
  /** What that leaves unproven, as a sentence. */
  readonly note?: string
}

/** A type of the system and what becomes of it, for the documentation. */
export interface TypeMapping {
  /** As the system names it: `numeric(p,s)`. */
  readonly source: string
  readonly type: LogicalType
  /** The ClickHouse type that `suggestSchema` names, where it is not the one of the logical type. */
  readonly suggested?: string
  readonly remark?: string
}

/** What a connector folder exports as `definition`; the folder's name is the connector's. */
export interface ConnectorDefinition {
  readonly name: string
  readonly title: string
  readonly kind: ConnectorKind
  /** URI schemes that name it, without colon. */
  readonly schemes: readonly string[]
  readonly configSchema: ConfigSchema
  readonly capabilities: Capabilities
  readonly testedAgainst: readonly TestedAgainst[]
  /** npm packages that it needs and that are installed apart. */
  readonly drivers?: readonly string[]
  readonly types?: readonly TypeMapping[]
  /** Turns `postgres://user:password@host/db?sslmode=require` into configuration values; throws ConfigError without repeating the URI. */
  parseUri(uri: string): ConfigValues
  create(config: ConfigValues): Connector
}

export interface TestResult {
  readonly ok: boolean
  /** A sentence for a person; never holds a secret. */
  readonly message: string
  readonly serverVersion?: string
}

export type Scalar = string | number | boolean | null
export type Row = Readonly<Record<string, Scalar>>

export interface ScopeItem {
  readonly name: string
  /** Dotted path. */
  readonly value: string
  readonly numRows?: number
  readonly size?: number
}

export interface SuggestedColumn {
  readonly name: string
  readonly srcType: { readonly name: string; readonly null: boolean }
  readonly chType: { readonly name: string; readonly baseName: string; readonly null: boolean }
  readonly remark?: string
}

export interface ExportOptions {
  readonly format: Extract<WireFormat, 'csv' | 'ndjson' | 'parquet'>
  readonly rowLimit?: number
  readonly signal?: AbortSignal
}

export interface OpenOptions {
  /** Connections that may read or write at once. Default 1. */
  readonly parallel?: number
  readonly signal?: AbortSignal
  /** Of a sink: it is only asked for plans, so nothing is made, changed or settled at the destination. Default false. */
  readonly planOnly?: boolean
}

export interface Connector extends AsyncDisposable {
  readonly definition: ConnectorDefinition
  /** For messages and manifests: host, port and database, never a user's password. */
  readonly label: string
  /** Never throws; the text never holds a secret. */
  testConnection(signal?: AbortSignal): Promise<TestResult>
}

/** An end of a transfer. `openSource` and `openSink` throw ConfigError `NOT_SUPPORTED` where the definition's capabilities say no. */
export interface TableConnector extends Connector {
  openSource(options?: OpenOptions): Promise<Source>
  openSink(options?: OpenOptions): Promise<Sink>
}

/** What one statement gave. Values as `SqlConnector.query` has them. */
export interface StatementResult {
  /** Rows that it changed; null for one that only reads, and where the system does not say. */
  readonly changed: number | null
  /** Null for a statement that gives no rows. */
  readonly columns: readonly string[] | null
  readonly rows: readonly (readonly Scalar[])[]
  /** There were more rows than were asked for; they were not kept. */
  readonly cut: boolean
}

/** One connection for statements that belong together: transactions, temporary tables and settings last from one to the next. */
export interface SqlSession extends AsyncDisposable {
  /** Any one statement; the signal stops it at the server. `rowLimit`: rows that are kept, default 1,000. */
  run(
    sql: string,
    options?: { readonly rowLimit?: number; readonly signal?: AbortSignal | undefined },
  ): Promise<StatementResult>
}

export interface SqlConnector extends TableConnector {
  readonly definition: ConnectorDefinition & { readonly kind: 'sql' }
  /**
   * For cheap look-ups: the whole result as objects, in which everything that is not a small
   * integer, a boolean or NULL is text. One statement that only reads.
   */
  query(sql: string, options: { readonly scalar: true; readonly signal?: AbortSignal }): Promise<Scalar>
  query(sql: string, options?: { readonly scalar?: false; readonly signal?: AbortSignal }): Promise<Row[]>
  /** Any statements (DDL, DML); returns the affected rows of the last one. */
  execute(sql: string, signal?: AbortSignal): Promise<number>
  /** Absent where the system has no transactions over several statements, or none were made to work. */
  openSession?(signal?: AbortSignal): Promise<SqlSession>
  /** Names of the scope levels, outermost first: `['schema', 'table']`. */
  scopes(): readonly string[]
  listScope(parents: readonly string[]): Promise<ScopeItem[]>
  suggestSchema(scopes: readonly string[]): Promise<SuggestedColumn[]>
  /** The query over a table whose result loads into the suggested types as it is; absent where every column does by itself. */
  ingestQuery?(scopes: readonly string[], columns: readonly SuggestedColumn[]): string
  /** @throws ConfigError `UNSUPPORTED_FORMAT` for a format that the system cannot write */
  export(query: string, options: ExportOptions): Promise<Export>
}
