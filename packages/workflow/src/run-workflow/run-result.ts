import { ConfigError } from '@millrace/core'
import { resolveRef } from '../node-ref.ts'
import type { NodeRef, OutputOf } from '../task.ts'
import type { WorkflowGraph } from '../workflow-graph.ts'
import type { TaskRunResult, WorkflowRunResult } from './run-options.ts'

type Facts = Omit<WorkflowRunResult, 'output' | 'outputs' | 'task'>

/** The facts of a run, and ways to ask for one of them. */
export function runResult(facts: Facts, graph: WorkflowGraph): WorkflowRunResult {
  const task = (node: NodeRef, mapIndex?: number): TaskRunResult => {
    const id = resolveRef(node, graph, { group: null, asker: 'The question' })
    const found = facts.tasks.find((run) => run.id === id && run.mapIndex === (mapIndex ?? null))
    if (found !== undefined) return found
    throw new ConfigError('TASK_RUN_UNKNOWN', {
      message: `Node "${id}" ${mapIndex === undefined ? '' : `has no item ${mapIndex}, or `}was not part of this run.`,
      details: { node: id, mapIndex },
    })
  }
  const output = (node: NodeRef) => {
    const { id, state, failure, output } = task(node)
    if (state === 'success' || state === 'skipped') return output
    throw new ConfigError('OUTPUT_NOT_AVAILABLE', {
      message: `Task "${id}" has no output: it is ${state}.${failure ? ` ${failure.message}` : ''}`,
      details: { node: id, state, failure },
    })
  }
  return {
    ...facts,
    task,
    output: <Ref extends NodeRef>(node: Ref) => output(node) as OutputOf<Ref>,
    outputs: <Ref extends NodeRef>(node: Ref) => output(node) as readonly OutputOf<Ref>[],
  }
}
