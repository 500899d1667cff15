import { renderDeep } from '@millrace/core'
import { type Json, templateValues } from '@millrace/workflow'
import { runOfSpec } from './run-of-spec.ts'
import type { RunRow } from './run-row.ts'
import { nodeAt, type VersionGraph } from './version-graph.ts'

/**
 * The key a task is held to, with its template filled in. A template that cannot be filled in is taken as it is written:
 * the task is then held to more others than meant, never to fewer.
 */
export function concurrencyKey(graph: VersionGraph, place: number, run: RunRow, item: Json): string | null {
  const node = nodeAt(graph, place)
  const text = node.options.concurrencyKey
  if (text === null || !text.includes('{')) return text
  const { params, variables } = run
  try {
    return renderDeep(
      text,
      templateValues({ run: runOfSpec(run, graph.manifest), node, params, variables, item }).names(),
    )
  } catch {
    return text
  }
}
