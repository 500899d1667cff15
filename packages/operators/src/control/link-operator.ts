import { FatalError } from '@millrace/core'
import { DeferTask, type Json, SkipTask, type TaskContext } from '@millrace/workflow'
import { DefinedOperator, type OperatorDefinition } from '../kit/definition.ts'

export type LinkConfig = {
  readonly workflow: string
  readonly params?: { readonly [name: string]: Json }
  readonly wait?: boolean
  readonly intervalSeconds?: number
  readonly softFail?: boolean
}

const linkConfigSchema = {
  type: 'object',
  properties: {
    workflow: { type: 'string', minLength: 1, title: 'Workflow' },
    params: { type: 'object', title: 'Parameters', additionalProperties: true },
    wait: {
      type: 'boolean',
      default: true,
      title: 'Wait for its end',
      description: 'Waits for the end of the run, without taking a worker; otherwise ends as soon as it is started.',
    },
    intervalSeconds: {
      type: 'number',
      minimum: 1,
      default: 10,
      title: 'Look every',
      description: 'Seconds between two looks.',
    },
    softFail: {
      type: 'boolean',
      default: false,
      title: 'Skip on failure',
      description: 'A run that fails or is cancelled skips this task instead of failing it.',
    },
  },
  required: ['workflow'],
  additionalProperties: false,
}

export const linkDefinition: OperatorDefinition = {
  name: 'link',
  title: 'Link to a workflow',
  description:
    'Runs another workflow for the same date, and waits for its end. However often the task is tried, there is one run of it for each run of this one. Cancelling the task leaves that run alone.',
  configSchema: linkConfigSchema,
  output: '`{ runId, state }`',
  example: { workflow: 'reports.daily', params: { day: '{{ dt }}' } },
}

export class LinkOperator extends DefinedOperator<LinkConfig> {
  constructor(config: LinkConfig) {
    super(linkDefinition, config)
  }

  protected async execute(config: LinkConfig, context: TaskContext): Promise<Json> {
    const { workflow, params, wait = true, intervalSeconds = 10, softFail = false } = config
    const { run, task, workflows, log } = context
    const waiting = context.state as { readonly runId?: string } | undefined
    const runId =
      waiting?.runId ??
      (await workflows.trigger(workflow, {
        ...(params === undefined ? {} : { params }),
        key: ['link', run.workflow, run.id, task.id, ...(task.mapIndex === null ? [] : [task.mapIndex])].join(':'),
        logicalDate: run.logicalDate,
      }))
    if (waiting?.runId === undefined) log.info(`The run ${runId} of ${workflow} is this task's.`)
    const state = await workflows.state(runId)
    if (!wait || state === 'success') return { runId, state }
    if (state === 'failed' || state === 'cancelled') {
      const message = `The run ${runId} of ${workflow} ${state === 'failed' ? 'has failed' : 'was cancelled'}.`
      if (softFail) throw new SkipTask(message)
      throw new FatalError('LINKED_RUN_FAILED', {
        message: `${message} Repair it, run it again, and then clear this task.`,
        details: { workflow, runId, state },
      })
    }
    throw new DeferTask(`waiting for the run ${runId} of ${workflow}, which is ${state}`, {
      seconds: intervalSeconds,
      state: { runId },
    })
  }
}
