import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { DbtPlan } from './bootstrap.ts'
import type { DbtConfig } from './config.ts'

export interface DbtPlaces {
  readonly project: string
  /** Folder of profiles.yml, and the options that choose in it. */
  readonly profile: { readonly folder: string; readonly options: readonly string[] }
  /** Where dbt writes: nothing of it stays in the project. */
  readonly scratch: string
  readonly lockFile: string
}

export function dbtPlan(config: DbtConfig, { project, profile, scratch, lockFile }: DbtPlaces): DbtPlan {
  const { select, exclude, materialized, vars, skipDataTests, fullRefresh, lockTimeoutSeconds = 3600 } = config
  const output = ['--log-path', join(scratch, 'logs'), '--no-use-colors']
  const common = ['--project-dir', project, '--profiles-dir', profile.folder, ...profile.options]
  const values = vars === undefined ? [] : ['--vars', JSON.stringify(vars)]
  const parsed = [...common, '--target-path', join(scratch, 'target'), ...values]
  const chosen = [
    ...(select === undefined ? [] : ['--select', ...select.split(/\s+/)]),
    ...(exclude === undefined ? [] : ['--exclude', ...exclude.split(/\s+/)]),
  ]
  const models = ['--resource-type', 'model', '--output', 'json', '--output-keys', 'unique_id']
  const hasPackages = ['packages.yml', 'dependencies.yml'].some((file) => existsSync(join(project, file)))
  return {
    lockFile,
    lockTimeoutSeconds,
    deps: hasPackages ? [...output, 'deps', ...common] : null,
    materialized:
      materialized === undefined
        ? null
        : {
            as: materialized,
            parse: [...output, '--quiet', 'parse', ...parsed],
            list: [...output, '--quiet', 'list', ...parsed, ...chosen, ...models],
          },
    run: [...output, skipDataTests ? 'run' : 'build', ...parsed, ...chosen, ...(fullRefresh ? ['--full-refresh'] : [])],
  }
}
