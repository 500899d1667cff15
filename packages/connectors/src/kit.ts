// What a connector is written with. `@millrace/connectors` is what it is used with.

export {
  openRecordSource,
  type RecordReading,
  type RecordSourceOptions,
  type RecordTable,
} from './files/record-source.ts'
export {
  authenticationFailed,
  type BrokerErrorContext,
  brokerError,
  streamNotFound,
} from './kit/broker-error.ts'
export { brokerLabel, brokerSchema, brokerTls, parseBrokerUri } from './kit/broker-settings.ts'
export type { ConfigProperty, ConfigSchema, ConfigValues } from './kit/config-schema.ts'
export type {
  Capabilities,
  Connector,
  ConnectorDefinition,
  OpenOptions,
  Scalar,
  ScopeItem,
  SqlConnector,
  SqlSession,
  StatementResult,
  SuggestedColumn,
  TableConnector,
  TestResult,
  TypeMapping,
} from './kit/connector.ts'
export { createNotifyConnector, type Messenger, type NotifyDefinition, perMinute } from './kit/create-notify.ts'
export { createQuery, type ResultTable } from './kit/create-query.ts'
export { bytesOf, encodeBlocks, encodeCsv } from './kit/encode-csv.ts'
export { exportQuery } from './kit/export-query.ts'
export { parseDatabaseUri } from './kit/file-uri.ts'
export { importDriver } from './kit/import-driver.ts'
export type { Notification, NotifyConnector } from './kit/notify.ts'
export { parseBucketUri, requireBucket } from './kit/object-config.ts'
export {
  accessDenied,
  bucketNotFound,
  networkFailure,
  objectChanged,
  objectExists,
  objectNotFound,
  storeFailed,
  storeUnavailable,
} from './kit/object-errors.ts'
export { catObjects, checkExpiry, checkKey, folderPrefix, keysOf } from './kit/object-keys.ts'
export { partsOf, sendParts } from './kit/object-parts.ts'
export type {
  ObjectInfo,
  ObjectReadOptions,
  ObjectStore,
  ObjectStoreConnector,
  ObjectWriteOptions,
} from './kit/object-store.ts'
export { type JsonAnswer, type JsonPost, postJson } from './kit/post-json.ts'
export { redactText, secretsOf } from './kit/redact.ts'
export {
  createRowSource,
  type RowDialect,
  type RowReader,
  type RowRelation,
  refuseDuplicateColumns,
  trimQuery,
} from './kit/row-source.ts'
export { selectTables } from './kit/select-tables.ts'
export { createServerConnections } from './kit/server-connections.ts'
export { parseServerUri } from './kit/server-uri.ts'
export type { Relation, Source, TableRef } from './kit/source.ts'
export { quoteName } from './kit/sql-quote.ts'
export type {
  ConsumeOptions,
  PullOptions,
  StreamConnector,
  StreamConsumer,
  StreamMessage,
} from './kit/stream.ts'
export { suggestColumn } from './kit/suggest-column.ts'
export { formatTableName } from './kit/table-name.ts'
export type { TextRow } from './kit/text-cells.ts'
export { tryConnection } from './kit/try-connection.ts'
export { objectTransferConfig, objectTransferProperties, objectTransferSettings } from './object-transfer/config.ts'
export { createObjectConnector, type ObjectSystem } from './object-transfer/object-connector.ts'
export { openObjectSink } from './object-transfer/sink.ts'
export { openObjectSource } from './object-transfer/source.ts'
