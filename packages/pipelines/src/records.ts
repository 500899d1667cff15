import type { Json } from '@millrace/workflow'
import type { PipelineState } from './states.ts'
import type { VariableStructures, VariableTexts } from './variables.ts'

/** What runs, with the variables that make it one transformation or another. */
export interface TemplateRecord {
  readonly id: string
  readonly name: string
  /** Name in the registry of operators, such as `sql`. */
  readonly operator: string
  /** Of the operator. Its texts are templates, in which `variables.x` is a variable of the transformation. */
  readonly config: { readonly [field: string]: Json }
  readonly variableStructures: VariableStructures
  /** The only state that it is for; null: any. */
  readonly state: PipelineState | null
}

export interface TransformationRecord {
  readonly id: string
  readonly template: TemplateRecord
  /** Those with equal numbers in a state run side by side, the lower ones first. */
  readonly graphOrder: number
  readonly variables: VariableTexts
}

export interface StateRecord {
  readonly state: PipelineState
  readonly graphOrder: number
  readonly transformations: readonly TransformationRecord[]
}

/** A pipeline with all that it consists of, as it is configured. */
export interface PipelineRecord {
  readonly id: string
  readonly name: string
  /** Of the workflow that it becomes. Default: that of the pipeline. */
  readonly workflow?: string
  readonly description: string | null
  /** `daily` for `@daily`, or five fields of cron; null: started by hand only. */
  readonly runFrequency: string | null
  readonly client: string
  readonly brand: string
  readonly type: string
  readonly segment: string | null
  readonly states: readonly StateRecord[]
}
