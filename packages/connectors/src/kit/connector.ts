import type { WireFormat } from '@millrace/formats'
import type { ConfigSchema, ConfigValues } from './config-schema.ts'
import type { Sink } from './sink.ts'
import type { Source } from './source.ts'

/** Declared, never probed. */
export interface Capabilities {
  readonly source: boolean
  readonly sink: boolean
  readonly query: boolean
  readonly scopes: boolean
  /** Table names that differ only in the case of ASCII letters name one table. */
  readonly foldsNames?: boolean
}

/** What a connector folder exports as `definition`; the folder's name is the connector's. */
export interface ConnectorDefinition {
  readonly name: string
  readonly title: string
  readonly kind: 'sql' | 'object-store'
  /** URI schemes that name it, without colon. */
  readonly schemes: readonly string[]
  readonly configSchema: ConfigSchema
  readonly capabilities: Capabilities
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

/** The file that `export` made; gone when disposed. */
export interface LocalFileExport extends AsyncDisposable {
  readonly kind: 'local-file'
  readonly path: string
  readonly rows: number
  readonly bytes: number
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
}

export interface Connector extends AsyncDisposable {
  readonly definition: ConnectorDefinition
  /** For messages and manifests: host, port and database, never a user's password. */
  readonly label: string
  /** Never throws; the text never holds a secret. */
  testConnection(signal?: AbortSignal): Promise<TestResult>
  openSource(options?: OpenOptions): Promise<Source>
  openSink(options?: OpenOptions): Promise<Sink>
}

export interface SqlConnector extends Connector {
  readonly definition: ConnectorDefinition & { readonly kind: 'sql' }
  /**
   * For cheap look-ups: the whole result as objects, in which everything that is not a small
   * integer, a boolean or NULL is text. One statement that only reads.
   */
  query(sql: string, options: { readonly scalar: true; readonly signal?: AbortSignal }): Promise<Scalar>
  query(sql: string, options?: { readonly scalar?: false; readonly signal?: AbortSignal }): Promise<Row[]>
  /** Any statements (DDL, DML); returns the affected rows of the last one. */
  execute(sql: string, signal?: AbortSignal): Promise<number>
  /** Names of the scope levels, outermost first: `['schema', 'table']`. */
  scopes(): readonly string[]
  listScope(parents: readonly string[]): Promise<ScopeItem[]>
  suggestSchema(scopes: readonly string[]): Promise<SuggestedColumn[]>
  export(query: string, options: ExportOptions): Promise<LocalFileExport>
}
