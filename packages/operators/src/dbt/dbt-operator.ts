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
import { type DbtConfig, dbtConfigSchema } from './config.ts'
import { dbtPlan } from './plan.ts'
import { dbtProfile } from './profile.ts'
import { readResults, refuseFailures } from './results.ts'

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
    if (config.materialized !== undefined && config.select === undefined) {
      throw new ConfigError('OPERATOR_INVALID', {
        message:
          'The configuration of the operator "dbt" is not valid: "/materialized" is about the models that "select" names. Name them.',
      })
    }
  }

  protected async execute(config: DbtConfig, context: TaskContext): Promise<Json> {
    const { scratch, signal, log } = context
    const project = await projectFolder(config.project)
    const profile = await profileOf(config, project, context)
    const requirements = config.requirements ?? ['dbt-core>=1.10,<1.11', ...adapterRequirements(profile.adapter)]
    const { python, env } = await preparePython({ ...config, requirements }, context)
    const plan = dbtPlan(config, { project, profile, scratch, lockFile: await lockFile(project) })
    const last: string[] = []
    const end = await runProcess(python, ['-c', runDbt, JSON.stringify(plan)], {
      cwd: project,
      env: { ...env, DBT_SEND_ANONYMOUS_USAGE_STATS: 'false', DO_NOT_TRACK: '1' },
      signal,
      onLine(line, stream) {
        if (line.trim() === '') return
        last.push(line)
        if (last.length > 20) last.shift()
        log.info(line, stream === 'stderr' ? { stream } : undefined)
        context.heartbeat()
      },
    })
    if (end.code === 75) {
      throw new TransientError('DBT_PROJECT_BUSY', {
        message: `Another run of dbt has been at work on "${project}" for ${plan.lockTimeoutSeconds} seconds. Wait for it, or raise "lockTimeoutSeconds".`,
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

async function lockFile(project: string): Promise<string> {
  const folder = resolve(readSettings({ home: platformSettings.home }).home, 'cache', 'dbt')
  await mkdir(folder, { recursive: true })
  return join(folder, `${createHash('sha256').update(project).digest('hex').slice(0, 20)}.lock`)
}
