import { createHash } from 'node:crypto'
import { isMillraceError, parseSchedule } from '@millrace/core'
import { type Operator, Workflow, z } from '@millrace/workflow'
import { type CreateOperator, operatorOf } from './check-template.ts'
import { type TransformationNames, taskParams } from './fill-config.ts'
import { groupsOf, orderedStates, placeOf } from './groups.ts'
import { pipelineName, taskId } from './names.ts'
import { type Problem, problemsError } from './problem.ts'
import type { PipelineRecord, TransformationRecord } from './records.ts'
import type { PipelineState } from './states.ts'
import { readVariables } from './variables.ts'

export interface CompileOptions {
  readonly createOperator: CreateOperator
  /** No tick before. Default 24 February 2019. */
  readonly start?: string
}

const defaultStart = '2019-02-24T00:00:00.000Z'
const runEventNode = 'run_event'

/** What every transformation is tried by: once more, after five minutes. */
const defaults = { retries: 1, retryDelaySeconds: 300 }

interface CompiledTask {
  readonly id: string
  readonly operator: Operator
  readonly transformation: TransformationRecord
  readonly names: TransformationNames
}

interface CompiledGroup {
  readonly state: PipelineState
  readonly tasks: readonly CompiledTask[]
}

/** Everything that is wrong with a pipeline, with the place. */
export function pipelineProblems(pipeline: PipelineRecord, options: CompileOptions): readonly Problem[] {
  return compileParts(pipeline, options).problems
}

/**
 * The workflow that a pipeline is: a run event first; then, for each group of transformations that run side by side, a
 * spacer and the group. N transformations in G groups are N + G + 1 nodes. Its version is a hash of its content.
 *
 * @throws ConfigError `PIPELINE_INVALID`, or the code of its only problem, with all problems in `details.problems`
 */
export function compilePipeline(pipeline: PipelineRecord, options: CompileOptions): Workflow {
  const { groups, problems } = compileParts(pipeline, options)
  if (problems.length > 0) {
    throw problemsError('PIPELINE_INVALID', `Pipeline "${pipeline.name}" cannot be used`, problems)
  }
  const { start = defaultStart } = options
  const runEvent = options.createOperator('run_event', { pipeline: pipeline.id })
  const draft = build(pipeline, runEvent, groups, start, 'draft')
  const hash = createHash('sha256').update(JSON.stringify(draft.toManifest())).digest('hex')
  return build(pipeline, runEvent, groups, start, `c-${hash.slice(0, 16)}`)
}

/** `@daily` of `daily`; five fields stay as they are. */
export function scheduleOf(runFrequency: string | null): string | null {
  if (runFrequency === null) return null
  return /^[a-z]+$/i.test(runFrequency) ? `@${runFrequency.toLowerCase()}` : runFrequency
}

function build(
  pipeline: PipelineRecord,
  runEvent: Operator,
  groups: readonly CompiledGroup[],
  start: string,
  version: string,
): Workflow {
  const { name, workflow: fullName = name, description, runFrequency, client, brand, type, segment } = pipeline
  const workflow = new Workflow({
    ...{ fullName, category: 'pipeline', version, title: name, params: z.object({}), defaults, start },
    ...{ schedule: scheduleOf(runFrequency), tags: [client, brand, type, ...(segment === null ? [] : [segment])] },
    ...(description === null ? {} : { description }),
  }) as Workflow
  workflow.addNode(runEvent, { id: runEventNode })
  let before: readonly string[] = [runEventNode]
  groups.forEach(({ state, tasks }, index) => {
    const spacer = `${state}_group_step_${index}`
    workflow.addSpacer(spacer, { upstreams: before })
    for (const { id: node, operator, transformation, names } of tasks) {
      workflow.addNode(operator, { id: node, upstreams: spacer, params: taskParams(transformation.id, names) })
    }
    before = tasks.map((task) => task.id)
  })
  return workflow
}

function compileParts(
  pipeline: PipelineRecord,
  { createOperator }: CompileOptions,
): { readonly groups: readonly CompiledGroup[]; readonly problems: readonly Problem[] } {
  const { name, client, brand, type, segment } = pipeline
  const problems: Problem[] = [...outerProblems(pipeline)]
  const groups = groupsOf(pipeline).map(({ state, transformations }) => ({
    state,
    tasks: transformations.flatMap((transformation): CompiledTask[] => {
      const { id, template, variables } = transformation
      const place = `transformations.${id}`
      const read = readVariables(template.variableStructures, variables, {
        template: template.name,
        place: `${place}.variables`,
      })
      problems.push(...read.problems)
      if (template.state !== null && template.state !== state) {
        problems.push({
          place,
          code: 'TEMPLATE_STATE_WRONG',
          message: `The template "${template.name}" is for the state ${template.state}, not for ${state}.`,
        })
      }
      if (read.problems.length > 0) return []
      const names = { variables: read.values, pipeline: { name, client, brand, type, segment, state } }
      const made = operatorOf(template, names, createOperator, `${place}.template`)
      if ('problems' in made) {
        problems.push(...made.problems)
        return []
      }
      const node = taskId({ pipeline: name, state, template: template.name, transformation: id })
      return [{ id: node, operator: made.value, transformation, names }]
    }),
  }))
  return { groups, problems }
}

function outerProblems({ name, runFrequency, states }: PipelineRecord): readonly Problem[] {
  const problems: Problem[] = []
  const named = pipelineName.safeParse(name)
  if (!named.success) {
    problems.push({
      place: 'name',
      code: 'PIPELINE_NAME_INVALID',
      message: `The name "${name}" ${named.error.issues[0]?.message ?? 'is not valid'}.`,
    })
  }
  problems.push(...frequencyProblems(runFrequency))
  const ordered = orderedStates(states)
  ordered.slice(1).forEach(({ state }, index) => {
    const before = ordered[index]?.state
    if (before === undefined || placeOf(before) < placeOf(state)) return
    problems.push({
      place: `states.${state}`,
      code: 'STATE_ORDER_INVALID',
      message: `The state ${state} would come after ${before}. States keep their fixed order, each of them once.`,
    })
  })
  return problems
}

/** What is wrong with how often a pipeline runs. */
export function frequencyProblems(runFrequency: string | null): readonly Problem[] {
  const cron = scheduleOf(runFrequency)
  if (cron === null) return []
  try {
    parseSchedule({ cron })
    return []
  } catch (error) {
    if (!isMillraceError(error)) throw error
    return [{ place: 'run_frequency', code: error.code, message: error.message }]
  }
}
