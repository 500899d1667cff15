import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, realpath, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ConfigError, platformSettings, readSettings, TransientError } from '@millrace/core'
import type { Json, TaskContext } from '@millrace/workflow'
import { DefinedOperator, type OperatorDefinition } from '../kit/definition.ts'
import { resolveConnection } from '../kit/open-connection.ts'
import { preparePython } from '../python/environment.ts'
import { runProcess } from '../python/run-process.ts'
import { runDbt } from './bootstrap.ts'
import { dbtProfile } from './profile.ts'
import { readResults, refuseFailures } from './results.ts'

export type DbtConfig = {
  readonly project: string
  readonly select?: string
  readonly exclude?: string
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

export const dbtDefinition: OperatorDefinition = {
  name: 'dbt',
  title: 'dbt',
  description:
    'Builds models of a dbt project and runs their tests, with the real dbt in an environment of its own. One run of a project at a time on a machine.',
  configSchema: dbtConfigSchema,
  output: '`{ results: [{ id, status, rows, message, seconds }] }`, one for each model and test',
  example: { project: 'transform', select: '+daily_sales', connection: 'warehouse', vars: { day: '{{ dt }}' } },
}

export class DbtOperator extends DefinedOperator<DbtConfig> {
  constructor(config: DbtConfig) {
    super(dbtDefinition, config)
  }

  protected async execute(config: DbtConfig, context: TaskContext): Promise<Json> {
    const { scratch, signal, log } = context
    const project = await projectFolder(config.project)
    const profile = await profileOf(config, project, context)
    const requirements = config.requirements ?? ['dbt-core>=1.10,<1.11', ...adapterRequirements(profile.adapter)]
    const { python, env } = await preparePython({ ...config, requirements }, context)
    const { lockTimeoutSeconds = 3600 } = config
    const places = [
      '--project-dir',
      project,
      '--profiles-dir',
      profile.folder,
      '--target-path',
      join(scratch, 'target'),
    ]
    const output = ['--log-path', join(scratch, 'logs'), '--no-use-colors']
    const commands = [
      ...(['packages.yml', 'dependencies.yml'].some((file) => existsSync(join(project, file)))
        ? [[...output, 'deps', '--project-dir', project, '--profiles-dir', profile.folder]]
        : []),
      [...output, config.skipDataTests ? 'run' : 'build', ...places, ...profile.options, ...selection(config)],
    ]
    const last: string[] = []
    const arguments_ = commands.map((command) => JSON.stringify(command))
    const end = await runProcess(
      python,
      ['-c', runDbt, await lockFile(project), String(lockTimeoutSeconds), ...arguments_],
      {
        cwd: project,
        env: { ...env, DBT_SEND_ANONYMOUS_USAGE_STATS: 'false', DO_NOT_TRACK: '1' },
        signal,
        onLine(line, stream) {
          if (line.trim() === '') return
          last.push(line)
          if (last.length > 20) last.shift()
          log.info(line, { stream })
          context.heartbeat()
        },
      },
    )
    if (end.code === 75) {
      throw new TransientError('DBT_PROJECT_BUSY', {
        message: `Another run of dbt has been at work on "${project}" for ${lockTimeoutSeconds} seconds. Wait for it, or raise "lockTimeoutSeconds".`,
      })
    }
    const results = await readResults(join(scratch, 'target', 'run_results.json'))
    refuseFailures(results ?? [])
    if (end.code === 0) return { results: results ?? [] }
    throw new ConfigError('DBT_NOT_RUN', {
      message: `dbt ended ${end.signal === null ? `with the exit code ${end.code}` : `by the signal ${end.signal}`} before it ran anything: ${last.at(-1) ?? 'no output'}. Look at the log, and at the project and its profile.`,
      details: { output: last.join('\n') },
    })
  }
}

/** Millrace reads files of DuckDB up to the version of its own driver. */
function adapterRequirements(adapter: string): string[] {
  return [`dbt-${adapter}`, ...(adapter === 'duckdb' ? ['duckdb<1.6'] : [])]
}

async function projectFolder(given: string): Promise<string> {
  const folder = resolve(given)
  if (existsSync(join(folder, 'dbt_project.yml'))) return await realpath(folder)
  throw new ConfigError('DBT_PROJECT_MISSING', {
    message: `There is no dbt_project.yml in "${folder}". Check "project": it is taken from the working directory of the worker.`,
    details: { folder },
  })
}

async function profileOf(config: DbtConfig, project: string, context: TaskContext) {
  const target = config.target === undefined ? [] : ['--target', config.target]
  if (config.connection === undefined) {
    if (config.adapter === undefined && config.requirements === undefined) {
      throw new ConfigError('DBT_ADAPTER_REQUIRED', {
        message:
          'Without a connection, say which "adapter" dbt needs, such as "snowflake", or list its "requirements".',
      })
    }
    const folder = config.profilesFolder === undefined ? project : resolve(config.profilesFolder)
    return { adapter: config.adapter ?? '', folder, options: target }
  }
  const { connector, values } = await resolveConnection(context, config.connection)
  const { adapter, output } = dbtProfile(connector, values, config.schema)
  const path = typeof output.path === 'string' ? { path: resolve(output.path) } : {}
  const folder = join(context.scratch, 'profiles')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  // JSON is YAML.
  const profiles = { millrace: { target: 'run', outputs: { run: { ...output, ...path } } } }
  await writeFile(join(folder, 'profiles.yml'), JSON.stringify(profiles), { mode: 0o600 })
  return { adapter, folder, options: ['--profile', 'millrace', '--target', 'run'] }
}

function selection({ select, exclude, fullRefresh, vars }: DbtConfig): string[] {
  return [
    ...(select === undefined ? [] : ['--select', ...select.split(/\s+/)]),
    ...(exclude === undefined ? [] : ['--exclude', ...exclude.split(/\s+/)]),
    ...(fullRefresh ? ['--full-refresh'] : []),
    ...(vars === undefined ? [] : ['--vars', JSON.stringify(vars)]),
  ]
}

async function lockFile(project: string): Promise<string> {
  const folder = resolve(readSettings({ home: platformSettings.home }).home, 'cache', 'dbt')
  await mkdir(folder, { recursive: true })
  return join(folder, `${createHash('sha256').update(project).digest('hex').slice(0, 20)}.lock`)
}
