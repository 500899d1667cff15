export { type DatabaseOptions, openDatabase } from './database.ts'
export { databaseError } from './database-error.ts'
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './embedded/embedded-postgres.ts'
export { type MigrateOptions, type Migration, migrate } from './migrate.ts'
export {
  enqueue,
  migrateOutbox,
  type OutboxStatus,
  outboxStatus,
  reviveMessages,
} from './outbox/outbox.ts'
export { type OutboxReader, type OutboxReaderOptions, startOutboxReader } from './outbox/outbox-reader.ts'
export { type OutboxMessage, type ReadOutboxOptions, readOutbox } from './outbox/read-outbox.ts'
export type { AnyRow, Db, ListenOptions, Queryable, Session, Subscription, Trx } from './queryable.ts'
export {
  type Account,
  folderForServer,
  give,
  isReachableByOthers,
  isRoot,
  ownerOf,
  serverAccount,
  temporaryRoot,
} from './server/account.ts'
export { freePort } from './server/free-port.ts'
export { onFreePort } from './server/on-free-port.ts'
export { embeddedPostgres, type PostgresBinaries, systemPostgres } from './server/postgres-binaries.ts'
export { PortTaken, type RunningServer, type ServerSpec, startServer } from './server/server-process.ts'
export { type Sql, sql } from './sql.ts'
export { type TransactionOptions, transaction } from './transaction.ts'
