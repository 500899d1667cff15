import { defineSettings } from '../settings.ts'

/** Single features of the server, pipelines and datasets. */
export const featureSettings = defineSettings({
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
