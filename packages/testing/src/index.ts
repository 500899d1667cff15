export { folderForServer, freePort, type PostgresBinaries } from '@millrace/db'
export { findAzurite, startAzurite, type TestAzurite } from './azurite.ts'
export type { BigqueryField } from './bigquery-wire.ts'
export {
  findChromium,
  findMariadb,
  findMosquitto,
  findNats,
  findPostgres15,
  findRabbitmq,
  findRedis,
  type MariadbBinaries,
} from './binaries.ts'
export type { TestBroker } from './broker-process.ts'
export { selfSignedCertificate } from './certificate.ts'
export { type BigqueryFault, type FakeBigquery, type FakeBigqueryOptions, startFakeBigquery } from './fake-bigquery.ts'
export { type FakeGcs, findFakeGcs, type ServiceAccount, startFakeGcs } from './fake-gcs.ts'
export { type FakeRedshift, type FakeRedshiftOptions, startFakeRedshift } from './fake-redshift.ts'
export { type FakeSecretsManager, startFakeSecretsManager } from './fake-secrets-manager.ts'
export { type FakeSnowflake, type FakeSnowflakeOptions, startFakeSnowflake } from './fake-snowflake.ts'
export {
  type FakeSqlServer,
  type FakeSqlServerOptions,
  type ScriptedResult,
  startFakeSqlServer,
} from './fake-sql-server.ts'
export { findKafka, type KafkaOptions, startKafka, type TestKafka } from './kafka.ts'
export { startKinesis, type TestKinesis } from './kinesis.ts'
export { type MariadbOptions, startMariadb, type TestMariadb } from './mariadb.ts'
export { type MosquittoOptions, startMosquitto, type TestMosquitto } from './mosquitto.ts'
export { type NatsOptions, startNats, type TestNats } from './nats.ts'
export {
  type OidcIssuerOptions,
  type OidcTokens,
  type OidcUser,
  startOidcIssuer,
  type TestOidcIssuer,
} from './oidc-issuer.ts'
export { type PostgresOptions, startPostgres, type TestPostgres } from './postgres.ts'
export { type RabbitmqOptions, startRabbitmq, type TestRabbitmq } from './rabbitmq.ts'
export { findRadosgw, type RadosgwBinaries, type S3Credentials, startRadosgw, type TestRadosgw } from './radosgw.ts'
export { type RecordedSpan, recordSpans } from './record-spans.ts'
export { type RedisOptions, startRedis, type TestRedis } from './redis.ts'
