import { defineSettings } from '../settings.ts'

/** What every process is told, and what commands know of a server. */
export const processSettings = defineSettings({
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
})
