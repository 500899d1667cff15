import { ConfigError } from '@millrace/core'
import type { Json } from '../../json.ts'
import type { WorkflowManifest } from '../../manifest.ts'
import { pythonLiteral, pythonString } from './python-literal.ts'

export interface AirflowParams {
  /** `Param(…)` by name. */
  readonly declarations: readonly (readonly [name: string, declaration: string])[]
  /** Names that tasks get; null: whatever the run was given. */
  readonly names: readonly string[] | null
  /** Parameters that may be missing. Airflow has none such: null stands for them. */
  readonly leftOutWhenNull: readonly string[]
}

/** @throws ConfigError `AIRFLOW_PARAM_WITHOUT_DEFAULT` */
export function airflowParams({ name, params, schedule }: WorkflowManifest): AirflowParams {
  if (params === null) return { declarations: [], names: null, leftOutWhenNull: [] }
  const properties = (params.properties ?? {}) as Readonly<Record<string, Schema>>
  const required = new Set((params.required ?? []) as readonly string[])
  const shared: Schema = params.$defs === undefined ? {} : { $defs: params.$defs as Json }
  const leftOutWhenNull: string[] = []
  const declarations = Object.entries(properties)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([param, { default: preset, description, ...schema }]) => {
      const optional = preset === undefined && !required.has(param)
      if (optional) leftOutWhenNull.push(param)
      if (preset === undefined && !optional && schedule !== null) throw withoutDefault(name, param)
      const whole = { ...(optional ? { anyOf: [{ type: 'null' }, schema as Json] } : schema), ...shared }
      const args = [
        ...(preset === undefined && !optional ? [] : [pythonLiteral(preset ?? null)]),
        ...(typeof description === 'string' ? [`description=${pythonString(description)}`] : []),
        `schema=${pythonLiteral(whole)}`,
      ]
      return [param, `Param(${args.join(', ')})`] as const
    })
  return { declarations, names: declarations.map(([param]) => param), leftOutWhenNull: leftOutWhenNull.sort() }
}

type Schema = Readonly<Record<string, Json>>

function withoutDefault(workflow: string, param: string): ConfigError {
  return new ConfigError('AIRFLOW_PARAM_WITHOUT_DEFAULT', {
    message: `Workflow "${workflow}" runs on a schedule, and its parameter "${param}" has no default, which Airflow refuses. Give the parameter a default, or the workflow no schedule.`,
    details: { workflow, param },
  })
}
