import type { Json } from '@millrace/workflow'

export type DbtConfig = {
  readonly project: string
  readonly select?: string
  readonly exclude?: string
  readonly materialized?: 'table' | 'view' | 'incremental' | 'ephemeral'
  readonly skipDataTests?: boolean
  readonly fullRefresh?: boolean
  readonly vars?: { readonly [name: string]: Json }
  readonly connection?: string
  readonly schema?: string
  readonly adapter?: string
  readonly profilesFolder?: string
  readonly target?: string
  readonly requirements?: readonly string[]
  readonly python?: string
  readonly lockTimeoutSeconds?: number
}

const name = { type: 'string', minLength: 1 }

export const dbtConfigSchema = {
  type: 'object',
  properties: {
    project: {
      ...name,
      title: 'Project',
      description: 'Folder with `dbt_project.yml`, from the working directory of the worker.',
    },
    select: {
      ...name,
      title: 'Select',
      description: 'Models as dbt selects them: `daily`, `+daily`, `tag:night`. Default: all.',
    },
    exclude: { ...name, title: 'Exclude', description: 'Models that are left out.' },
    materialized: {
      enum: ['table', 'view', 'incremental', 'ephemeral'],
      title: 'Stored as',
      description: 'How the selected models are stored, over what the project says; needs `select`.',
    },
    skipDataTests: {
      type: 'boolean',
      default: false,
      title: 'Without tests',
      description: 'Runs models only. Otherwise their tests run after them, and one that fails fails the task.',
    },
    fullRefresh: {
      type: 'boolean',
      default: false,
      title: 'Full refresh',
      description: 'Makes incremental models anew.',
    },
    vars: {
      type: 'object',
      title: 'Variables',
      description: 'As `var()` has them in models.',
      additionalProperties: true,
    },
    connection: {
      ...name,
      title: 'Connection',
      description:
        'PostgreSQL, Redshift or DuckDB; the profile is made from it. Without one, dbt takes its own profiles.yml.',
      'x-connection': true,
    },
    schema: {
      ...name,
      title: 'Schema',
      description: 'With a connection: where models go. Default: public, in DuckDB main.',
    },
    adapter: {
      ...name,
      title: 'Adapter',
      description: 'Without a connection: the name behind `dbt-`, such as `snowflake`.',
    },
    profilesFolder: {
      ...name,
      title: 'Folder of profiles',
      description: 'Folder of profiles.yml, without a connection. Default: the project.',
    },
    target: { ...name, title: 'Target', description: 'Target of the profile, without a connection. Default: its own.' },
    requirements: {
      type: 'array',
      items: name,
      title: 'Requirements',
      description: 'Packages that are installed. Default: `dbt-core>=1.10,<1.11` and the adapter.',
    },
    python: { ...name, default: 'python3', title: 'Python', description: 'Command or path of the interpreter.' },
    lockTimeoutSeconds: {
      type: 'number',
      minimum: 0,
      default: 3600,
      title: 'Wait for others',
      description: 'Seconds that a run of the same project on this machine is waited for.',
    },
  },
  required: ['project'],
  additionalProperties: false,
}
