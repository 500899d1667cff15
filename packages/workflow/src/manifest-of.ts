import { toJson } from './json-value.ts'
import type { ManifestNode, WorkflowManifest } from './manifest.ts'
import { paramsSchema } from './params.ts'
import { isBranch, isOperator, refName, type TaskClass } from './task.ts'
import type { Workflow } from './workflow.ts'
import type { WorkflowGraph, WorkflowNode } from './workflow-graph.ts'

export function manifestOf(
  workflow: Workflow<never>,
  from: Pick<WorkflowManifest, 'source' | 'package'>,
): WorkflowManifest {
  const { graph, params } = workflow
  const nodes = graph.nodes().map((node) => manifestNode(graph, node))
  const needsCode = nodes.some(({ kind, operator }) => kind === 'task' && operator === null)
  return {
    format: 1,
    name: workflow.name,
    version: workflow.version,
    category: workflow.category,
    title: workflow.title,
    description: workflow.description,
    owner: workflow.owner,
    tags: workflow.tags,
    params: params === null ? null : paramsSchema(params),
    schedule: workflow.schedule,
    maxActiveRuns: workflow.maxActiveRuns,
    runTimeoutSeconds: workflow.runTimeoutSeconds,
    nodes,
    groups: graph.groups,
    source: needsCode ? from.source : null,
    package: needsCode ? from.package : null,
  }
}

export function manifestNode(graph: WorkflowGraph, node: WorkflowNode): ManifestNode {
  const { id, task, options, mapOver, group, params } = node
  const branch = task !== null && isBranch(task)
  const operator = task !== null && typeof task !== 'function' && isOperator(task) ? task : null
  const names = task === null ? { connections: [], secrets: [] } : namesOf(task)
  return {
    id,
    kind: task === null ? 'spacer' : 'task',
    name: task === null ? 'spacer' : refName(task),
    operator: operator && {
      name: operator.operator,
      config: toJson(operator.config, `The configuration of node "${id}"`).value,
    },
    upstreams: graph.upstreams(id),
    mapOver,
    branch,
    ...(branch && { downstreams: graph.downstreams(id) }),
    ...(params && { params }),
    group,
    ...names,
    options,
  }
}

/** What its class declares, and what an instance names by its configuration. */
function namesOf(task: NonNullable<WorkflowNode['task']>): Pick<ManifestNode, 'connections' | 'secrets'> {
  const owners = (typeof task === 'function' ? [task] : [task.constructor, task]) as readonly Pick<
    TaskClass,
    'connections' | 'secrets'
  >[]
  const all = (key: 'connections' | 'secrets') => [...new Set(owners.flatMap((owner) => owner[key] ?? []))]
  return { connections: all('connections'), secrets: all('secrets') }
}
