import { defineSettings, readSettings, type SettingSources, type SettingValues } from './settings.ts'

/** What every Millrace process can be told by its environment. The reference page is generated from here. */
export const platformSettings = defineSettings({
  home: {
    env: 'MILLRACE_HOME',
    type: 'string',
    default: '.millrace',
    description:
      'Folder for what Millrace remembers: manifests of loads, the state of incremental copies to files and Tinybird, and rows on their way to Tinybird. A relative path starts at the working directory.',
  },
  parallel: {
    env: 'MILLRACE_PARALLEL',
    type: 'integer',
    default: 1,
    minimum: 1,
    maximum: 64,
    description:
      'Chunks in flight at once, each over its own connection, when neither the command nor the file says otherwise.',
  },
  logLimitMb: {
    env: 'MILLRACE_LOG_LIMIT_MB',
    type: 'integer',
    default: 10,
    minimum: 1,
    maximum: 10_000,
    description:
      'Log of one attempt of a task, in MiB, for workers. Of a longer one the beginning and the last lines are kept, and how much is missing.',
  },
  stopGraceSeconds: {
    env: 'MILLRACE_STOP_GRACE_SECONDS',
    type: 'integer',
    default: 10,
    minimum: 0,
    maximum: 86_400,
    description:
      'How long a task that is cancelled or out of time may take to stop by itself before its processes are ended, for workers.',
  },
  databaseUrl: {
    env: 'MILLRACE_DATABASE_URL',
    type: 'string',
    default: null,
    secret: true,
    description:
      'PostgreSQL 15 or newer for the server: `postgresql://user:password@host:5432/database`. The tables are made and migrated when it starts.',
  },
  adminToken: {
    env: 'MILLRACE_ADMIN_TOKEN',
    type: 'string',
    default: null,
    secret: true,
    description:
      'The token that may do everything on the server. Make it by `openssl rand -base64 32`; `millrace dev` makes one by itself.',
  },
  host: {
    env: 'MILLRACE_HOST',
    type: 'string',
    default: '127.0.0.1',
    description: 'Address that the server listens on. `0.0.0.0` is all of the machine, behind a proxy that speaks TLS.',
  },
  port: {
    env: 'MILLRACE_PORT',
    type: 'integer',
    default: 7474,
    minimum: 0,
    maximum: 65_535,
    description: 'Port that the server listens on; 0 takes a free one.',
  },
  leaseSeconds: {
    env: 'MILLRACE_LEASE_SECONDS',
    type: 'integer',
    default: 30,
    minimum: 1,
    maximum: 3600,
    description:
      'How long a worker may be silent before the server gives its tasks to others, in seconds, for the server.',
  },
  retentionDays: {
    env: 'MILLRACE_RETENTION_DAYS',
    type: 'integer',
    default: 30,
    minimum: 1,
    maximum: 36_500,
    description:
      'Runs that ended longer ago are removed by the server, with their logs and outputs; so are versions and packages that nothing needs any more.',
  },
  retentionRuns: {
    env: 'MILLRACE_RETENTION_RUNS',
    type: 'integer',
    default: 10,
    minimum: 0,
    maximum: 1_000_000,
    description: 'Of each workflow the server keeps its newest so many runs, however old they are.',
  },
  serverUrl: {
    env: 'MILLRACE_URL',
    type: 'string',
    default: null,
    description:
      'Address of the server for workers and for commands such as `millrace deploy`: `https://millrace.example.com`. Default: that of the `millrace dev` of the project.',
  },
  token: {
    env: 'MILLRACE_TOKEN',
    type: 'string',
    default: null,
    secret: true,
    description: 'The token of commands that speak to a server. Default: that of the `millrace dev` of the project.',
  },
  workerToken: {
    env: 'MILLRACE_WORKER_TOKEN',
    type: 'string',
    default: null,
    secret: true,
    description: 'The token of `millrace worker`; `millrace tokens create` makes one.',
  },
  debug: {
    env: 'MILLRACE_DEBUG',
    type: 'boolean',
    default: false,
    description: 'Prints errors with their stack traces and causes.',
  },
  eventsRedisUrl: {
    env: 'MILLRACE_EVENTS_REDIS_URL',
    type: 'string',
    default: null,
    secret: true,
    description:
      'Redis that the server tells changes of users, groups and projects to, as a stream: `redis://user:password@host:6379/0`, or `rediss:` for TLS.',
  },
  eventsRedisStream: {
    env: 'MILLRACE_EVENTS_REDIS_STREAM',
    type: 'string',
    default: 'data_service.all_events',
    description: 'Key of the stream of events in Redis.',
  },
  eventsAmqpUrl: {
    env: 'MILLRACE_EVENTS_AMQP_URL',
    type: 'string',
    default: null,
    secret: true,
    description:
      'RabbitMQ that the server tells the same events to: `amqp://user:password@host:5672`, or `amqps:` for TLS.',
  },
  eventsAmqpExchange: {
    env: 'MILLRACE_EVENTS_AMQP_EXCHANGE',
    type: 'string',
    default: 'data_service.all_events',
    description:
      'Durable topic exchange for events in RabbitMQ; it is declared. The routing key is the type of the event.',
  },
  eventsSource: {
    env: 'MILLRACE_EVENTS_SOURCE',
    type: 'string',
    default: 'renku-data-services',
    description:
      'Name of this platform in the header `source` of events. The default is what receivers of Renku expect.',
  },
  auditRetentionDays: {
    env: 'MILLRACE_AUDIT_RETENTION_DAYS',
    type: 'integer',
    default: 400,
    minimum: 1,
    maximum: 36_500,
    description: 'Entries of the audit log that are older are removed by the server.',
  },
  keycloakUrl: {
    env: 'MILLRACE_KEYCLOAK_URL',
    type: 'string',
    default: null,
    description:
      'Keycloak whose users the server mirrors, by its admin API: `https://keycloak.example.com`. Without it people are known from when they first sign in.',
  },
  keycloakRealm: {
    env: 'MILLRACE_KEYCLOAK_REALM',
    type: 'string',
    default: 'Renku',
    description: 'Realm of the users to mirror.',
  },
  keycloakClientId: {
    env: 'MILLRACE_KEYCLOAK_CLIENT_ID',
    type: 'string',
    default: null,
    description:
      'Client with a service account in the realm that may view users and events: the roles `view-users` and `view-events` of `realm-management`.',
  },
  keycloakClientSecret: {
    env: 'MILLRACE_KEYCLOAK_CLIENT_SECRET',
    type: 'string',
    default: null,
    secret: true,
    description: 'Its secret.',
  },
  allowedAddresses: {
    env: 'MILLRACE_ALLOWED_ADDRESSES',
    type: 'string',
    default: null,
    description:
      'Private machines that the server may send requests to when users give their addresses, as for repositories, imports and storage: ranges and host names with commas, such as `10.1.0.0/16,git.example.com`; `*` allows all. Default: public addresses only.',
  },
  encryptionKeyPath: {
    env: 'MILLRACE_ENCRYPTION_KEY_PATH',
    type: 'string',
    default: null,
    description:
      'File of 32 random bytes, the master key of the server: keys of owners of secrets and tokens of connected services are encrypted with it. Make it by `(umask 077 && openssl rand -out FILE 32)`. The secrets service never has it.',
  },
  previousEncryptionKeyPath: {
    env: 'MILLRACE_PREVIOUS_ENCRYPTION_KEY_PATH',
    type: 'string',
    default: null,
    description: 'The master key before the present one, until everything is encrypted with the new one.',
  },
  secretsUrl: {
    env: 'MILLRACE_SECRETS_URL',
    type: 'string',
    default: null,
    description: 'Address of the secrets service, for the server: `http://secrets:7475`.',
  },
  secretsPublicKeyPath: {
    env: 'MILLRACE_SECRETS_PUBLIC_KEY_PATH',
    type: 'string',
    default: null,
    description: 'RSA public key of the secrets service in PEM, for the server.',
  },
  secretsPrivateKeyPath: {
    env: 'MILLRACE_SECRETS_PRIVATE_KEY_PATH',
    type: 'string',
    default: null,
    description: 'RSA private key in PEM, for the secrets service only. The server never has it.',
  },
  secretsPreviousPrivateKeyPath: {
    env: 'MILLRACE_SECRETS_PREVIOUS_PRIVATE_KEY_PATH',
    type: 'string',
    default: null,
    description: 'The private key before the present one, until all secrets are sealed with the new one.',
  },
  secretsHost: {
    env: 'MILLRACE_SECRETS_HOST',
    type: 'string',
    default: '127.0.0.1',
    description: 'Address that the secrets service listens on.',
  },
  secretsPort: {
    env: 'MILLRACE_SECRETS_PORT',
    type: 'integer',
    default: 7475,
    minimum: 0,
    maximum: 65_535,
    description: 'Port that the secrets service listens on; 0 takes a free one.',
  },
  secretsTokenKeyPath: {
    env: 'MILLRACE_SECRETS_TOKEN_KEY_PATH',
    type: 'string',
    default: null,
    description:
      'File of 64 random bytes, the same for the server and the secrets service: the tokens by which they know each other are signed with it. Make it by `(umask 077 && openssl rand -out FILE 64)`.',
  },
  clusterNetworks: {
    env: 'MILLRACE_CLUSTER_NETWORKS',
    type: 'string',
    default: '127.0.0.0/8,::1/128',
    description:
      'Networks from which users may fetch their own key of secrets (`/api/data/user/secret_key`), as address/bits with commas between them: those of the sessions of the cluster.',
  },
  secretStore: {
    env: 'MILLRACE_SECRET_STORE',
    type: 'choice',
    choices: ['sealed', 'aws-secrets-manager'],
    default: 'sealed',
    description:
      'Where values of secrets of projects and namespaces are kept: sealed in the database, or in AWS Secrets Manager of the account and region that the environment of the server says. Values stay where they were written.',
  },
  secretStorePrefix: {
    env: 'MILLRACE_SECRET_STORE_PREFIX',
    type: 'string',
    default: 'millrace/',
    description: 'What the names of secrets in AWS Secrets Manager begin with.',
  },
  kubernetesUrl: {
    env: 'MILLRACE_KUBERNETES_URL',
    type: 'string',
    default: null,
    description:
      'API server of the cluster that the secrets service writes secrets of sessions to. Default: that of the cluster it runs in.',
  },
  kubernetesTokenPath: {
    env: 'MILLRACE_KUBERNETES_TOKEN_PATH',
    type: 'string',
    default: '/var/run/secrets/kubernetes.io/serviceaccount/token',
    description: 'File with the token of the service account of the secrets service; read again for each call.',
  },
  kubernetesCaPath: {
    env: 'MILLRACE_KUBERNETES_CA_PATH',
    type: 'string',
    default: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt',
    description: 'Certificates in PEM that the API server of the cluster is checked against.',
  },
  publicUrl: {
    env: 'MILLRACE_PUBLIC_URL',
    type: 'string',
    default: null,
    description:
      'Address at which people reach the server: `https://millrace.example.com`. Sign-in comes back to it, and on https cookies are bound to it. Needed behind a proxy.',
  },
  trustedProxies: {
    env: 'MILLRACE_TRUSTED_PROXIES',
    type: 'string',
    default: '',
    description:
      'Addresses or networks of proxies in front of the server, with commas: `10.0.0.0/8, 127.0.0.1`. Only theirs `X-Forwarded-For` is believed, for limits by address.',
  },
  corsOrigins: {
    env: 'MILLRACE_CORS_ORIGINS',
    type: 'string',
    default: '',
    description:
      'Origins of other web pages that may call the API with a token, with commas: `https://tools.example.com`. Cookies are never sent along.',
  },
  requestTimeoutSeconds: {
    env: 'MILLRACE_REQUEST_TIMEOUT_SECONDS',
    type: 'integer',
    default: 60,
    minimum: 1,
    maximum: 3600,
    description: 'How long the server works on one request before it answers 504. Streams may go on.',
  },
  ratePerSecond: {
    env: 'MILLRACE_RATE_PER_SECOND',
    type: 'integer',
    default: 100,
    minimum: 0,
    maximum: 1_000_000,
    description:
      'Requests of one signed-in user to one server process, in the long run; 0: no limit for anybody. Workers have none.',
  },
  rateBurst: {
    env: 'MILLRACE_RATE_BURST',
    type: 'integer',
    default: 200,
    minimum: 1,
    maximum: 1_000_000,
    description: 'Requests of one signed-in user that may come at once.',
  },
  anonymousRatePerSecond: {
    env: 'MILLRACE_ANONYMOUS_RATE_PER_SECOND',
    type: 'integer',
    default: 20,
    minimum: 1,
    maximum: 1_000_000,
    description: 'Requests without a good token from one address, in the long run.',
  },
  anonymousRateBurst: {
    env: 'MILLRACE_ANONYMOUS_RATE_BURST',
    type: 'integer',
    default: 100,
    minimum: 1,
    maximum: 1_000_000,
    description: 'Requests without a good token from one address that may come at once.',
  },
  signInRatePerMinute: {
    env: 'MILLRACE_SIGN_IN_RATE_PER_MINUTE',
    type: 'integer',
    default: 30,
    minimum: 1,
    maximum: 1_000_000,
    description: 'Attempts to sign in, or to exchange a refresh token, from one address.',
  },
  metricsToken: {
    env: 'MILLRACE_METRICS_TOKEN',
    type: 'string',
    default: null,
    secret: true,
    description: 'A token that is good for `/metrics` only. Without it, metrics are for administrators.',
  },
  oidcIssuer: {
    env: 'MILLRACE_OIDC_ISSUER',
    type: 'string',
    default: null,
    description:
      'The OpenID Connect issuer that people sign in with: `https://keycloak.example.com/realms/millrace`. See docs/guides/sign-in.md.',
  },
  oidcClientId: {
    env: 'MILLRACE_OIDC_CLIENT_ID',
    type: 'string',
    default: 'millrace',
    description: 'The client that the issuer knows the server by.',
  },
  oidcClientSecret: {
    env: 'MILLRACE_OIDC_CLIENT_SECRET',
    type: 'string',
    default: null,
    secret: true,
    description: 'The secret of this client. Without it, the client is a public one.',
  },
  oidcAudiences: {
    env: 'MILLRACE_OIDC_AUDIENCES',
    type: 'string',
    default: '',
    description:
      'Whom tokens may be made for, with commas; one of them has to be in the token. Default: the client of the server.',
  },
  oidcAlgorithms: {
    env: 'MILLRACE_OIDC_ALGORITHMS',
    type: 'string',
    default: 'RS256,PS256,ES256,EdDSA',
    description: 'Algorithms that tokens of the issuer may be signed by, with commas.',
  },
  oidcScopes: {
    env: 'MILLRACE_OIDC_SCOPES',
    type: 'string',
    default: 'openid profile email',
    description: 'Scopes that the server asks for when people sign in.',
  },
  oidcRolesClaim: {
    env: 'MILLRACE_OIDC_ROLES_CLAIM',
    type: 'string',
    default: 'realm_access.roles',
    description: 'Where tokens list the roles of a user; dots lead into objects.',
  },
  oidcAdminRole: {
    env: 'MILLRACE_OIDC_ADMIN_ROLE',
    type: 'string',
    default: 'millrace-admin',
    description: 'The role of administrators of the platform, in tokens and in the realm of Keycloak.',
  },
  sessionIdleMinutes: {
    env: 'MILLRACE_SESSION_IDLE_MINUTES',
    type: 'integer',
    default: 720,
    minimum: 5,
    maximum: 525_600,
    description: 'A browser that asked for nothing for so long has to sign in again.',
  },
  sessionHours: {
    env: 'MILLRACE_SESSION_HOURS',
    type: 'integer',
    default: 168,
    minimum: 1,
    maximum: 8760,
    description: 'How long a browser stays signed in, however much it asks for.',
  },
  internalTokenName: {
    env: 'MILLRACE_INTERNAL_TOKEN_NAME',
    type: 'string',
    default: 'millrace-self',
    description: 'Issuer and audience of the tokens that the server gives to what runs for a user.',
  },
  internalTokenSecret: {
    env: 'MILLRACE_INTERNAL_TOKEN_SECRET',
    type: 'string',
    default: null,
    secret: true,
    description:
      'What the server signs the tokens of sessions and jobs with, the same for all its processes; nothing to do with the key that it shares with the secrets service. Default: derived from MILLRACE_ADMIN_TOKEN.',
  },
  internalTokenMinutes: {
    env: 'MILLRACE_INTERNAL_TOKEN_MINUTES',
    type: 'integer',
    default: 15,
    minimum: 1,
    maximum: 1440,
    description: 'Life of these tokens.',
  },
  internalRefreshMinutes: {
    env: 'MILLRACE_INTERNAL_REFRESH_MINUTES',
    type: 'integer',
    default: 60,
    minimum: 1,
    maximum: 10_080,
    description: 'Life of the tokens by which they are renewed.',
  },
  internalLongRefreshMinutes: {
    env: 'MILLRACE_INTERNAL_LONG_REFRESH_MINUTES',
    type: 'integer',
    default: 1440,
    minimum: 1,
    maximum: 43_200,
    description: 'Life of the tokens by which they are renewed where that is rare, as for jobs that wait.',
  },
  redirectHost: {
    env: 'MILLRACE_REDIRECT_HOST',
    type: 'string',
    default: null,
    description:
      'A former host whose addresses the platform may redirect, such as `gitlab.example.com`. Default: only former addresses of projects on the platform itself.',
  },
  maxPinnedProjects: {
    env: 'MILLRACE_MAX_PINNED_PROJECTS',
    type: 'integer',
    default: 10,
    minimum: 0,
    maximum: 1000,
    description: 'How many projects each user may pin, for the server.',
  },
  pauseFile: {
    env: 'MILLRACE_PAUSE_FILE',
    type: 'string',
    default: null,
    description:
      'While a file with this path exists, the scheduler of the server makes no runs for schedules and backfills; it looks every 10 seconds. Runs that are asked for by hand are made, and runs under way go on.',
  },
  pipelineStart: {
    env: 'MILLRACE_PIPELINE_START',
    type: 'string',
    default: '2019-02-24',
    description: 'Day from which pipelines from configuration have ticks, for the server.',
  },
  dataciteUrl: {
    env: 'MILLRACE_DATACITE_URL',
    type: 'string',
    default: 'https://api.datacite.org',
    description:
      'The registry that is asked about data with a DOI, for the server. A private one has to be in `MILLRACE_ALLOWED_ADDRESSES`.',
  },
  localConnections: {
    env: 'MILLRACE_LOCAL_CONNECTIONS',
    type: 'boolean',
    default: false,
    description:
      'Lets the server try saved connections as a program of its machine does: its files, its environment and every address are reached. `millrace dev` does. Whoever may change a project could read files of a shared server by it. Default: no files, and addresses as `MILLRACE_ALLOWED_ADDRESSES` says.',
  },
  environment: {
    env: 'MILLRACE_ENVIRONMENT',
    type: 'string',
    default: null,
    description:
      'Environment whose datasets tasks read and write: dev, uat or prod, for the worker. Default: the variable ENVIRONMENT, else dev.',
  },
  branchName: {
    env: 'MILLRACE_BRANCH_NAME',
    type: 'string',
    default: null,
    description:
      'Branch whose datasets tasks read and write, for the worker. Default: in dev the git branch of the folder, elsewhere the environment.',
  },
  bucketPrefix: {
    env: 'MILLRACE_BUCKET_PREFIX',
    type: 'string',
    default: 'millrace',
    description: 'What the names of buckets of datasets begin with, before a dash and the environment, for the worker.',
  },
  dummyUsers: {
    env: 'MILLRACE_DUMMY_USERS',
    type: 'boolean',
    default: false,
    description:
      'For tests of programs that call the server: a bearer token in JSON, such as `{"id": "ada", "is_admin": true}`, makes the caller that user. It proves nothing, so only a server that listens on this machine takes it.',
  },
})

export type PlatformSettings = SettingValues<typeof platformSettings>

/** Variables with a free part in their name. */
export const namedVariables = [
  {
    prefix: 'MILLRACE_CONNECTION_',
    pattern: 'MILLRACE_CONNECTION_<NAME>',
    description: 'The URI of a connection that commands can then call by its name.',
    secret: true,
  },
  {
    prefix: 'MILLRACE_SECRET_',
    pattern: 'MILLRACE_SECRET_<NAME>',
    description: 'A secret that tasks which declare it may ask for, where no server keeps secrets.',
    secret: true,
  },
  {
    prefix: 'MILLRACE_VARIABLE_',
    pattern: 'MILLRACE_VARIABLE_<NAME>',
    description: 'A variable for the templates of tasks, where no server keeps variables: JSON, or text as it is.',
    secret: false,
  },
  {
    prefix: 'MILLRACE_TASK_',
    pattern: 'MILLRACE_TASK_<PART>',
    description: 'What another engine tells `millrace task` about the task to run. Not meant to be set by hand.',
    secret: false,
  },
  {
    prefix: 'MILLRACE_CONNECTORS',
    pattern: 'MILLRACE_CONNECTORS',
    description:
      'Folders with connectors of your own, separated as in PATH; each is a folder with a module `connector`. Its code is run.',
    secret: false,
  },
] as const

/** @throws ConfigError SETTING_UNKNOWN, SETTING_INVALID. */
export function readPlatformSettings(sources: SettingSources = {}): PlatformSettings {
  return readSettings(platformSettings, sources, {
    ownedPrefix: 'MILLRACE_',
    alsoKnown: namedVariables.map(({ prefix }) => prefix),
  })
}
