import type { ManifestNode, WorkflowManifest } from '../../manifest.ts'
import { mayWait } from './airflow-checks.ts'
import { pythonCall, pythonSeconds, pythonString } from './python-literal.ts'

/** Longer than anything is waited for: Airflow's own limit for sensors, a week, is none of Millrace's. */
const unlimitedWaitSeconds = 10 * 365 * 86_400

/** Rules under which a node never succeeds when something before it failed. */
const failsWithUpstreams = new Set(['all_success', 'none_failed', 'none_failed_min_one_success'])

/** A node as statements of Python; `task` is how others find it. */
export function airflowNode(node: ManifestNode, indent: string): string {
  const { id, kind, branch } = node
  const assign = (key: string, expression: string) => `${indent}${taskVariable(key)} = ${expression}\n`
  if (kind === 'spacer') {
    const args = [taskId(node), ...scheduling(node)]
    return assign(id, pythonCall('EmptyOperator', args, indent))
  }
  const task = mayWait(node) ? waitingTask(node, indent) : commandTask(node, indent)
  if (!branch) return assign(id, task)
  const chooser = pythonCall(
    'BranchPythonOperator',
    [
      taskId({ ...node, id: chooserId(id) }),
      ['python_callable', 'chosen'],
      ['op_kwargs', `{"task_id": ${pythonString(id)}}`],
      ['retries', '0'],
      ...grouping(node),
    ],
    indent,
  )
  return assign(id, task) + assign(chooserId(id), chooser)
}

/** Nodes after a branch follow the task that acts on its choice. */
export function airflowEdges(nodes: readonly ManifestNode[], indent: string): string {
  const branches = new Set(nodes.filter(({ branch }) => branch).map(({ id }) => id))
  const lines = nodes.flatMap(({ id, upstreams, branch }) => {
    const from = [...upstreams].sort().map((upstream) => (branches.has(upstream) ? chooserId(upstream) : upstream))
    return [
      ...(from.length === 0 ? [] : [`${indent}${list(from)} >> ${taskVariable(id)}\n`]),
      ...(branch ? [`${indent}${taskVariable(id)} >> ${taskVariable(chooserId(id))}\n`] : []),
    ]
  })
  return lines.join('')
}

/**
 * In Millrace a run has failed when any of its tasks has; in Airflow, when one of its last tasks has. Where a node may
 * succeed after a failure, a task that watches for it makes the two the same.
 */
export function airflowWatcher({ nodes, groups }: WorkflowManifest, indent: string): string {
  const watched = nodes
    .filter(({ id }) =>
      nodes.some(({ upstreams, options }) => upstreams.includes(id) && !failsWithUpstreams.has(options.triggerRule)),
    )
    .map(({ id }) => id)
  if (watched.length === 0) return ''
  const taken = new Set([...nodes, ...groups].map(({ id }) => id))
  let id = 'any_failed'
  while (taken.has(id)) id = `${id}_`
  const watcher = pythonCall(
    'BashOperator',
    [
      ['task_id', pythonString(id)],
      ['bash_command', pythonString("echo 'A task of this run has failed, so the run has.'; exit 1")],
      ['trigger_rule', '"one_failed"'],
      ['retries', '0'],
    ],
    indent,
  )
  return `${indent}${taskVariable(id)} = ${watcher}\n${indent}${list(watched.sort())} >> ${taskVariable(id)}\n`
}

/** Of the task that acts on a branch's choice. What stands before a point is a group otherwise, so no node is called so. */
function chooserId(id: string): string {
  return `${id}.branch`
}

function commandTask(node: ManifestNode, indent: string): string {
  const args = [taskId(node), '**RUN', ...scheduling(node), ...retries(node)]
  if (node.mapOver === null) return pythonCall('BashOperator', [...args, ['bash_command', 'COMMAND']], indent)
  return mapped('BashOperator', args, `bash_command=${taskVariable(node.mapOver)}.output.map(command_for)`, indent)
}

function waitingTask(node: ManifestNode, indent: string): string {
  const { scheduleToCloseSeconds } = node.options.timeouts
  const args = [
    taskId(node),
    ['python_callable', 'wait_for'] as const,
    ['mode', '"reschedule"'] as const,
    ['timeout', pythonSeconds(scheduleToCloseSeconds ?? unlimitedWaitSeconds)] as const,
    ['on_failure_callback', 'report_failure'] as const,
    ...scheduling(node),
    ...retries(node),
  ]
  if (node.mapOver === null) return pythonCall('PythonSensor', args, indent)
  return mapped('PythonSensor', args, `op_kwargs=${taskVariable(node.mapOver)}.output.map(no_arguments)`, indent)
}

function mapped(operator: string, args: readonly (Argument | string)[], over: string, indent: string): string {
  return `${pythonCall(`${operator}.partial`, args, indent)}.expand(${over})`
}

type Argument = readonly [string, string]

function scheduling({ kind, group, options }: ManifestNode): readonly Argument[] {
  const { triggerRule, pool, poolSlots, priority, queue, timeouts } = options
  const args: Argument[] = [['trigger_rule', pythonString(triggerRule)], ...grouping({ group })]
  if (kind === 'spacer') return args
  if (timeouts.startToCloseSeconds !== null)
    args.push(['execution_timeout', pythonSeconds(timeouts.startToCloseSeconds)])
  if (pool !== null) args.push(['pool', pythonString(pool)], ['pool_slots', `${poolSlots}`])
  if (priority !== 0) args.push(['priority_weight', `${priority}`])
  if (queue !== 'default') args.push(['queue', pythonString(queue)])
  return args
}

function grouping({ group }: Pick<ManifestNode, 'group'>): readonly Argument[] {
  return group === null ? [] : [['task_group', `groups[${pythonString(group)}]`]]
}

/** The only retries there are: the command itself tries once. */
function retries({ options }: ManifestNode): readonly Argument[] {
  const { retries: count, retryDelaySeconds, retryBackoff, retryMaxDelaySeconds } = options
  if (count === 0) return [['retries', '0']]
  return [
    ['retries', `${count}`],
    ['retry_delay', pythonSeconds(retryDelaySeconds)],
    ...(retryBackoff > 1 ? [['retry_exponential_backoff', JSON.stringify(retryBackoff)] as const] : []),
    ...(retryBackoff > 1 ? [['max_retry_delay', pythonSeconds(retryMaxDelaySeconds)] as const] : []),
  ]
}

/** Airflow puts the groups before it. */
function taskId({ id, group }: Pick<ManifestNode, 'id' | 'group'>): Argument {
  return ['task_id', pythonString(group === null ? id : id.slice(group.length + 1))]
}

function taskVariable(id: string): string {
  return `tasks[${pythonString(id)}]`
}

function list(ids: readonly string[]): string {
  return ids.length === 1 && ids[0] !== undefined ? taskVariable(ids[0]) : `[${ids.map(taskVariable).join(', ')}]`
}
