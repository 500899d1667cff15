import { ConfigError, FatalError } from '@millrace/core'
import type { TaskContext } from '@millrace/workflow'
import type { OperatorDefinition } from '../kit/definition.ts'
import { type Look, Sensor, type WaitConfig, waitProperties } from './sensor.ts'

export type WorkflowSensorConfig = WaitConfig & {
  readonly workflow: string
  readonly node?: string
  readonly at?: string
  readonly accept?: readonly ('success' | 'skipped')[]
  readonly onFailure?: 'wait' | 'fail'
}

const workflowSensorConfigSchema = {
  type: 'object',
  properties: {
    workflow: { type: 'string', minLength: 1, title: 'Workflow' },
    node: {
      type: 'string',
      minLength: 1,
      title: 'Task',
      description: 'Waits for this task of it. Default: for the whole run.',
    },
    at: {
      type: 'string',
      minLength: 1,
      title: 'Moment',
      description:
        "A time in ISO 8601; the run is meant whose data interval holds it. Default: the start of this run's data interval.",
    },
    accept: {
      type: 'array',
      items: { enum: ['success', 'skipped'] },
      minItems: 1,
      default: ['success'],
      title: 'Accepted',
      description: 'Ends of the task that count.',
    },
    onFailure: {
      enum: ['wait', 'fail'],
      default: 'wait',
      title: 'When it has failed',
      description: 'Wait until somebody has repaired it, or fail too.',
    },
    ...waitProperties,
  },
  required: ['workflow'],
  additionalProperties: false,
}

export const workflowSensorDefinition: OperatorDefinition = {
  name: 'workflow_sensor',
  title: 'Wait for a workflow',
  description:
    'Waits for the run of another workflow, or one of its tasks, that stands for the same time. In test runs it does nothing.',
  configSchema: workflowSensorConfigSchema,
  output: '`{ runId, state }`; in a test run both are null',
  example: { workflow: 'sales.import', node: 'load', timeoutSeconds: 7200 },
}

export class WorkflowSensor extends Sensor<WorkflowSensorConfig> {
  constructor(config: WorkflowSensorConfig) {
    super(workflowSensorDefinition, config)
  }

  protected async look(config: WorkflowSensorConfig, { run, workflows, log }: TaskContext): Promise<Look> {
    const { workflow, node, accept = ['success'], onFailure = 'wait' } = config
    if (run.trigger === 'test') {
      log.info('A test run waits for no other workflow.')
      return { found: true, output: { runId: null, state: null } }
    }
    const moment = momentOf(config, run)
    const match = await workflows.find(workflow, moment)
    if (match === null) return { found: false, reason: `waiting for a run of ${workflow} for ${moment.toISOString()}` }
    const { runId } = match
    const state = node === undefined ? match.state : await workflows.taskState(runId, node)
    const what = node === undefined ? `the run ${runId} of ${workflow}` : `"${node}" in the run ${runId} of ${workflow}`
    if (state === null) {
      throw new ConfigError('SENSOR_TASK_UNKNOWN', {
        message: `${workflow} has no task "${node}" in its run ${runId}. Check "node".`,
        details: { workflow, runId, node },
      })
    }
    if ((accept as readonly string[]).includes(state)) return { found: true, output: { runId, state } }
    if (onFailure === 'fail' && ['failed', 'upstream_failed', 'cancelled', 'skipped'].includes(state)) {
      throw new FatalError('SENSOR_TARGET_FAILED', {
        message: `There is nothing more to wait for: ${what} is ${state}. Repair it, and then clear this task.`,
        details: { workflow, runId, node: node ?? null, state },
      })
    }
    return { found: false, reason: `waiting for ${what}, which is ${state}` }
  }
}

function momentOf({ at }: WorkflowSensorConfig, run: TaskContext['run']): Date {
  if (at === undefined) return run.dataInterval.start ?? run.logicalDate
  const moment = new Date(at)
  if (!Number.isNaN(moment.getTime())) return moment
  throw new ConfigError('SENSOR_MOMENT_INVALID', {
    message: `"${at}" is no moment. Write "at" as ISO 8601, such as {{ data_interval_start }}.`,
  })
}
