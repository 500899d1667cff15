export type { ConfigProperty, ConfigSchema, ConfigValues } from './kit/config-schema.ts'
export type {
  Capabilities,
  Connector,
  ConnectorDefinition,
  ExportOptions,
  LocalFileExport,
  OpenOptions,
  Row,
  Scalar,
  ScopeItem,
  SqlConnector,
  SuggestedColumn,
  TestResult,
} from './kit/connector.ts'
export { importDriver } from './kit/import-driver.ts'
export { redactConfig, redactText, secretsOf } from './kit/redact.ts'
export {
  connectorDefinition,
  connectorFor,
  connectorForUri,
  connectorNames,
  definitionForUri,
  uriScheme,
} from './kit/registry.ts'
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
export {
  formatTableName,
  matchesPattern,
  parseTableName,
  parseTablePattern,
  type TablePattern,
} from './kit/table-name.ts'
export { withConnector } from './kit/with-connector.ts'
export { readManifest } from './transfer/manifest.ts'
export { planTransfer, transfer } from './transfer/transfer.ts'
export type {
  Endpoint,
  FileLayout,
  LossForecast,
  Manifest,
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
