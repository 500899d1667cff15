export { type CloudService, type CloudUrl, cloudUrl, parseCloudUrl } from './ingest/cloud-url.ts'
export { type KitConfig, kitConfig } from './ingest/config.ts'
export { type ConnectorForOptions, connectorFor } from './ingest/connector-for.ts'
export {
  ExternalDatasourceError,
  IngestError,
  MissingConfiguration,
  NonSupportedMigration,
  SnowflakeConnectionError,
  UnknownConnectorError,
  UnsupportedCloudServiceError,
  UnsupportedCloudServiceSchemeError,
  UnsupportedFormatError,
} from './ingest/errors.ts'
export { CSV, type IngestFormat, NDJSON, PARQUET } from './ingest/formats.ts'
export { migration } from './ingest/migration.ts'
export type {
  AppendOptions,
  CloudIngest,
  IngestConnector,
  IngestFor,
  IngestResult,
  ReplaceOptions,
  SqlIngest,
  StreamIngest,
} from './ingest/types.ts'
export type { ConfigProperty, ConfigSchema, ConfigValues } from './kit/config-schema.ts'
export type {
  Capabilities,
  Connector,
  ConnectorDefinition,
  ConnectorKind,
  ExportOptions,
  OpenOptions,
  Row,
  Scalar,
  ScopeItem,
  SqlConnector,
  SqlSession,
  StatementResult,
  SuggestedColumn,
  TableConnector,
  TestedAgainst,
  TestResult,
  TypeMapping,
} from './kit/connector.ts'
export { connectorSchemas } from './kit/connector-schemas.ts'
export type { CloudDir, CloudFile, Data, Export, LocalFile, Url } from './kit/export.ts'
export { exportQuery } from './kit/export-query.ts'
export { importDriver, isDriverInstalled } from './kit/import-driver.ts'
export { logicalTypeText } from './kit/logical-type-text.ts'
export type { Notification, NotifyConnector, NotifyOptions, NotifyResult } from './kit/notify.ts'
export type {
  ObjectInfo,
  ObjectReadOptions,
  ObjectStore,
  ObjectStoreConnector,
  ObjectWriteOptions,
} from './kit/object-store.ts'
export { type Preview, type PreviewOptions, previewRelation } from './kit/preview-relation.ts'
export { redactConfig, redactText, secretsOf } from './kit/redact.ts'
export {
  asTableConnector,
  connectorDefinition,
  connectorForUri,
  connectorNames,
  createConnector,
  definitionForUri,
  uriScheme,
} from './kit/registry.ts'
export { renderNotification } from './kit/render-notification.ts'
export { resolveConfig } from './kit/resolve-config.ts'
export type {
  Interrupted,
  Load,
  LoadJournal,
  LoadSpec,
  PublishResult,
  SchemaChange,
  SchemaContract,
  Sink,
  Target,
  TargetPlan,
  WriteMode,
} from './kit/sink.ts'
export type {
  Chunk,
  CursorMark,
  CursorRange,
  FinishedChunk,
  FormatOptions,
  ReadRequest,
  Relation,
  RelationSchema,
  Source,
  TableRef,
} from './kit/source.ts'
export { quoteName, quoteText } from './kit/sql-quote.ts'
export type { ConsumeOptions, PullOptions, StreamConnector, StreamConsumer, StreamMessage } from './kit/stream.ts'
export { suggestColumn } from './kit/suggest-column.ts'
export {
  formatTableName,
  matchesPattern,
  parseTableName,
  parseTablePattern,
  type TablePattern,
} from './kit/table-name.ts'
export { withConnector } from './kit/with-connector.ts'
export { readJson, type StoredJson, writeJson } from './object-transfer/json-object.ts'
export { parsePartitionPath, partitionPath } from './object-transfer/partition-path.ts'
export { writeObjects } from './object-transfer/write-objects.ts'
export { runStream } from './stream/run-stream.ts'
export type { StreamEvent, StreamOptions, StreamSpec, StreamTarget, StreamTotals } from './stream/types.ts'
export { readManifest } from './transfer/manifest.ts'
export { planTransfer, transfer } from './transfer/transfer.ts'
export type {
  Endpoint,
  FileLayout,
  LossForecast,
  Manifest,
  PlanOptions,
  Proof,
  ProofSide,
  TablePlan,
  TransferEvent,
  TransferOptions,
  TransferPlan,
  TransferResult,
  TransferSpec,
  VerifyLevel,
  VerifyOptions,
  VerifyResult,
} from './transfer/types.ts'
export { verifyManifest } from './transfer/verify.ts'
