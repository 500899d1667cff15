import type { Json, TaskContext } from '@millrace/workflow'
import { DefinedOperator, type OperatorDefinition } from '../kit/definition.ts'

export type RunEventConfig = { readonly pipeline?: string }

const runEventConfigSchema = {
  type: 'object',
  properties: {
    pipeline: { type: 'string', minLength: 1, title: 'Pipeline', description: 'Id of the pipeline that runs.' },
  },
  additionalProperties: false,
}

export const runEventDefinition: OperatorDefinition = {
  name: 'run_event',
  title: 'Run event',
  description: 'Tells the id of the run to what comes after it: the first node of every pipeline from configuration.',
  configSchema: runEventConfigSchema,
  output: '`{ runId, pipeline, logicalDate }`',
  example: { pipeline: '01JD3Z6Q7N6YXQ0M2R4T8V9WAB' },
}

export class RunEventOperator extends DefinedOperator<RunEventConfig> {
  constructor(config: RunEventConfig) {
    super(runEventDefinition, config)
  }

  protected async execute({ pipeline }: RunEventConfig, { run, log }: TaskContext): Promise<Json> {
    log.info(`This is run ${run.id} of ${run.workflow}, version ${run.version}.`)
    return { runId: run.id, pipeline: pipeline ?? null, logicalDate: run.logicalDate.toISOString() }
  }
}
